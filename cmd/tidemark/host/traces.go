package host

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/discover/flow"
	"github.com/tidemark/tidemark/internal/server"
	"github.com/tidemark/tidemark/internal/twin"
)

// things are what the receiver of spans had told before it was stopped.
type things interface {
	Things(ctx context.Context, q ctem.ListQuery) (ctem.Page[ctem.Thing], error)
}

// spans is the receiver of spans as the server's door needs it.
type spans struct {
	in       *discover.Ingest
	known    things
	now      func() time.Time
	receiver flow.Receiver

	mu       sync.Mutex
	restored map[string]bool // sources
}

// Traces reads spans and appends what is new. What could not be appended is told
// again when the exporter tries again.
func (s *spans) Traces(ctx context.Context, in server.Spans) (int, error) {
	source := cmp.Or(in.Source, flow.SourceOTLP)
	if err := s.restore(ctx, source); err != nil {
		return 0, err
	}
	found, err := s.receiver.Read(ctx, discover.DocumentInput{
		Kind: flow.Kind, Name: "the spans", Body: in.Body, Source: source, Environment: in.Environment,
	}, s.now())
	if err != nil || len(found.Told) == 0 {
		return 0, err
	}
	var r discover.Receipt
	if err := s.in.IngestTold(context.WithoutCancel(ctx), &r, found.Told); err != nil {
		s.receiver.Forget()
		return 0, err
	}
	return r.Accepted, nil
}

// restore lets the receiver know, once for each source, what it had told.
func (s *spans) restore(ctx context.Context, source string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.restored[source] {
		return nil
	}
	page, err := s.known.Things(ctx, ctem.ListQuery{
		AsOf:  ctem.AsOf{Now: s.now()},
		Terms: []ctem.Term{{Key: "kind", Op: ":", Values: []string{twin.KindFlow, twin.KindOperation}}},
	})
	if err != nil {
		return err
	}
	for i := range page.Items {
		if t := &page.Items[i]; t.Source == source && t.Class == twin.Observed {
			s.receiver.Restore(source, t.Scope, []twin.Resource{t.Resource}, t.SeenAt)
		}
	}
	if s.restored == nil {
		s.restored = map[string]bool{}
	}
	s.restored[source] = true
	return nil
}
