package client

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tidemark/tidemark/api"
)

// Deployments is what runs where, to be sent. What is left out is taken from
// the records, as on the command line.
type Deployments struct {
	Environment string
	Source      string
	At          *api.Time
	Every       time.Duration
	Body        []byte // manifests (YAML, JSON) or records (JSON, NDJSON)
}

// The pauses between two looks at a receipt.
const (
	firstLook = 100 * time.Millisecond
	lastLook  = 2 * time.Second
)

// receiptComputed is the state of a receipt whose consequences are known.
const receiptComputed = "computed"

// SendSBOM gives the bill of materials of an artifact; "" where the document
// says which. What it returns is stored; Settled waits until it is computed.
func (c evidence) SendSBOM(ctx context.Context, artifact string, body []byte) (api.ReceiptStatus, error) {
	v := url.Values{}
	if artifact != "" {
		v.Set("artifact", artifact)
	}
	return ask[api.ReceiptStatus](ctx, c.conn, document("evidence/sboms", v, body), nil)
}

// SendDeployments gives what is deployed: one complete snapshot for each source
// and environment in it.
func (c evidence) SendDeployments(ctx context.Context, d Deployments) (api.ReceiptStatus, error) {
	v := url.Values{}
	setTime(v, "at", d.At)
	for name, value := range map[string]string{"environment": d.Environment, "source": d.Source} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if d.Every > 0 {
		v.Set("every", d.Every.String())
	}
	return ask[api.ReceiptStatus](ctx, c.conn, document("evidence/deployments", v, d.Body), nil)
}

// Detections is what sensors raised, to be sent. What is left out is taken from
// the documents.
type Detections struct {
	Environment string
	Source      string
	Body        []byte // alerts of Falco or findings of OCSF, in JSON
}

// SendDetections gives what sensors raised at run time. The same again changes
// nothing.
func (c evidence) SendDetections(ctx context.Context, d Detections) (api.ReceiptStatus, error) {
	v := url.Values{}
	for name, value := range map[string]string{"environment": d.Environment, "source": d.Source} {
		if value != "" {
			v.Set(name, value)
		}
	}
	return ask[api.ReceiptStatus](ctx, c.conn, document("evidence/detections", v, d.Body), nil)
}

// Document is one document about things, to be sent. What is left out is taken
// from the document.
type Document struct {
	Kind        string // attestation, ci, openapi, flows, …
	Source      string
	Environment string
	Service     string
	Body        []byte
}

// SendDocument gives a document about things: attestations, CI events, OpenAPI
// documents, flows. The same again changes nothing.
func (c evidence) SendDocument(ctx context.Context, d Document) (api.ReceiptStatus, error) {
	v := url.Values{}
	for name, value := range map[string]string{"kind": d.Kind, "environment": d.Environment, "source": d.Source, "service": d.Service} {
		if value != "" {
			v.Set(name, value)
		}
	}
	return ask[api.ReceiptStatus](ctx, c.conn, document("evidence/documents", v, d.Body), nil)
}

// document is a call that brings bytes as they are.
func document(path string, v url.Values, body []byte) call {
	return call{method: http.MethodPost, path: path, query: v, body: body, kind: "application/octet-stream", within: sendTime}
}

// Receipt says what became of evidence.
func (c evidence) Receipt(ctx context.Context, id string) (api.ReceiptStatus, error) {
	path, err := at("receipts/", id, "")
	return ask[api.ReceiptStatus](ctx, c.conn, get(path, nil), err)
}

// Settled waits until what follows from evidence is computed, or ctx ends.
func (c evidence) Settled(ctx context.Context, id string) (api.ReceiptStatus, error) {
	for look := firstLook; ; look = min(2*look, lastLook) {
		r, err := c.Receipt(ctx, id)
		if err != nil || r.State == receiptComputed {
			return r, err
		}
		if err := c.pause(ctx, look); err != nil {
			return r, err
		}
	}
}

// Receipts lists what came in, newest first.
func (c evidence) Receipts(ctx context.Context, q api.Query) (api.List[api.ReceiptStatus], error) {
	return list[api.ReceiptStatus](ctx, c.conn, "receipts", q)
}

// FirstRun is the checklist of a new installation.
func (c evidence) FirstRun(ctx context.Context) (api.FirstRun, error) {
	return ask[api.FirstRun](ctx, c.conn, get("first-run", nil), nil)
}

// ChangeExposure decides on an exposure, or assigns it.
func (c exposures) ChangeExposure(ctx context.Context, id string, x api.ExposureChange) (api.ExposureDetail, error) {
	return changeAt[api.ExposureDetail](ctx, c.conn, target{http.MethodPatch, "exposures/", id, ""}, x)
}

type reasoned struct {
	Reason string `json:"reason,omitempty"`
}

// UndoExposure takes back what was decided last by a person.
func (c exposures) UndoExposure(ctx context.Context, id, reason string) (api.ExposureDetail, error) {
	return changeAt[api.ExposureDetail](ctx, c.conn, target{http.MethodPost, "exposures/", id, "/undo"}, reasoned{reason})
}

