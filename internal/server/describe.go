package server

import (
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/access"
)

// describe corrects what huma assumes: our lists are never null, and every
// failure is a problem document.
func describe(s *Server) {
	doc := s.api.OpenAPI()
	doc.AddOperation(streamed())
	problem := doc.Components.Schemas.Schema(reflect.TypeFor[api.Problem](), true, "Problem")
	for _, schema := range doc.Components.Schemas.Map() {
		filled(schema)
	}
	for _, name := range []string{"ErrorModel", "ErrorDetail"} {
		delete(doc.Components.Schemas.Map(), name)
	}
	for _, item := range doc.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Put, item.Post, item.Patch, item.Delete} {
			if op == nil {
				continue
			}
			op.Responses["default"] = &huma.Response{
				Description: "What happened, and what to do",
				Content:     map[string]*huma.MediaType{"application/problem+json": {Schema: problem}},
			}
		}
	}
}

// streamed describes the stream of events, which is no document: huma does not
// know it.
func streamed() *huma.Operation {
	return &huma.Operation{
		OperationID: "followEvents", Method: http.MethodGet, Path: eventsPath, Tags: []string{tagSystem},
		Summary: "Follow what moves, as server-sent events",
		Description: `The events are "changed" (lists may be different: {"revision", "new", "act_now"}, the counts only for who sees everything), ` +
			`"intel" (something changed in the world and concerns something here: the event as intel/events has it, {} for who does not see everything), ` +
			`"job" (how far something is that takes long: {"id", "job", "stage", "what", "done", "total", "ended"}), "resync" (you were too slow: look again) ` +
			`and "heartbeat". A line ends after five minutes, or with the server; come back after the time that "retry" says.`,
		Extensions: map[string]any{"x-verb": string(access.Read)},
		Security:   []map[string][]string{{"session": {}}, {"token": {}}},
		Responses: map[string]*huma.Response{"200": {
			Description: "Events, until the line ends",
			Content:     map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{Type: huma.TypeString}}},
		}},
	}
}

// filled says that lists are never null, at any depth.
func filled(schema *huma.Schema) {
	if schema.Type == huma.TypeArray {
		schema.Nullable = false
		filled(schema.Items)
	}
	for _, p := range schema.Properties {
		filled(p)
	}
}
