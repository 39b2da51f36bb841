// Package server is the HTTP door: routes, sign-in, rights, bounds, events.
//
// The model. Every route of the API is registered by one function with the
// verb that it needs (package access has the table of roles and verbs); it asks
// a desk, the pages or a door for a document of package api, and gives that.
// Failures are faults, and become problem documents. What moves is told over a
// stream of events. The user interface is embedded and served beside the API.
//
// Invariants. No rules and no SQL. Nobody who has not signed in gets further
// than the sign-in, the health checks and the description of the API. Every
// body, header, connection and wait is bounded. Every mutation is in the audit
// log before it is answered: doors keep that, each with the mutation itself.
package server

import (
	"context"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/tidemark/tidemark/internal/access"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/server/desk"
	"github.com/tidemark/tidemark/internal/server/login"
)

// Door finds out who asks.
type Door interface {
	Authenticate(r *http.Request) (access.Principal, error)
}

// Log keeps the mutations.
type Log interface {
	Audit(ctx context.Context, e ctem.AuditEntry) error
}

// Config is what a server stands on.
type Config struct {
	Version string
	Door    Door
	Desk    *desk.Desk
	Doors   Doors
	UI      fs.FS // the built user interface; nil: none
	Now     func() time.Time
	Slog    *slog.Logger
	Limits  Limits

	Revision Revision                           // nil: answers have no tags
	Ready    func(ctx context.Context) []string // reasons why not; nil: always
	Answers  Answers                            // nil: keys are not looked at
}

// Doors are what the routes pass on to. A nil one has no routes that work: its
// answer is that this server does not offer it.
type Doors struct {
	Pages    Pages
	Evidence Evidence
	People   People
	Login    *login.Service
	Upkeep   Upkeep
	Jobs     Jobs
	Drill    Drill
	Events   Events
	Images   Images
	Webhooks Webhooks
	Hooks    Hooks
	Traces   Traces
}

// Server serves one installation.
type Server struct {
	cfg    Config
	api    huma.API
	mux    *http.ServeMux
	routes []Route
	meters *meters
	turns  *turns
}

// New registers every route.
func New(cfg Config) *Server {
	s := &Server{cfg: cfg, mux: http.NewServeMux(), meters: newMeters(), turns: newTurns()}
	doc := huma.DefaultConfig("Tidemark", cfg.Version)
	doc.Info.Description = "Continuous threat exposure management on a deployment digital twin: which weaknesses run where, why they matter, who fixes what by when, and the proof."
	doc.DocsPath, doc.SchemasPath, doc.CreateHooks = "", "", nil
	doc.Formats = map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat}
	doc.Transformers = []huma.Transformer{s.problems}
	doc.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"session": {Type: "apiKey", In: "cookie", Name: "tidemark_session"},
		"token":   {Type: "http", Scheme: "bearer"},
	}
	s.api = humago.New(s.mux, doc)
	exposureRoutes(s)
	pageRoutes(s)
	twinRoutes(s)
	thingRoutes(s)
	twinAskRoutes(s)
	proofRoutes(s)
	measureRoutes(s)
	gateRoutes(s)
	evidenceRoutes(s)
	hookRoute(s)
	peopleRoutes(s)
	adminRoutes(s)
	upkeepRoutes(s)
	liveRoutes(s)
	tracesRoute(s)
	plainRoutes(s)
	describe(s)
	return s
}

// OpenAPI is the description of the API, as /openapi.json gives it.
func (s *Server) OpenAPI() *huma.OpenAPI { return s.api.OpenAPI() }

// Routes are all routes of the API, with the verb that each needs.
func (s *Server) Routes() []Route { return s.routes }

// Handler is the whole server behind its bounds.
func (s *Server) Handler() http.Handler {
	inner := signedIn(s, replayed(s, conditional(s, s.mux)))
	return identified(watched(s, recovered(s, bounded(s, inner))))
}
