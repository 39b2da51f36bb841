package host

import (
	"context"
	"fmt"
	"time"

	"github.com/tidemark/tidemark/internal/demo"
	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/intel"
	"github.com/tidemark/tidemark/internal/twin"
)

type demoEvidence struct{ in *discover.Ingest }

// SBOMs gives documents one by one, as many commands would, and stores them in
// one commit.
func (e demoEvidence) SBOMs(ctx context.Context, list []demo.SBOM) error {
	held := &heldEvidence{Evidence: e.in.Evidence}
	in := *e.in
	in.Evidence = held
	for _, d := range list {
		if _, err := in.IngestSBOM(ctx, discover.SBOMInput{Name: d.Name, Body: d.Body, Artifact: d.Artifact}); err != nil {
			return err
		}
	}
	did, err := e.in.Evidence.Append(ctx, held.list, in.Now())
	if err == nil && len(did.Rejected) > 0 {
		return fmt.Errorf("%s: %s", did.Rejected[0].Where, did.Rejected[0].Reason)
	}
	return err
}

// heldEvidence holds back what is appended, so that it is stored together.
type heldEvidence struct {
	discover.Evidence
	list []twin.Observation
}

// Append keeps observations.
func (h *heldEvidence) Append(_ context.Context, list []twin.Observation, _ time.Time) (twin.Appended, error) {
	h.list = append(h.list, list...)
	return twin.Appended{Accepted: len(list)}, nil
}

func (e demoEvidence) Deployment(ctx context.Context, d demo.Deployment) error {
	receipts, err := e.in.IngestDeploy(ctx, discover.DeployInput{
		Paths: []string{d.File}, Environment: d.Environment, Source: d.Source, At: d.At, Every: d.Every,
	})
	for _, r := range receipts {
		if err == nil && len(r.Rejected)+len(r.Ignored) > 0 {
			err = fmt.Errorf("%s: %v %v", r.Input, r.Rejected, r.Ignored)
		}
	}
	return err
}

// Things gives what a source says of things.
func (e demoEvidence) Things(ctx context.Context, t demo.Told) error {
	r := discover.Receipt{Input: t.Source}
	err := e.in.IngestTold(ctx, &r, []discover.Told{{Source: t.Source, Scope: t.Scope, Class: t.Class, At: t.At, Every: t.Every, Things: t.Things}})
	if err == nil && len(r.Rejected) > 0 {
		err = fmt.Errorf("%s: %s", r.Rejected[0].Where, r.Rejected[0].Reason)
	}
	return err
}

type demoFeeds struct{ up *intel.Updater }

func (f demoFeeds) Update(ctx context.Context, dir string) error {
	rep, err := f.up.Update(ctx, dir, nil)
	if err == nil && len(rep.Rejections()) > 0 {
		return fmt.Errorf("%s: %s", rep.Rejections()[0].Where, rep.Rejections()[0].Reason)
	}
	return err
}
