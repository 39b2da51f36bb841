package flow

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"time"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/hostile"
	"github.com/tidemark/tidemark/internal/twin"
)

// json reads JSON values, one after another or in an array: OTLP requests,
// Hubble's flows, flows of ours.
func (c *traces) json(ctx context.Context, body []byte) error {
	if err := hostile.CheckJSON(body, hostile.Limits{Stream: true}); err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	for n := 0; ; n++ {
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return fault.Wrap(fault.Invalid, err, "value %d", n+1)
		}
		if n > maxLines {
			return fault.New(fault.Invalid, "more than %d values in one document", maxLines).WithHint("split the file")
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := c.value(raw, 0); err != nil {
			line, _ := hostile.Place(body, int(dec.InputOffset())-len(raw))
			return fault.Wrap(fault.Invalid, err, "line %d", line)
		}
	}
}

// probe tells the kinds of values apart.
type probe struct {
	ResourceSpans json.RawMessage `json:"resourceSpans"`
	Flow          json.RawMessage `json:"flow"`
	Flows         json.RawMessage `json:"flows"`
	Verdict       json.RawMessage `json:"verdict"`
	From          json.RawMessage `json:"from"`
	To            json.RawMessage `json:"to"`
	Lost          json.RawMessage `json:"lost_events"`
	Node          json.RawMessage `json:"node_status"`
	Seen          *gathered       `json:"seen"`
	Left          *left           `json:"left_out"`
}

// left is what an agent left out of what it saw.
type left struct {
	Reason string `json:"reason"`
	Count  int64  `json:"count"`
}

func (c *collector) left(l *left) {
	if !shown(l.Reason) || l.Reason == "" || l.Count <= 0 || l.Count > maxGathered {
		c.leaveOut("what an agent left out, which cannot be shown")
		return
	}
	c.leave(l.Reason, l.Count)
}

// gathered says that a flow stands for several, as an agent gathers them: its own
// time is that of the last.
type gathered struct {
	Since time.Time `json:"since"`
	Calls int64     `json:"calls"`
}

// maxGathered bounds what one value may stand for.
const maxGathered = 1 << 40

// over is when all were seen of which the last was at a time.
func (g *gathered) over(c *collector, last time.Time) times {
	out := c.once(last)
	if g == nil {
		return out
	}
	if since := c.at(g.Since); since.Before(out.first) && out.last.Sub(since) <= twin.EdgeLapse {
		out.first = since
	}
	if g.Calls > 0 && g.Calls <= maxGathered {
		out.calls = g.Calls
	}
	return out
}

// maxNesting is how deep lists may hold lists.
const maxNesting = 2

func (c *traces) value(raw json.RawMessage, depth int) error {
	if raw[0] == '[' {
		if depth == maxNesting {
			return errors.New("lists within lists")
		}
		return c.items(raw, depth)
	}
	if raw[0] != '{' {
		return errNeither
	}
	var p probe
	if err := json.Unmarshal(raw, &p); err != nil {
		return err
	}
	switch {
	case p.ResourceSpans != nil:
		return c.otlp(raw)
	case p.Flow != nil:
		return network{c.collector}.flow(p.Flow, p.Seen)
	case p.Verdict != nil:
		return network{c.collector}.flow(raw, nil)
	case p.Flows != nil:
		return c.items(p.Flows, depth)
	case p.From != nil && p.To != nil:
		return table{c.collector}.plain(raw)
	case p.Lost != nil:
		c.leaveOut("events that the network's observer lost: some edges may be missing")
	case p.Left != nil:
		c.left(p.Left)
	case p.Node != nil:
	default:
		return errNeither
	}
	return nil
}

var errNeither = errors.New(`neither OTLP ("resourceSpans"), nor a flow of Hubble ("flow"), nor a flow with "from" and "to"`)

func (c *traces) items(raw json.RawMessage, depth int) error {
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		return err
	}
	for _, item := range items {
		if err := c.value(item, depth+1); err != nil {
			return err
		}
	}
	return nil
}
