package discover

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tidemark/tidemark/internal/hostile"
	"github.com/tidemark/tidemark/internal/twin"
)

// maxCounted bounds what one sighting may count: more is no count.
const maxCounted = 1 << 50

// sightingOf reads a heartbeat about one thing: that it was seen, up to the time of
// the heartbeat. Its body, where it has one, says since when and how often.
func sightingOf(o *twin.Observation, skew time.Duration) (twin.Sighting, error) {
	s := twin.Sighting{Source: o.Source, Scope: o.Scope, Subject: o.Subject, First: o.ObservedAt, Last: o.ObservedAt, Every: o.Every}
	if _, _, _, ok := twin.CutResource(o.Subject); !ok || !twin.IsMeasured(o.Subject) {
		return s, fmt.Errorf("%.100q is no subject of a thing that can be seen by itself", o.Subject)
	}
	if err := checkText("subject", o.Subject); err != nil {
		return s, err
	}
	if len(o.Body) == 0 {
		return s, nil
	}
	var body struct {
		Since time.Time `json:"since"`
		Calls int64     `json:"calls"`
		Bytes int64     `json:"bytes"`
	}
	if err := hostile.Unmarshal(o.Body, hostile.Limits{Depth: maxDepth}, &body); err != nil {
		return s, err
	}
	if body.Calls < 0 || body.Bytes < 0 || body.Calls > maxCounted || body.Bytes > maxCounted {
		return s, errors.New("what it counts is no count")
	}
	if first := body.Since.Add(-skew).UTC().Truncate(time.Microsecond); !body.Since.IsZero() && first.Before(s.Last) {
		s.First = first
	}
	if s.Last.Sub(s.First) > twin.EdgeEnd {
		s.First = s.Last.Add(-twin.EdgeEnd)
	}
	s.Calls, s.Bytes = body.Calls, body.Bytes
	return s, nil
}

// see moves when things were last seen. One of which nothing is known yet is
// rejected by itself.
func (i *Ingest) see(ctx context.Context, seen []twin.Sighting, out *Took) error {
	if len(seen) == 0 {
		return nil
	}
	unknown, err := i.Agents.See(ctx, seen)
	for _, s := range unknown {
		out.Rejected = append(out.Rejected, twin.Rejection{
			Where: s.Source + " " + s.Scope + " " + s.Subject, Reason: "when it was seen is not kept: the source has not said yet that it is there",
		})
	}
	out.Accepted += len(seen) - len(unknown)
	return err
}

// seeTold keeps when the things of a document were seen.
func (i *Ingest) seeTold(ctx context.Context, r *Receipt, told []Told) error {
	var seen []twin.Sighting
	for n := range told {
		for _, s := range told[n].Seen {
			s.Source, s.Scope, s.Every = told[n].Source, told[n].Scope, told[n].Every
			seen = append(seen, s)
		}
	}
	if len(seen) == 0 {
		return nil
	}
	unknown, err := i.Agents.See(ctx, seen)
	if len(unknown) > 0 {
		r.Rejected = append(r.Rejected, Remark{r.Input, fmt.Sprintf("when %d things were seen is not kept: their source has not said that they are there", len(unknown))})
	}
	return err
}

// Unseen finds things that were not seen for long.
type Unseen interface {
	Unseen(ctx context.Context, before time.Time, limit int) ([]twin.Sighting, error)
}

// Endings is the step that ends edges which nobody saw for twin.EdgeEnd, though
// their source looked: at the end of the interval in which they were seen last.
type Endings struct {
	Seen   Unseen
	Ingest *Ingest
	Now    func() time.Time

	swept time.Time
}

const (
	endingsName  = "endings"
	endingsBatch = 2000
)

// Name is the step's lease and cursor name.
func (e *Endings) Name() string { return endingsName }

// Run ends, once in an interval, what was not seen for long.
func (e *Endings) Run(ctx context.Context) (int, error) {
	now := e.Now()
	if now.Sub(e.swept) < twin.EdgeEvery {
		return 0, nil
	}
	list, err := e.Seen.Unseen(ctx, now.Add(-twin.EdgeEnd), endingsBatch)
	if err != nil || len(list) < endingsBatch {
		e.swept = now
	}
	if err != nil {
		return 0, err
	}
	told := make([]Told, 0, len(list))
	for _, s := range list {
		told = append(told, Told{
			Source: s.Source, Scope: s.Scope, Class: twin.Observed, At: s.Last.Truncate(twin.EdgeEvery).Add(twin.EdgeEvery), Gone: []string{s.Subject},
		})
	}
	var r Receipt
	if err := e.Ingest.IngestTold(ctx, &r, told); err != nil {
		return 0, err
	}
	if r.Accepted == 0 && len(list) == endingsBatch {
		e.swept = now // their end is on its way already
	}
	return r.Accepted, nil
}
