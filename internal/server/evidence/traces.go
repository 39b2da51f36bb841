package evidence

import (
	"context"
	"sync"

	"github.com/tidemark/tidemark/internal/access"
	"github.com/tidemark/tidemark/internal/server"
)

// Tracing reads spans and appends the edges that are new in them, or due to be
// told again. It returns how much was appended.
type Tracing interface {
	Traces(ctx context.Context, in server.Spans) (accepted int, err error)
}

// Traces is the door for spans. They come all the time, and most say nothing new:
// the log of mutations has the first of each source since the server was
// started, and there are no receipts.
type Traces struct {
	Door  *Door
	Spans Tracing
	begun sync.Map // sources
}

// Traces takes one request of an exporter. A source that does not say who it is
// gets the name of whoever sends it.
func (t *Traces) Traces(ctx context.Context, who access.Principal, in server.Spans) error {
	if in.Source == "" && who.Role == access.Source {
		in.Source = who.Source
	}
	if !who.MayIngest(in.Source) {
		return foreign(who, in.Source)
	}
	if _, known := t.begun.LoadOrStore(in.Source, true); !known {
		x := t.Door.deed(who, "traces", in.Source, map[string]string{"source": in.Source, "environment": in.Environment})
		if err := t.Door.audit(ctx, x, "begun"); err != nil {
			t.begun.Delete(in.Source)
			return err
		}
	}
	accepted, err := t.Spans.Traces(ctx, in)
	if err == nil && accepted > 0 {
		t.Door.Wake()
	}
	return err
}
