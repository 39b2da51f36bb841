package server

import (
	"context"
	"net/http"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/access"
)

// Hooks proves that a webhook came from the CI system that it names.
type Hooks interface {
	// Proven returns the source that the system's events are of, or why they are
	// not proven to be.
	Proven(system string, header func(name string) string, body []byte) (source string, err error)
}

const hooksPath = apiPath + "hooks/"

// hook is one webhook as it came.
type hook struct {
	System    string `path:"system" enum:"github,gitlab" doc:"github or gitlab; other systems send documents of the kind ci with a token"`
	Signature string `header:"X-Hub-Signature-256" maxLength:"200" doc:"of GitHub"`
	Token     string `header:"X-Gitlab-Token" maxLength:"1000" doc:"of GitLab"`
	RawBody   []byte `contentType:"application/octet-stream" doc:"the event, as the system sends it"`
}

func (h *hook) header(name string) string {
	switch http.CanonicalHeaderKey(name) {
	case "X-Hub-Signature-256":
		return h.Signature
	case "X-Gitlab-Token":
		return h.Token
	}
	return ""
}

// hookRoute takes webhooks of CI systems. They cannot sign in: each proves by a
// shared secret where it comes from, and speaks for that source alone.
func hookRoute(s *Server) {
	r := s.taking(post("postHook", "hooks/{system}", tagEvidence, "Take a webhook of GitHub or GitLab: runs, jobs, deployments, releases"))
	r.Public, r.Status = true, http.StatusAccepted
	handle(s, r, func(ctx context.Context, _ access.Principal, in *hook) (api.ReceiptStatus, error) {
		if s.cfg.Doors.Hooks == nil {
			return api.ReceiptStatus{}, notOffered("webhooks of CI systems")
		}
		source, err := s.cfg.Doors.Hooks.Proven(in.System, in.header, in.RawBody)
		if err != nil {
			return api.ReceiptStatus{}, err
		}
		who := access.Principal{Name: "webhook " + in.System, Kind: access.ByToken, Role: access.Source, Source: source}
		return s.cfg.Doors.Evidence.Document(ctx, who, Document{Kind: "ci", Source: source, Body: in.RawBody})
	})
}