// ApproveExposure agrees, or not, to another person's loosening.
func (c exposures) ApproveExposure(ctx context.Context, id string, a api.Approval) (api.ExposureDetail, error) {
	return changeAt[api.ExposureDetail](ctx, c.conn, target{http.MethodPost, "exposures/", id, "/approval"}, a)
}

// ChangeAction moves an action, or hands it over.
func (c work) ChangeAction(ctx context.Context, id string, x api.ActionChange) (api.ActionDetail, error) {
	return changeAt[api.ActionDetail](ctx, c.conn, target{http.MethodPatch, "actions/", id, ""}, x)
}

// target is what a mutation of one thing is sent to.
type target struct{ method, before, id, after string }

func changeAt[T any](ctx context.Context, c *conn, t target, body any) (T, error) {
	path, err := at(t.before, t.id, t.after)
	if err != nil {
		var none T
		return none, err
	}
	k, err := change(t.method, path, body)
	return ask[T](ctx, c, k, err)
}

// Scope is what the business has said about the estate.
func (c upkeep) Scope(ctx context.Context, m api.Moment) (api.Scope, error) {
	return ask[api.Scope](ctx, c.conn, get("scope", momentOf(m)), nil)
}

// ScopeHistory lists the versions of the scope, the newest first.
func (c upkeep) ScopeHistory(ctx context.Context, q api.Query) (api.List[api.ScopeVersion], error) {
	return list[api.ScopeVersion](ctx, c.conn, "scope/history", q)
}

// ApplyScope says what matters and who owns it, in YAML.
func (c upkeep) ApplyScope(ctx context.Context, body []byte) (api.ScopeApplied, error) {
	k := call{method: http.MethodPut, path: "scope", body: body, kind: "application/yaml", within: sendTime}
	return ask[api.ScopeApplied](ctx, c.conn, k, nil)
}

// UpdateIntel begins to load advisories, KEV and EPSS from a tar archive; with nil
// the server fetches them from their public addresses. open is called for each
// try. A feed that lost more than a fifth of its entries is held, unless it is
// named ("osv/npm", "kev"). Ended waits for the job.
func (c upkeep) UpdateIntel(ctx context.Context, open func() (io.ReadCloser, error), acceptShrink ...string) (api.Job, error) {
	k := call{method: http.MethodPost, path: "intel/updates", open: open, kind: "application/x-tar", within: loadTime}
	if len(acceptShrink) > 0 {
		k.query = url.Values{"accept_shrink": {strings.Join(acceptShrink, ",")}}
	}
	return ask[api.Job](ctx, c.conn, k, nil)
}

// Job is how far something is that takes longer than a request.
func (c upkeep) Job(ctx context.Context, id string) (api.Job, error) {
	path, err := at("jobs/", id, "")
	return ask[api.Job](ctx, c.conn, get(path, nil), err)
}

// Ended waits until a job has ended, or ctx ends; tell sees each look at it. It
// returns the job that is done: one that failed is the error that it ended with.
func (c upkeep) Ended(ctx context.Context, j api.Job, tell func(api.Job)) (api.Job, error) {
	for look := firstLook; j.State == api.JobRunning; look = min(2*look, lastLook) {
		tell(j)
		if err := c.pause(ctx, look); err != nil {
			return j, err
		}
		var err error
		if j, err = c.Job(ctx, j.ID); err != nil {
			return j, err
		}
	}
	switch {
	case j.State == api.JobDone:
		return j, nil
	case j.Fault != nil:
		return j, &Error{Status: j.Fault.Status, Problem: *j.Fault}
	}
	return j, unavailable(j.Kind+" was interrupted: the server that did it stopped", "begin it again: what it has stored stays", nil)
}

// Doctor checks the installation.
func (c upkeep) Doctor(ctx context.Context) (api.Doctor, error) {
	return ask[api.Doctor](ctx, c.conn, get("doctor", nil), nil)
}

// Compact begins to drop raw evidence that is older than keep and cited by
// nothing. Ended waits for the job.
func (c upkeep) Compact(ctx context.Context, keep time.Duration) (api.Job, error) {
	k, err := change(http.MethodPost, "compaction", struct {
		Keep string `json:"keep"`
	}{keep.String()})
	return ask[api.Job](ctx, c.conn, k, err)
}

// Drill is how far the demo's drill is.
func (c upkeep) Drill(ctx context.Context) (api.Drill, error) {
	return ask[api.Drill](ctx, c.conn, get("drill", nil), nil)
}

// PlayDrill takes one step of the demo's drill: publication, deployment or reset.
func (c upkeep) PlayDrill(ctx context.Context, step string) (api.Drill, error) {
	path, err := at("drill/", step, "")
	if err != nil {
		return api.Drill{}, err
	}
	k, err := change(http.MethodPost, path, nil)
	return ask[api.Drill](ctx, c.conn, k, err)
}
