// Package evidence is the door of the server for documents.
//
// The model. A document is read at once; what is wrong with it is the answer,
// and nothing is stored. What is right goes into the log of mutations with its
// receipt, then into the evidence stream, and only then is it acknowledged. The
// steps run later, elsewhere; a receipt says when they have, and what differs
// since at the places that the document speaks of.
//
// Invariants. No acknowledged document is lost. A source appends in its own name
// only. Steps do not run here.
package evidence

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/access"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/server"
	"github.com/tidemark/tidemark/internal/twin"
)

// Ingest reads documents and appends them. It calls before when a document was
// found to be right, ahead of storing it.
type Ingest interface {
	SBOM(ctx context.Context, artifact string, body []byte, before func() error) (api.Receipt, error)
	Deployments(ctx context.Context, d server.Deployments, before func() error) ([]api.Receipt, error)
	Detections(ctx context.Context, d server.Detections, before func() error) (api.Receipt, error)
	Document(ctx context.Context, d server.Document, before func() error) (api.Receipt, error)
	Observations(ctx context.Context, o api.Observations) (api.Observed, error)
}

// Receipts keeps them.
type Receipts interface {
	BeginReceipt(ctx context.Context, r ctem.Receipt) error
	DropReceipt(ctx context.Context, id string) error
	NoteReceipt(ctx context.Context, r ctem.Receipt) (ctem.Receipt, error)
	Kept
}

// Kept is how they are asked for.
type Kept interface {
	FindReceipt(ctx context.Context, id string) (ctem.Receipt, error)
	ListReceipts(ctx context.Context, by, after string, limit int) (ctem.Page[ctem.Receipt], error)
	BecameOf(ctx context.Context, r ctem.Receipt) (ctem.Became, error)
}

// Facts are what the checklist of a new installation goes by.
type Facts interface {
	Feeds(ctx context.Context, q api.Query) (api.List[api.Feed], error)
	Sources(ctx context.Context, q api.Query) (api.List[api.Source], error)
	Heads(ctx context.Context) (map[ctem.Stream]int64, error)
}

// Door takes evidence.
type Door struct {
	Ingest Ingest
	Store  Receipts
	Facts  Facts
	Log    server.Log
	Wake   func() // tells the steps that there is something
	Now    func() time.Time
	Slog   *slog.Logger
}

// deed is one mutation on its way.
type deed struct {
	who          access.Principal
	verb, object string
	detail       map[string]string
	receipt      ctem.Receipt
	begun        bool
}

func (d *Door) deed(who access.Principal, kind, object string, detail map[string]string) *deed {
	r := ctem.Receipt{ID: "rcp_" + strings.ToLower(rand.Text()), At: d.Now().UTC().Truncate(time.Microsecond), By: who.Actor(), Kind: kind}
	return &deed{who: who, verb: "ingest " + kind, object: object, detail: detail, receipt: r}
}

// SBOM takes the bill of materials of an artifact. It is evidence about that
// artifact and has no source of its own: whoever may give evidence may give it,
// and the receipt and the log say who did.
func (d *Door) SBOM(ctx context.Context, who access.Principal, artifact string, body []byte) (api.ReceiptStatus, error) {
	x := d.deed(who, "sbom", artifact, nil)
	got, err := d.Ingest.SBOM(ctx, artifact, body, func() error { return d.begin(ctx, x) })
	if err != nil {
		return api.ReceiptStatus{}, d.failed(ctx, x, err)
	}
	ref, err := twin.ParseRef(got.Artifact)
	if err != nil {
		return api.ReceiptStatus{}, fmt.Errorf("read the artifact that was stored: %w", err)
	}
	x.receipt.Artifact = ref.ID()
	return d.stored(ctx, x, []api.Receipt{got})
}

// Deployments takes what is deployed. A source that does not say who it is gets
// the name of whoever sends it.
func (d *Door) Deployments(ctx context.Context, who access.Principal, in server.Deployments) (api.ReceiptStatus, error) {
	if in.Source == "" && who.Role == access.Source {
		in.Source = who.Source
	}
	if !who.MayIngest(in.Source) {
		return api.ReceiptStatus{}, foreign(who, in.Source)
	}
	x := d.deed(who, "deploy", in.Environment, map[string]string{"environment": in.Environment, "source": in.Source})
	got, err := d.Ingest.Deployments(ctx, in, func() error { return d.begin(ctx, x) })
	if err != nil {
		return api.ReceiptStatus{}, d.failed(ctx, x, err)
	}
	for _, r := range got {
		for _, s := range r.Snapshots {
			if !slices.Contains(x.receipt.Environments, s.Environment) {
				x.receipt.Environments = append(x.receipt.Environments, s.Environment)
			}
		}
	}
	return d.stored(ctx, x, got)
}

