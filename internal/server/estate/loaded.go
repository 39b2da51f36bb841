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
		if seen, err = d.Twin.LoadedOf(ctx, at, artifacts); err != nil {
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
	seen, err := p.Twin.LoadedOf(ctx, p.ask.AsOf, artifacts)
	out := map[string]string{}
	for id, list := range seen {
		out[id] = loadedWords(twin.JudgeLoaded(purl, list))
	}
	return out, err
}
