package kube

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/cmd/tidemark/output"
	"github.com/tidemark/tidemark/cmd/tidemark/remote"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/server/reply"
)

// The server is asked every pause; what does not go on for quiet is explained
// once.
const (
	pause = 2 * time.Second
	quiet = 15 // pauses
)

// asking is what progress is read from: a server, as a client of it.
type asking interface {
	Workloads(ctx context.Context, q api.Query) (api.List[api.Workload], error)
	Exposures(ctx context.Context, q api.Query) (api.List[api.Exposure], error)
	TwinCoverage(ctx context.Context, m api.Moment) (api.TwinCoverage, error)
	FirstRun(ctx context.Context) (api.FirstRun, error)
}

// progress says how much of a cluster is known, each time when that changes, until
// all of it is.
type progress struct {
	to              asking
	cluster, server string
	say             func(format string, args ...any)
	pause           time.Duration

	was   reached
	still int  // pauses without a change
	why   bool // it was said what is missing
	short string
}

// reached is how far it is.
type reached struct{ workloads, known, exposures int }

// run asks until all is known, or ctx ends.
func (p *progress) run(ctx context.Context) {
	began := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(p.pause):
		}
		now, err := p.ask(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			p.trouble(err)
			continue
		}
		p.short = ""
		if p.tell(now, time.Since(began).Round(time.Second)) {
			return
		}
		p.stuck(ctx, now)
	}
}

// trouble says once what stands in the way of asking.
func (p *progress) trouble(err error) {
	err = remote.Fault(err)
	text := fault.Mask(err.Error())
	if text == p.short {
		return
	}
	p.short = text
	p.say("how far it is cannot be asked now: %s", output.Plain(text))
	if hint := fault.HintOf(err); hint != "" {
		p.say("  what to do: %s", hint)
	}
}

func (p *progress) source() string { return "source:kube/" + p.cluster }

func (p *progress) ask(ctx context.Context) (now reached, err error) {
	count := func(into *int, query string) {
		if err != nil {
			return
		}
		var list api.List[api.Workload]
		if list, err = p.to.Workloads(ctx, api.Query{Query: query, Limit: 1}); err == nil {
			*into = list.Total
		}
	}
	count(&now.workloads, p.source())
	count(&now.known, p.source()+" sbom:yes")
	if err != nil {
		return now, err
	}
	found, err := p.to.Exposures(ctx, api.Query{Query: p.source(), Limit: 1})
	now.exposures = found.Total
	return now, err
}

// tell says what has changed, and whether all is known.
func (p *progress) tell(now reached, after time.Duration) (all bool) {
	was := p.was
	if now == was {
		p.still++
		return false
	}
	p.was, p.still = now, 0
	p.say("%s: %s in the twin, the contents of %d known, %s", after, reply.Counted(now.workloads, "workload", "workloads"), now.known, reply.Counted(now.exposures, "exposure", "exposures"))
	if was.exposures == 0 && now.exposures > 0 {
		p.say("  the first are there: tidemark exposures list -q %s", p.source())
		p.say("  %s/exposures?q=%s", strings.TrimSuffix(fault.Mask(p.server), "/"), url.QueryEscape(p.source()))
	}
	if now.workloads == 0 || now.known < now.workloads {
		return false
	}
	p.say("  the contents of all of them are known; the agent goes on and tells what changes")
	return true
}

// stuck says once why it does not go on.
func (p *progress) stuck(ctx context.Context, now reached) {
	if p.still < quiet || p.why {
		return
	}
	doc, err := p.to.TwinCoverage(ctx, api.Moment{})
	if err != nil {
		p.trouble(err)
		return
	}
	p.why = true
	if now.workloads == 0 {
		p.unseen(doc.Sources)
		return
	}
	lines, err := p.reasons(ctx, doc.Sources)
	if err != nil {
		p.trouble(err)
		return
	}
	p.say("of %d of %s nobody says what is in them:", now.workloads-now.known, reply.Counted(now.workloads, "workload", "workloads"))
	for _, line := range lines {
		p.say("  %s", line)
	}
}

// unseen says why nothing of the cluster is there.
func (p *progress) unseen(sources []api.SourceCoverage) {
	at := slices.IndexFunc(sources, func(s api.SourceCoverage) bool { return s.Source == "kube/"+p.cluster })
	if at < 0 {
		p.say("nothing of the cluster has come to the server yet: what the agent says above tells why")
		return
	}
	list := troubles(&sources[at])
	if len(list) == 0 {
		p.say("the cluster was heard, and nothing runs in it")
		return
	}
	p.say("the cluster was heard, and not all of it may be read:")
	for _, line := range shortened(list) {
		p.say("  %s", line)
	}
	p.say("  what to do: use an account that may get, list and watch these; --manifest prints one with exactly these rights (docs/agents.md)")
}

// troubles are what a source says that it cannot see.
func troubles(s *api.SourceCoverage) (out []string) {
	for _, t := range s.Trouble {
		out = append(out, output.Plain(fmt.Sprintf("%s: %s: %s", s.Source, t.Where, t.Reason)))
	}
	return out
}

// mostReasons is how many are shown.
const mostReasons = 5

func shortened(list []string) []string {
	if len(list) <= mostReasons {
		return list
	}
	return append(list[:mostReasons:mostReasons], fmt.Sprintf("… and %d more: tidemark twin coverage", len(list)-mostReasons))
}

// reasons are why contents are not known.
func (p *progress) reasons(ctx context.Context, sources []api.SourceCoverage) (out []string, err error) {
	asked := false
	for i := range sources {
		if s := &sources[i]; s.Kind == "registry" {
			asked = true
			out = append(out, troubles(s)...)
		}
	}
	out = shortened(out)
	switch {
	case !asked:
		out = append(out, "this server asks no registry: tidemark serve --registry HOST lets it look at the images that run (docs/registry.md)")
	case len(out) == 0:
		out = append(out, "the registries are still being asked")
	}
	out = append(out, "an SBOM that you have: tidemark ingest sbom FILE --artifact IMAGE@DIGEST")
	first, err := p.to.FirstRun(ctx)
	if err != nil {
		return nil, err
	}
	for _, step := range first.Steps {
		if step.Step == "intel" && !step.Done {
			out = append(out, "and no intel is loaded, so that nothing can be found: tidemark intel update")
		}
	}
	return out, nil
}