// Detections takes what sensors raised. A source that does not say who it is gets
// the name of whoever sends it.
func (d *Door) Detections(ctx context.Context, who access.Principal, in server.Detections) (api.ReceiptStatus, error) {
	if in.Source == "" && who.Role == access.Source {
		in.Source = who.Source
	}
	if !who.MayIngest(in.Source) {
		return api.ReceiptStatus{}, foreign(who, in.Source)
	}
	x := d.deed(who, "detections", in.Environment, map[string]string{"environment": in.Environment, "source": in.Source})
	got, err := d.Ingest.Detections(ctx, in, func() error { return d.begin(ctx, x) })
	if err != nil {
		return api.ReceiptStatus{}, d.failed(ctx, x, err)
	}
	if !x.begun { // nothing in it was to be stored
		if err := d.begin(ctx, x); err != nil {
			return api.ReceiptStatus{}, err
		}
	}
	if in.Environment != "" {
		x.receipt.Environments = []string{in.Environment}
	}
	return d.stored(ctx, x, []api.Receipt{got})
}

func foreign(who access.Principal, source string) error {
	return fault.New(fault.Forbidden, "%s gives evidence of the source %q only, and this is of %q", who.Name, who.Source, source).
		WithHint("use a token of that source")
}

// begin writes the log and the receipt before anything is stored.
func (d *Door) begin(ctx context.Context, x *deed) error {
	if err := d.audit(ctx, x, "begun"); err != nil {
		return err
	}
	x.begun = true
	return d.Store.BeginReceipt(ctx, x.receipt)
}

// failed takes back what was begun; what was wrong with the document itself has
// left no trace.
func (d *Door) failed(ctx context.Context, x *deed, err error) error {
	if !x.begun {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	for _, undo := range []error{d.Store.DropReceipt(ctx, x.receipt.ID), d.audit(ctx, x, "failed: "+fault.Mask(err.Error()))} {
		if undo != nil {
			d.Slog.WarnContext(ctx, "what failed was not written down", "receipt", x.receipt.ID, "error", fault.Mask(undo.Error()))
		}
	}
	return err
}

// stored notes what was stored and tells the steps.
func (d *Door) stored(ctx context.Context, x *deed, got []api.Receipt) (api.ReceiptStatus, error) {
	body, err := json.Marshal(got)
	if err != nil {
		return api.ReceiptStatus{}, fmt.Errorf("write the receipt: %w", err)
	}
	x.receipt.Body = string(body)
	r, err := d.Store.NoteReceipt(context.WithoutCancel(ctx), x.receipt)
	d.Wake()
	if err != nil {
		return api.ReceiptStatus{}, err
	}
	return status(r, got), nil
}

func (d *Door) audit(ctx context.Context, x *deed, outcome string) error {
	detail, err := json.Marshal(struct {
		Outcome string            `json:"outcome"`
		Request string            `json:"request_id"`
		Receipt string            `json:"receipt"`
		Detail  map[string]string `json:"detail,omitempty"`
	}{outcome, server.RequestID(ctx), x.receipt.ID, x.detail})
	if err != nil {
		return fmt.Errorf("write the audit entry: %w", err)
	}
	return d.Log.Audit(ctx, ctem.AuditEntry{
		At: d.Now().UTC(), Actor: x.who.Actor(), Verb: x.verb, Object: x.object, Detail: fault.Mask(string(detail)),
	})
}

// The states of a receipt.
const (
	stateStored   = "stored"
	stateComputed = "computed"
)

func status(r ctem.Receipt, got []api.Receipt) api.ReceiptStatus {
	out := api.ReceiptStatus{
		Schema: api.SchemaReceipt, ID: r.ID, URL: "/api/v1/receipts/" + r.ID, At: r.At, By: r.By, State: stateStored, Receipts: got,
	}
	if !r.Computed.IsZero() {
		out.State, out.Computed = stateComputed, &r.Computed
	}
	return out
}
