package estate

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/lineage"
	"github.com/tidemark/tidemark/internal/server/reply"
	"github.com/tidemark/tidemark/internal/twin"
)

// The bounds of the coverage page.
const (
	coverageDays   = 14
	maxScopesShown = 50
)

// TwinCoverage says what the twin rests on: what each source sees, when it last did,
// and what that leaves unknown; and of how many workloads what is known.
func (d placing) TwinCoverage(ctx context.Context, m api.Moment) (api.TwinCoverage, error) {
	at := d.Time(m)
	doc := api.TwinCoverage{
		Schema: api.SchemaTwinCoverage, AsOf: at.Time(), KnownAt: reply.When(at.KnownAt), Measures: []api.CoveredBy{}, Sources: []api.SourceCoverage{}, Missing: []api.MissingSource{},
	}
	var err error
	if doc.Computed, err = d.Computed(ctx); err != nil {
		return doc, err
	}
	page, err := d.Estate.Workloads(ctx, d.Asks(at))
	if err != nil {
		return doc, err
	}
	c := covering{at: at.Time(), list: page.Items, doc: &doc}
	doc.Workloads = len(page.Items)
	doc.Measures = c.measures()
	all, err := d.Estate.Sources(ctx, at)
	if err != nil {
		return doc, err
	}
	if d.Viewer.Narrow() {
		all = SourcesOf(all, page.Items)
	}
	lives, err := d.Twin.SourceLives(ctx, at, at.Time().AddDate(0, 0, -coverageDays))
	if err != nil {
		return doc, err
	}
	c.sources(all, lives, d.Viewer.Narrow())
	c.missing()
	doc.Sentence = c.sentence()
	return doc, nil
}

// covering is a coverage page on its way.
type covering struct {
	at   time.Time
	list []ctem.Workload
	doc  *api.TwinCoverage
}

// measures counts workloads by what is known of them.
func (c *covering) measures() []api.CoveredBy {
	part := func(read func(*ctem.Workload) ctem.Part) func(*ctem.Workload) string {
		return func(w *ctem.Workload) string { return string(read(w)) }
	}
	return []api.CoveredBy{
		c.measure("sbom", "with an SBOM of every image", "sbom:", part(func(w *ctem.Workload) ctem.Part { return w.SBOM })),
		c.measure("provenance", "with a build or attestation of every image", "provenance:", part(func(w *ctem.Workload) ctem.Part { return w.Provenance })),
		c.measure("runtime", "with fresh run-time evidence", "running:", func(w *ctem.Workload) string { return string(w.Running) }),
		c.owned(),
	}
}

func (c *covering) measure(what, title, key string, read func(*ctem.Workload) string) api.CoveredBy {
	out := api.CoveredBy{What: what, Title: title}
	for word, link := range map[string]*api.Link{"yes": &out.Yes, "partial": &out.Partial, "no": &out.No, "unknown": &out.Unknown} {
		link.Query = key + word
	}
	for i := range c.list {
		switch read(&c.list[i]) {
		case "yes":
			out.Yes.Count++
		case "partial":
			out.Partial.Count++
		case "no":
			out.No.Count++
		default:
			out.Unknown.Count++
		}
	}
	return out
}

func (c *covering) owned() api.CoveredBy {
	out := c.measure("owner", "with an owner", "owner:", func(w *ctem.Workload) string {
		if w.Owner == "" {
			return "no"
		}
		return "yes"
	})
	out.Yes.Query, out.No.Query, out.Partial.Query, out.Unknown.Query = "owner:*", "owner:none", "", ""
	return out
}

// sources tells each source over all its scopes, the stalest first.
func (c *covering) sources(all []ctem.Source, lives map[string]*ctem.SourceLife, narrow bool) {
	byName := map[string][]ctem.Source{}
	for _, s := range all {
		byName[s.Source] = append(byName[s.Source], s)
	}
	places := map[[2]string]int{}
	workloads := map[string]int{}
	for i := range c.list {
		for _, s := range c.list[i].Sources {
			workloads[s]++
			places[[2]string{s, c.list[i].Environment}]++
		}
	}
	for _, name := range reply.SortedKeys(byName) {
		life := lives[name]
		if life == nil || narrow { // what it speaks of, and what was refused, is more than a part of the estate
			life = &ctem.SourceLife{Kinds: map[string]int{}, Stretches: stretchesOf(life)}
		}
		c.doc.Sources = append(c.doc.Sources, c.source(name, byName[name], life, func(scope string) int { return places[[2]string{name, scope}] }))
		last := &c.doc.Sources[len(c.doc.Sources)-1]
		last.Workloads = api.Link{Count: workloads[name], Query: "source:" + quoted(name)}
		last.Effects = c.effects(last, byName[name])
	}
	rank := []string{string(twin.Lapsed), string(twin.Stale), string(twin.Fresh)}
	slices.SortStableFunc(c.doc.Sources, func(a, b api.SourceCoverage) int {
		return cmp.Compare(slices.Index(rank, a.Freshness), slices.Index(rank, b.Freshness))
	})
}

