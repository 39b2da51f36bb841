package discover

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// KindDetections is the kind of a receipt for what sensors raised.
const KindDetections = "detections"

// Raised is what a document of a sensor held.
type Raised struct {
	Detections        []twin.Detection
	Rejected, Ignored []twin.Rejection
}

// DetectionInput is one document for IngestDetections.
type DetectionInput struct {
	Name        string // shown in messages: the file
	Body        io.Reader
	Source      string // who says so; "": the tool's name
	Environment string // where it watches; "": the detections' own clues must do
}

// IngestDetections takes what sensors raised. It says what happened, not what is
// there: no claim begins or ends by it. The same document again changes nothing.
func (i *Ingest) IngestDetections(ctx context.Context, in DetectionInput) (Receipt, error) {
	r := Receipt{Input: in.Name, Kind: KindDetections}
	if in.Environment != "" {
		if err := checkEnvironment(in.Environment); err != nil {
			return r, err
		}
	}
	if in.Source != "" {
		if err := checkSource(in.Source); err != nil {
			return r, err
		}
	}
	now := i.Now().UTC().Truncate(time.Microsecond)
	found, err := i.ReadDetections(in.Body, now)
	if err != nil {
		return r, fault.Wrap(fault.KindOf(err), err, "%s", in.Name)
	}
	r.Rejected, r.Ignored, r.Notes = remarks(found.Rejected), remarks(found.Ignored), []Remark{}
	list, old, err := evidenceOf(in, found.Detections, now)
	if err != nil {
		return r, err
	}
	if old > 0 {
		r.Notes = append(r.Notes, Remark{in.Name, fmt.Sprintf("%d were seen more than %.0f days ago: they are kept, and no longer count", old, twin.DetectionCounts.Hours()/24)})
	}
	if len(list) == 0 {
		return r, nil
	}
	did, err := i.Evidence.Append(ctx, list, now)
	if err != nil {
		return r, err
	}
	r.Accepted, r.Unchanged = did.Accepted, did.Unchanged
	r.Rejected = append(r.Rejected, remarks(did.Rejected)...)
	return r, nil
}

// evidenceOf writes detections as evidence, and counts those that are too old to
// count.
func evidenceOf(in DetectionInput, found []twin.Detection, now time.Time) (list []twin.Observation, old int, err error) {
	for _, d := range found {
		var body bytes.Buffer
		if err := json.NewEncoder(&body).Encode(d); err != nil {
			return nil, 0, fmt.Errorf("write a detection: %w", err)
		}
		if !d.Last.Add(twin.DetectionCounts).After(now) {
			old++
		}
		list = append(list, twin.Observation{
			Source: cmp.Or(in.Source, d.Tool), Scope: cmp.Or(in.Environment, twin.ScopeAnywhere), Kind: twin.Delta, Class: twin.Detected,
			Media: twin.MediaDetection, Subject: twin.DetectionSubject(d.Key()), ObservedAt: d.Last, Hash: twin.HashBytes(body.Bytes()), Body: body.Bytes(),
		})
	}
	return list, old, nil
}
