package evidence

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/access"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/server"
)

// record is what a door did, in order.
type record struct {
	Kept
	did []string
	bad error // of the document
	no  error // of the store
}

func (r *record) SBOM(_ context.Context, _ string, _ []byte, before func() error) (api.Receipt, error) {
	if r.bad != nil {
		return api.Receipt{}, r.bad
	}
	if err := before(); err != nil {
		return api.Receipt{}, err
	}
	r.did = append(r.did, "append")
	return api.Receipt{Artifact: "shop:1"}, r.no
}

func (r *record) Deployments(context.Context, server.Deployments, func() error) ([]api.Receipt, error) {
	return nil, errors.New("not asked for here")
}

func (r *record) Detections(context.Context, server.Detections, func() error) (api.Receipt, error) {
	return api.Receipt{}, errors.New("not asked for here")
}

func (r *record) Document(context.Context, server.Document, func() error) (api.Receipt, error) {
	return api.Receipt{}, nil
}

func (r *record) Observations(context.Context, api.Observations) (api.Observed, error) {
	return api.Observed{}, nil
}

func (r *record) BeginReceipt(context.Context, ctem.Receipt) error {
	r.did = append(r.did, "begin")
	return nil
}

func (r *record) DropReceipt(context.Context, string) error {
	r.did = append(r.did, "drop")
	return nil
}

func (r *record) NoteReceipt(_ context.Context, x ctem.Receipt) (ctem.Receipt, error) {
	r.did = append(r.did, "note")
	return x, nil
}

func (r *record) Audit(_ context.Context, e ctem.AuditEntry) error {
	outcome, _, _ := strings.Cut(strings.TrimPrefix(e.Detail, `{"outcome":"`), `"`)
	r.did = append(r.did, "audit "+strings.Split(outcome, ":")[0])
	return nil
}

// What is wrong with a document leaves no trace; all else is in the log before
// it is stored, and what could not be stored is taken back.
func TestOrderOfDeeds(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		bad, no error
		want    string
	}{
		"stored":   {nil, nil, "audit begun, begin, append, note, wake"},
		"unread":   {fault.New(fault.Invalid, "no"), nil, ""},
		"unstored": {nil, fault.New(fault.Unavailable, "no"), "audit begun, begin, append, drop, audit failed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &record{bad: x.bad, no: x.no}
			d := &Door{
				Ingest: r, Store: r, Log: r, Now: time.Now, Slog: slog.New(slog.DiscardHandler),
				Wake: func() { r.did = append(r.did, "wake") },
			}
			_, err := d.SBOM(t.Context(), access.LocalUser("os:x"), "", nil)
			if (err == nil) != (x.bad == nil && x.no == nil) {
				t.Errorf("error %v", err)
			}
			if got := strings.Join(r.did, ", "); got != x.want {
				t.Errorf("did %s, want %s", got, x.want)
			}
		})
	}
}

func TestLinks(t *testing.T) {
	t.Parallel()
	if l := link([]string{"EXP-1", "EXP-2"}); l.Count != 2 || l.Query != "id:EXP-1,EXP-2" {
		t.Errorf("%+v", l)
	}
	if l := link(make([]string, longestQuery)); l.Count != longestQuery || l.Query != "" {
		t.Errorf("%d, %d bytes", l.Count, len(l.Query))
	}
	if l := link(nil); l.Count != 0 || l.Query != "" {
		t.Errorf("%+v", l)
	}
}