func stretchesOf(l *ctem.SourceLife) []twin.Coverage {
	if l == nil {
		return nil
	}
	return l.Stretches
}

func quoted(s string) string {
	if strings.ContainsAny(s, " ,\"\\:") {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
	}
	return s
}

func (c *covering) source(name string, scopes []ctem.Source, life *ctem.SourceLife, workloads func(scope string) int) api.SourceCoverage {
	kind := lineage.SourceKind(name, scopes)
	out := api.SourceCoverage{
		Source: name, Kind: kind, Classes: []string{}, Scopes: []api.ScopeSeen{}, Sees: []api.Kind{}, CanSee: lineage.CanSee(kind), Unknown: []string{},
		Freshness: string(twin.Fresh), Timeline: []api.SourceSpan{}, Rejected: rejections(life.Rejected), Trouble: rejections(life.Trouble),
		LeftOut: leftOut(life.Left),
	}
	var newest time.Time
	for _, s := range scopes {
		if !slices.Contains(out.Classes, string(s.Class)) {
			out.Classes = append(out.Classes, string(s.Class))
		}
		out.Freshness = worse(out.Freshness, string(s.Freshness), string(twin.Lapsed), string(twin.Stale), string(twin.Fresh))
		out.Refused, out.Unread = out.Refused+s.Rejected, out.Unread+s.Quarantined
		if s.Seen.After(newest) {
			newest = s.Seen
		}
		if s.Class == twin.Observed {
			out.Every = int64(s.Interval().Seconds())
		}
		out.Scopes = append(out.Scopes, api.ScopeSeen{Scope: s.Scope, Class: string(s.Class), Freshness: string(s.Freshness), SeenAt: reply.When(s.Seen), Workloads: workloads(s.Scope)})
		if s.Class == twin.Observed && s.Freshness != twin.Fresh {
			out.Unknown = append(out.Unknown, fmt.Sprintf("whether %s in %s still run: nothing was heard for %s", reply.Counted(workloads(s.Scope), "workload", "workloads"), s.Scope, ageWords(c.at.Sub(s.Seen))))
		}
	}
	slices.SortStableFunc(out.Scopes, func(a, b api.ScopeSeen) int { return a.SeenAt.Compare(*b.SeenAt) })
	out.More = max(0, len(out.Scopes)-maxScopesShown)
	out.Scopes = out.Scopes[:len(out.Scopes)-out.More]
	out.SeenAt = reply.When(newest)
	for _, k := range reply.SortedKeys(life.Kinds) {
		out.Sees = append(out.Sees, api.Kind{Kind: k, Count: life.Kinds[k]})
	}
	for _, x := range life.Trouble {
		out.Unknown = append(out.Unknown, x.Where+": "+x.Reason)
	}
	out.Timeline = c.timeline(life.Stretches)
	return out
}

func leftOut(list []twin.LeftOut) []api.LeftOut {
	out := []api.LeftOut{}
	for _, x := range list {
		out = append(out, api.LeftOut{Reason: x.Reason, Count: x.Count, Since: reply.When(x.Since), SeenAt: reply.When(x.Seen)})
	}
	return out
}

func rejections(list []twin.Rejection) []api.Rejection {
	out := []api.Rejection{}
	for _, x := range list {
		out = append(out, api.Rejection{Where: x.Where, Reason: x.Reason})
	}
	return out
}

// ageWords says a length of time for people.
func ageWords(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d hours", d/time.Hour)
	}
	return fmt.Sprintf("%d minutes", d/time.Minute)
}

