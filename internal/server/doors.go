package server

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/access"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/server/reply"
)

// Pages gives what only a server knows: what comes from the index.
type Pages interface {
	ListPages
	ThingPages
}

// ListPages are about many exposures.
type ListPages interface {
	Overview(ctx context.Context, v reply.Viewer, q api.Query) (api.Overview, error)
	Facets(ctx context.Context, v reply.Viewer, q api.Query, keys []string) (api.Facets, error)
	Groups(ctx context.Context, v reply.Viewer, q api.Query, by string) (api.List[api.Group], error)
	Window(ctx context.Context, v reply.Viewer, q api.Query, offset int) (api.List[api.Exposure], error)
	Search(ctx context.Context, v reply.Viewer, text string) (api.SearchResult, error)
}

// ThingPages are about one thing, or a few.
type ThingPages interface {
	ExposurePage(ctx context.Context, v reply.Viewer, id string, m api.Moment) (api.ExposurePageDoc, error)
	Products(ctx context.Context, v reply.Viewer, q api.Query) (api.List[api.Product], error)
	Product(ctx context.Context, v reply.Viewer, name string, m api.Moment) (api.ProductDetail, error)
	Matrix(ctx context.Context, v reply.Viewer, q api.Query) (api.Matrix, error)
	News(ctx context.Context, v reply.Viewer, q api.Query, all bool) (api.List[api.Change], error)
}

// Evidence takes documents. What it answers is stored; what it refuses is not.
type Evidence interface {
	Documents
	Receipt(ctx context.Context, who access.Principal, id string) (api.ReceiptStatus, error)
	Receipts(ctx context.Context, who access.Principal, q api.Query) (api.List[api.ReceiptStatus], error)
	FirstRun(ctx context.Context, who access.Principal) (api.FirstRun, error)
}

// Documents takes each kind of them.
type Documents interface {
	SBOM(ctx context.Context, who access.Principal, artifact string, body []byte) (api.ReceiptStatus, error)
	Deployments(ctx context.Context, who access.Principal, d Deployments) (api.ReceiptStatus, error)
	Detections(ctx context.Context, who access.Principal, d Detections) (api.ReceiptStatus, error)
	Document(ctx context.Context, who access.Principal, d Document) (api.ReceiptStatus, error)
	Observations(ctx context.Context, who access.Principal, o api.Observations) (api.Observed, error)
}

// Document is one document about things, of a kind that has a reader.
type Document struct {
	Kind        string
	Source      string
	Environment string
	Service     string
	Body        []byte
}

// Detections is what sensors raised, as it was sent.
type Detections struct {
	Environment string
	Source      string
	Body        []byte
}

// Deployments is what runs where, as it was sent.
type Deployments struct {
	Environment string
	Source      string
	At          time.Time
	Every       time.Duration
	Body        []byte
}

// People takes what persons decide.
type People interface {
	ChangeExposure(ctx context.Context, who access.Principal, id string, c api.ExposureChange) error
	UndoExposure(ctx context.Context, who access.Principal, id, reason string) error
	ApproveExposure(ctx context.Context, who access.Principal, id string, a api.Approval) error
	ChangeAction(ctx context.Context, who access.Principal, id string, c api.ActionChange) error
}

// Jobs says how far something is that takes longer than a request.
type Jobs interface {
	Job(ctx context.Context, id string) (api.Job, error)
}

// Upkeep keeps an installation going. What takes long becomes a job.
type Upkeep interface {
	Scope(ctx context.Context, m api.Moment) (api.Scope, error)
	ApplyScope(ctx context.Context, who access.Principal, body []byte) (api.ScopeApplied, error)
	UpdateIntel(ctx context.Context, who access.Principal, archive io.Reader, acceptShrink []string) (api.Job, error)
	Doctor(ctx context.Context) (api.Doctor, error)
	Compact(ctx context.Context, who access.Principal, keep time.Duration) (api.Job, error)
}

// Webhooks keeps the addresses that are told of events.
type Webhooks interface {
	List(ctx context.Context, who access.Principal) (api.List[api.Webhook], error)
	Add(ctx context.Context, who access.Principal, q api.WebhookRequest) (api.WebhookDetail, error)
	Remove(ctx context.Context, who access.Principal, id string) (api.WebhookDetail, error)
	Test(ctx context.Context, who access.Principal, id string) (api.WebhookTest, error)
}

// Images judges images that were built, as if they ran in an environment.
type Images interface {
	JudgeImage(ctx context.Context, ask api.ImageAsk) (api.Gate, error)
}

// Drill plays the demo's drill.
type Drill interface {
	State(ctx context.Context) (api.Drill, error)
	Publish(ctx context.Context, who access.Principal) (api.Drill, error)
	Deploy(ctx context.Context, who access.Principal) (api.Drill, error)
	Reset(ctx context.Context, who access.Principal) (api.Drill, error)
}

// Events tells what moved, to whoever listens. An error is for the asker: nothing
// was told.
type Events interface {
	Serve(w http.ResponseWriter, r *http.Request, who access.Principal) error
}

// notOffered is the answer where a door is not there.
func notOffered(what string) error {
	return fault.New(fault.NotFound, "this server does not offer %s", what)
}
