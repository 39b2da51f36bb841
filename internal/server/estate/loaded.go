package estate

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/server/reply"
	"github.com/tidemark/tidemark/internal/twin"
)

// Running gives what is loaded of artifacts where they run.
type Running interface {
	LoadedOf(ctx context.Context, at ctem.AsOf, artifacts []string) (map[string][]twin.SeenLoaded, error)
}

// loadedOf is what sources saw loaded of artifacts. Who sees a part of the estate is
// not told which host it was: an image that several products share runs on hosts of
// others too.
func (d *base) loadedOf(ctx context.Context, at ctem.AsOf, artifacts []string) (map[string][]twin.SeenLoaded, error) {
	seen, err := d.Twin.LoadedOf(ctx, at, artifacts)
	if err != nil || !d.Viewer.Narrow() {
		return seen, err
	}
	for _, list := range seen {
		for i := range list {
			list[i].Source, _, _ = strings.Cut(list[i].Source, "/")
		}
	}
	return seen, nil
}

// Loaded says of each instance of an exposure whether its component is loaded, and
// of all of them together. It decides nothing.
func (d seeing) Loaded(ctx context.Context, e *ctem.Exposure, at ctem.AsOf) (all api.Loaded, each []api.Loaded, err error) {
	var artifacts []string
	for i := range e.Instances {
		if id := e.Instances[i].Artifact; !slices.Contains(artifacts, id) {
			artifacts = append(artifacts, id)
		}
	}
	seen := map[string][]twin.SeenLoaded{}
	if len(artifacts) > 0 && d.Twin != nil {
		if seen, err = d.loadedOf(ctx, at, artifacts); err != nil {
			return all, nil, err
		}
	}
	verdicts := make([]twin.LoadedVerdict, 0, len(e.Instances))
	for i := range e.Instances {
		in := &e.Instances[i]
		v := twin.JudgeLoaded(in.Purl, seen[in.Artifact])
		verdicts = append(verdicts, v)
		each = append(each, loadedItem(v))
	}
	return loadedItem(twin.JoinLoaded(verdicts)), each, nil
}

func loadedItem(v twin.LoadedVerdict) api.Loaded {
	out := api.Loaded{Answer: string(v.Answer), Reason: v.Reason, How: v.How, By: reply.List(v.By), OnlyMemory: v.Old, Source: v.Source}
	if v.Source != "" {
		out.From, out.To = reply.When(v.From), reply.When(v.To)
		out.Window = max(0, int64(v.To.Sub(v.From)/time.Second))
	}
	return out
}

// loadedWords say the same in a line; "" where nobody watches.
func loadedWords(v twin.LoadedVerdict) string {
	if v.Source == "" {
		return ""
	}
	word := map[twin.LoadedAnswer]string{twin.LoadedYes: "loaded", twin.LoadedNotSeen: "not seen loaded", twin.LoadedUnclear: "loaded: unknown"}[v.Answer]
	return strings.Join([]string{word, v.Reason, "says " + v.Source}, "; ")
}

// loadedIn says of artifacts whether a component is loaded where they run.
func (p *pageOf) loadedIn(ctx context.Context, purl string, artifacts []string) (map[string]string, error) {
	seen, err := p.loadedOf(ctx, p.ask.AsOf, artifacts)
	out := map[string]string{}
	for id, list := range seen {
		out[id] = loadedWords(twin.JudgeLoaded(purl, list))
	}
	return out, err
}

// maxPartsShown bounds what a page tells of what is loaded of one artifact.
const maxPartsShown = 300

// watched fills in what agents see loaded of an artifact, or of those that a workload runs.
func (p *pageOf) watched(ctx context.Context) error {
	var ids []string
	if p.end.Kind == twin.KindArtifact {
		ids = []string{p.end.Name}
	}
	for _, g := range p.doc.Edges {
		for _, e := range g.Items {
			if p.doc.Workload != nil && e.Kind == twin.KindArtifact && e.Rel == string(twin.RelRuns) && !e.Incoming {
				ids = append(ids, e.Name)
			}
		}
	}
	if len(ids) == 0 {
		return nil
	}
	seen, err := p.loadedOf(ctx, p.ask.AsOf, ids)
	for _, id := range ids {
		for i := range seen[id] {
			p.doc.Loaded = append(p.doc.Loaded, loadedIn(id, &seen[id][i]))
		}
	}
	return err
}

func loadedIn(id string, s *twin.SeenLoaded) api.LoadedIn {
	parts := s.Parts()
	out := api.LoadedIn{
		Artifact: id, Source: s.Source, Freshness: string(s.Freshness), From: reply.When(s.From()), To: reply.When(s.Seen), Window: max(0, int64(s.Seen.Sub(s.From())/time.Second)),
		Parts: []api.LoadedPart{}, More: s.Spec.More + max(0, len(parts)-maxPartsShown),
	}
	for i, x := range parts {
		switch x.Answer {
		case twin.LoadedYes:
			out.Loaded++
		case twin.LoadedNotSeen:
			out.NotSeen++
		case twin.LoadedUnclear:
			out.Unknown++
		}
		if i < maxPartsShown {
			out.Parts = append(out.Parts, api.LoadedPart{Purl: x.Purl, Answer: string(x.Answer), Reason: x.Reason, OnlyMemory: x.Old})
		}
	}
	return out
}
