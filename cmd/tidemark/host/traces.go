package host

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/discover/flow"
	"github.com/tidemark/tidemark/internal/fault"
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
	left     map[string]*leftOut
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
	if err != nil && fault.KindOf(err) == fault.Invalid {
		found.Left = map[string]int64{"requests that cannot be read: " + short(err): 1}
	}
	if left := s.leave(source, found.Left); left != nil {
		if failed := s.note(ctx, source, left); failed != nil {
			return 0, errors.Join(err, failed)
		}
	}
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

// note keeps what was left out of a source; what could not be kept waits again.
func (s *spans) note(ctx context.Context, source string, counts map[string]int64) error {
	err := s.in.Left.NoteLeft(context.WithoutCancel(ctx), source, counts, s.now())
	if err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.left[source].add(counts)
	}
	return err
}

// flush keeps what waits, when no request comes any more.
func (s *spans) flush(ctx context.Context) error {
	s.mu.Lock()
	waiting := map[string]map[string]int64{}
	for source, l := range s.left {
		if len(l.counts) > 0 {
			waiting[source], l.counts = l.counts, map[string]int64{}
		}
	}
	s.mu.Unlock()
	var err error
	for source, counts := range waiting {
		err = errors.Join(err, s.note(ctx, source, counts))
	}
	return err
}

// maxWhy bounds a reason that is kept at a source.
const maxWhy = 200

func short(err error) string {
	s := fault.Mask(err.Error())
	return strings.ToValidUTF8(s[:min(len(s), maxWhy)], "")
}

// leave adds up what was left out, and returns it where it is to be kept: not more
// often than once in an interval, for requests come all the time.
func (s *spans) leave(source string, counts map[string]int64) map[string]int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left == nil {
		s.left = map[string]*leftOut{}
	}
	l := s.left[source]
	if l == nil {
		l = &leftOut{counts: map[string]int64{}}
		s.left[source] = l
	}
	l.add(counts)
	now := s.now()
	if len(l.counts) == 0 || now.Sub(l.kept) < keptEvery {
		return nil
	}
	out := l.counts
	l.counts, l.kept = map[string]int64{}, now
	return out
}

// leftOut is what was left out of a source and is not kept yet.
type leftOut struct {
	counts map[string]int64
	kept   time.Time
}

func (l *leftOut) add(counts map[string]int64) {
	for reason, n := range counts {
		if len(l.counts) >= maxReasons && l.counts[reason] == 0 {
			reason = "other reasons"
		}
		l.counts[reason] += n
	}
}

const (
	keptEvery  = 15 * time.Second
	maxReasons = 100
)

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
