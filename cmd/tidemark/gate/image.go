package gate

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/intel"
	"github.com/tidemark/tidemark/internal/match"
	"github.com/tidemark/tidemark/internal/server/desk"
	"github.com/tidemark/tidemark/internal/twin"
)

// Store is what judging an image asks of a store.
type Store interface {
	Facts
	Contents
	Feeds
}

// Contents is what images are made of.
type Contents interface {
	Artifacts(ctx context.Context, ids []string) (map[string]twin.Artifact, error)
	Components(ctx context.Context, ids []int64) (map[int64]twin.Component, error)
}

// Feeds is what the feeds say of packages, and of which releases they speak.
type Feeds interface {
	RecordsFor(ctx context.Context, keys []advisory.PackageKey) ([]advisory.Record, error)
	Feeds(ctx context.Context) ([]advisory.Feed, error)
	Releases(ctx context.Context) (map[string][]string, error)
}

// Facts are what a store knows under the names of weaknesses.
type Facts interface {
	Signals(ctx context.Context, names []string) (map[string]advisory.Signal, error)
	SeverityOf(ctx context.Context, names []string) (map[string][]advisory.Severity, error)
}

// Images judges images that were built by what a store knows of them: as if
// they ran at a place, whether they run anywhere or not.
type Images struct {
	Store Store
	Estate
	Now func() time.Time
}

// JudgeImage is the verdict on one image. What is not known is no error: then
// the gate cannot decide.
func (im Images) JudgeImage(ctx context.Context, ask api.ImageAsk) (out api.Gate, err error) {
	if ask.Image == "" || ask.Environment == "" {
		return out, fault.New(fault.Invalid, "an image is judged for an environment").WithHint("name the image by its digest, and the environment that it goes to")
	}
	if len(ask.FailOn) == 0 {
		ask.FailOn = []string{"act"}
	}
	conditions, err := ParseConditions(ask.FailOn)
	if err != nil {
		return out, err
	}
	now := im.Now()
	doc, why, err := im.document(ctx, ask.Image, now)
	if err != nil {
		return out, err
	}
	if why != nil {
		return cannotDecide(ask, *why, now), nil
	}
	known, err := im.knowledge(ctx, doc)
	if err != nil {
		return out, err
	}
	j := Judge{Knowledge: known, Now: now, Conditions: conditions}
	spot := Spot{Service: ask.Service, Environment: ask.Environment}
	if j.Place, j.Ruled, err = spot.Ask(ctx, im.Estate); err != nil {
		return out, err
	}
	j.Place.Environment, j.Place.Running = ask.Environment, ctem.Yes // as if it ran there
	out, err = j.Verdict(ctx, doc, 0)
	out.FailOn = ask.FailOn
	return out, err
}

// digestOf is the digest in the name of an image; "" when it has none.
func digestOf(image string) string {
	if i := strings.LastIndexByte(image, '@'); i >= 0 {
		image = image[i+1:]
	}
	if !strings.HasPrefix(image, "sha256:") && !strings.HasPrefix(image, "sha512:") {
		return ""
	}
	return image
}

// document is what the image is made of, or why that is not known.
func (im Images) document(ctx context.Context, image string, now time.Time) (d Document, why *api.Undecided, err error) {
	digest := digestOf(image)
	if digest == "" {
		return d, &api.Undecided{Component: image, Reason: "no-digest", Detail: "it is named without a digest, and its tag may stand for another image tomorrow"}, nil
	}
	found, err := im.Store.Artifacts(ctx, []string{digest})
	if err != nil {
		return d, nil, err
	}
	a, ok := found[digest]
	if !ok {
		return d, &api.Undecided{Component: image, Reason: "unknown-image", Detail: "nothing is known of this image"}, nil
	}
	ids := contentsAt(a.Contents, now)
	if ids == nil {
		return d, &api.Undecided{Component: image, Reason: "no-sbom", Detail: "no bill of materials of this image was given"}, nil
	}
	parts, err := im.Store.Components(ctx, ids)
	if err != nil {
		return d, nil, err
	}
	d.Name = image
	for _, id := range ids {
		d.SBOM.Components = append(d.SBOM.Components, parts[id])
	}
	return d, nil, nil
}

// contentsAt are those of the newest SBOM; of several at one time the last.
func contentsAt(list []twin.Contents, now time.Time) []int64 {
	var ids []int64
	for i, c := range list {
		if i == 0 || !c.From.After(now) {
			ids = append([]int64{}, c.Components...)
		}
	}
	return ids
}

// knowledge is what the store's feeds say of a document's packages.
func (im Images) knowledge(ctx context.Context, d Document) (*Knowledge, error) {
	wanted, _ := packagesOf([]Document{d})
	keys := make([]advisory.PackageKey, 0, len(wanted))
	for k := range wanted {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b advisory.PackageKey) int {
		return cmp.Or(cmp.Compare(a.Ecosystem, b.Ecosystem), cmp.Compare(a.Name, b.Name))
	})
	list, err := im.Store.RecordsFor(ctx, keys)
	if err != nil {
		return nil, err
	}
	feeds, err := im.Store.Feeds(ctx)
	if err != nil {
		return nil, err
	}
	records := make([]*advisory.Record, len(list))
	for i := range list {
		records[i] = &list[i]
	}
	releases, err := im.Store.Releases(ctx)
	if err != nil {
		return nil, err
	}
	ix := match.NewMapIndex(records, ecosystemsOf(feeds))
	ix.Knows(releases)
	return &Knowledge{Intelligence: &intel.Intelligence{Feeds: feeds}, index: ix, store: im.Store}, nil
}

// cannotDecide is the verdict on an image of which nothing can be said.
func cannotDecide(ask api.ImageAsk, why api.Undecided, now time.Time) api.Gate {
	return api.Gate{
		Schema: api.SchemaGate, AsOf: now, Verdict: "unknown", Sentence: "GATE UNKNOWN: " + ask.Image + ": " + why.Detail, FailOn: ask.FailOn,
		Failed: []api.GateItem{}, Suppressed: []api.GateItem{}, Known: []api.GateItem{}, Vanished: []api.Vanished{},
		Undecided: []api.Undecided{why}, Feeds: desk.FeedItems(nil), Inputs: []api.ScannedInput{}, Skipped: []api.RejectedInput{},
	}
}
