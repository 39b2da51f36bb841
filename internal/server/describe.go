package server

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tidemark/tidemark/api"
)

// describe corrects what huma assumes: our lists are never null, and every
// failure is a problem document.
func describe(s *Server) {
	doc := s.api.OpenAPI()
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