// timeline is the last days of a source: ok while it gave signs of life, late until
// what it says is stale, then none. A source of which nothing ages is ok from when it
// first spoke.
func (c *covering) timeline(stretches []twin.Coverage) []api.SourceSpan {
	from := c.at.AddDate(0, 0, -coverageDays)
	out := []api.SourceSpan{}
	at := from
	add := func(to time.Time, state string) {
		if to.After(c.at) {
			to = c.at
		}
		if !to.After(at) {
			return
		}
		if n := len(out); n > 0 && out[n-1].State == state {
			out[n-1].To = to
		} else {
			out = append(out, api.SourceSpan{From: at, To: to, State: state})
		}
		at = to
	}
	list := slices.Clone(stretches)
	slices.SortStableFunc(list, func(a, b twin.Coverage) int { return a.Since.Compare(b.Since) })
	for i := range list {
		s := &list[i]
		add(s.Since, "none")
		if s.Class != twin.Observed {
			add(c.at, "ok")
			continue
		}
		add(s.Seen.Add(s.Interval()), "ok")
		add(s.Seen.Add(twin.StaleAfter*s.Interval()), "late")
	}
	add(c.at, "none")
	return out
}

// effects are what happens if the source stays silent.
func (c *covering) effects(x *api.SourceCoverage, scopes []ctem.Source) []api.StaleEffect {
	out := []api.StaleEffect{}
	var first *ctem.Source
	for i := range scopes {
		if s := &scopes[i]; s.Class == twin.Observed && s.Freshness != twin.Lapsed && (first == nil || s.Seen.Before(first.Seen)) {
			first = s
		}
	}
	if first == nil || x.Workloads.Count == 0 {
		return out
	}
	if first.Freshness == twin.Fresh {
		says := fmt.Sprintf("%s: whether it runs is unknown from then on", reply.Counted(x.Workloads.Count, "workload", "workloads"))
		out = append(out, api.StaleEffect{At: first.Seen.Add(twin.StaleAfter * first.Interval()), Word: string(twin.Stale), Says: says})
	}
	return append(out, api.StaleEffect{
		At: first.Seen.Add(twin.LapseAfter * first.Interval()), Word: string(twin.Lapsed), Says: "what it said counts no more; nothing is taken for gone",
	})
}

// missing names the kinds of sources of which there is none.
func (c *covering) missing() {
	have := map[string]bool{}
	for i := range c.doc.Sources {
		s := &c.doc.Sources[i]
		have[s.Kind] = true
		for _, k := range s.Sees {
			have[k.Kind] = true
		}
	}
	for _, m := range []struct {
		instead []string // any of these will do
		api.MissingSource
	}{
		{[]string{"kube"}, api.MissingSource{Kind: "kube", Unknown: "what runs in clusters, and which doors lead to it", Connect: "tidemark connect kube"}},
		{[]string{"host", kindHost}, api.MissingSource{Kind: "host", Unknown: "what is loaded at run time, and what listens on machines", Connect: "tidemark-agent host"}},
		{[]string{"ci", "github", "gitlab", twin.KindBuild, twin.KindAttestation}, api.MissingSource{Kind: "ci", Unknown: "which commit and which build what runs comes from", Connect: "tidemark ingest attestation, tidemark ingest ci"}},
		{[]string{"registry", twin.KindTag}, api.MissingSource{Kind: "registry", Unknown: "whether tags have moved, and what images are based on", Connect: "tidemark serve with registries configured"}},
		{[]string{"otlp", "hubble", twin.KindFlow}, api.MissingSource{Kind: "otlp", Unknown: "who talks to whom", Connect: "tidemark ingest flows, or an OTLP exporter"}},
		{[]string{"github", "gitlab", twin.KindRepository}, api.MissingSource{Kind: "github", Unknown: "whose code it is, by CODEOWNERS", Connect: "tidemark connect github"}},
	} {
		if !slices.ContainsFunc(m.instead, func(k string) bool { return have[k] }) {
			c.doc.Missing = append(c.doc.Missing, m.MissingSource)
		}
	}
}

// sentence is the answer as a person would say it.
func (c *covering) sentence() string {
	fresh := 0
	for i := range c.doc.Sources {
		if c.doc.Sources[i].Freshness == string(twin.Fresh) {
			fresh++
		}
	}
	if len(c.doc.Sources) == 0 {
		return "No source has given evidence: nothing is known."
	}
	parts := []string{fmt.Sprintf("%d of %s fresh", fresh, reply.Counted(len(c.doc.Sources), "source is", "sources are"))}
	for _, m := range c.doc.Measures {
		parts = append(parts, fmt.Sprintf("%d of %d workloads %s", m.Yes.Count, c.doc.Workloads, m.Title))
	}
	return strings.Join(parts, "; ") + "."
}
