package picture

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/server/desk"
	"github.com/tidemark/tidemark/internal/server/reply"
	"github.com/tidemark/tidemark/internal/triage"
	"github.com/tidemark/tidemark/internal/twin"
)

// todayRows is how many of the most urgent exposures the first page names.
const todayRows = 5

// ownerRows bounds the deadlines by owner.
const ownerRows = 12

// Overview is the first page: what survives each gate, what is due, what
// changed, and whether it gets better.
func (d overviewing) Overview(ctx context.Context, v reply.Viewer, q api.Query) (api.Overview, error) {
	q.Limit, q.Cursor, q.Sort = 0, "", ""
	ask, err := d.ask(ctx, v, q)
	if err != nil {
		return api.Overview{}, err
	}
	doc := api.Overview{Schema: api.SchemaOverview, AsOf: ask.at.Time(), KnownAt: reply.When(ask.at.KnownAt)}
	for _, part := range []func(context.Context, *question, *api.Overview) error{
		d.bars, d.headlines, d.today, d.owners, d.direction, d.ground, d.happened,
	} {
		if err := part(ctx, ask, &doc); err != nil {
			return api.Overview{}, err
		}
	}
	all := ask.scope()
	doc.Visible = api.Visible{Products: len(all.visible(v)), Of: len(all.Products)}
	doc.State, err = d.state(ctx, ask, &doc)
	doc.Sentence = overviewSentence(&doc)
	return doc, err
}

// bars are the gates of the cascade.
func (d overviewing) bars(_ context.Context, q *question, doc *api.Overview) error {
	c, err := q.index.Cascade(q.Query)
	if err != nil {
		return err
	}
	doc.Bars = barItems(c)
	doc.ActOutside = api.Link{Count: c.ActNowOutside, Query: c.ActNowOutsideQuery}
	return nil
}

func barItems(c triage.Cascade) []api.Bar {
	out := make([]api.Bar, len(c.Bars))
	for i, b := range c.Bars {
		out[i] = api.Bar{
			Gate: strings.ToLower(b.Label), In: b.In,
			Yes: api.Link{Count: b.Yes, Query: b.Queries.Yes}, Unknown: api.Link{Count: b.Unknown, Query: b.Queries.Unknown},
			No: api.Link{Count: b.No, Query: b.Queries.No}, Through: api.Link{Count: b.Yes + b.Unknown, Query: b.Queries.Passed},
		}
	}
	return out
}

func (d overviewing) headlines(_ context.Context, q *question, doc *api.Overview) error {
	links, err := q.links("decision:act", "sla:late", "decision:watch")
	if err != nil {
		return err
	}
	doc.ActNow, doc.Late, doc.Watched = links[0], links[1], links[2]
	return nil
}

func (d overviewing) today(ctx context.Context, q *question, doc *api.Overview) (err error) {
	doc.Today, err = d.urgent(ctx, q, todayRows)
	return err
}

// urgent are the most urgent exposures of a question, of those that ask for something.
func (d *drawing) urgent(ctx context.Context, q *question, limit int) ([]api.Exposure, error) {
	ask := q.with(equal("decision", "act", "schedule"))
	ask.Limit = limit
	page, err := q.index.Find(ask)
	if err != nil {
		return nil, err
	}
	items, err := d.Rows.ListedExposures(ctx, page.Nums, q.at)
	out := make([]api.Exposure, 0, len(items))
	for i := range items {
		out = append(out, desk.ExposureItem(items[i]))
	}
	return out, err
}

func (d overviewing) owners(_ context.Context, q *question, doc *api.Overview) error {
	bars, err := q.index.Sla(q.Query)
	doc.Owners = []api.OwnerDeadlines{}
	for _, b := range bars {
		if b.Late+b.Soon+b.OnTime == 0 || len(doc.Owners) == ownerRows {
			continue
		}
		part := func(n int, sla string) api.Link {
			return api.Link{Count: n, Query: strings.TrimSpace(b.Query + " sla:" + sla)}
		}
		doc.Owners = append(doc.Owners, api.OwnerDeadlines{
			Owner: b.Owner, OnTime: part(b.OnTime, "later"), Soon: part(b.Soon, "due7"), Late: part(b.Late, "late"),
		})
	}
	return err
}

func (d overviewing) direction(ctx context.Context, q *question, doc *api.Overview) error {
	t, err := d.trendOf(ctx, q)
	doc.Trend, doc.Verdict = trendItems(t.days), verdictItem(t.verdict)
	return err
}

func (d overviewing) ground(ctx context.Context, q *question, doc *api.Overview) (err error) {
	if doc.Computed, err = d.desk.Computed(ctx); err != nil {
		return err
	}
	doc.Standing, err = d.standing(ctx, q)
	return err
}

// state says which kind of page it is: one on which there is nothing must say why.
func (d overviewing) state(ctx context.Context, q *question, doc *api.Overview) (string, error) {
	s := &doc.Standing
	sources, err := d.sources(ctx, q)
	if err != nil {
		return "", err
	}
	fresh := false
	for i := range sources {
		fresh = fresh || sources[i].Class == twin.Observed && sources[i].Freshness == twin.Fresh
	}
	switch {
	case q.index.Len() == 0 && len(sources) == 0:
		return "first-run", nil
	case len(s.Stale) > 0 && !fresh, s.Workloads > 0 && s.Covered == 0:
		return "blind", nil
	case doc.ActNow.Count == 0:
		return "done", nil
	}
	return "", nil
}

// overviewSentence says the page in words.
func overviewSentence(doc *api.Overview) string {
	act := doc.ActNow.Count
	parts := []string{reply.CountExposures(act) + " " + reply.Plural(act, "needs", "need") + " action now"}
	if act == 0 {
		parts[0] = "Nothing needs action now"
	}
	switch doc.Verdict.Word {
	case "rising", "falling", "stable":
		parts = append(parts, "the number of open exposures is "+doc.Verdict.Word)
	}
	if n := doc.Late.Count; n > 0 {
		parts = append(parts, fmt.Sprintf("%s %s late", reply.CountExposures(n), reply.Plural(n, "is", "are")))
	}
	said := strings.Join(parts, "; ") + "."
	switch doc.State {
	case "first-run":
		return "Nothing is connected yet. Send one bill of materials and say what runs, to see your first exposure."
	case "blind":
		return "We cannot say how things stand. " + doc.Standing.Sentence + " As far as is known, " + lower(said)
	case "done":
		return said + fmt.Sprintf(" %s %s watched.", reply.CountExposures(doc.Watched.Count), reply.Plural(doc.Watched.Count, "is", "are"))
	}
	return said
}

func lower(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// changesBack is how far back the first page looks for changes.
const changesBack = 7 * 24 * time.Hour

// maxChanges bounds the changes of the first page.
const maxChanges = 12

// happened are the changes of the last days: in the world, in the list, and of
// those who tell us.
func (d overviewing) happened(ctx context.Context, q *question, doc *api.Overview) error {
	end := q.at.Time()
	kinds := []advisory.NewsKind{advisory.NewsKEV, advisory.NewsWithdrawn, advisory.NewsEPSS}
	news, err := d.news(ctx, q, newsAsk{from: end.Add(-changesBack), kinds: kinds, most: maxChanges})
	if err != nil {
		return err
	}
	sums, err := sums(q, end)
	if err != nil {
		return err
	}
	silent, err := d.silent(ctx, q)
	if err != nil {
		return err
	}
	doc.Changes = append(append([]api.Change{}, silent...), sums...)
	doc.Changes = append(doc.Changes, news...)
	doc.Changes = doc.Changes[:min(len(doc.Changes), maxChanges)]
	return nil
}

// sums are the numbers of what opened, was fixed and came back.
func sums(q *question, end time.Time) ([]api.Change, error) {
	since := end.Add(-changesBack).UTC().Format(time.DateOnly)
	kinds := []struct{ kind, query, one, many string }{
		{"opened", "first:>=" + since, "was found", "were found"},
		{"fixed", "is:fixed since:>=" + since, "was fixed, by evidence", "were fixed, by evidence"},
		{"regressed", "is:regressed since:>=" + since, "came back after a fix", "came back after a fix"},
	}
	queries := make([]string, len(kinds))
	for i, k := range kinds {
		queries[i] = k.query
	}
	links, err := q.links(queries...)
	out := []api.Change{}
	for i, l := range links {
		if l.Count > 0 {
			out = append(out, api.Change{
				At: end, Kind: kinds[i].kind, Subject: kinds[i].kind, Touches: l,
				Sentence: reply.CountExposures(l.Count) + " " + reply.Plural(l.Count, kinds[i].one, kinds[i].many) + " since " + since,
			})
		}
	}
	return out, err
}

// silent are the run-time sources that were not heard for too long.
func (d overviewing) silent(ctx context.Context, q *question) ([]api.Change, error) {
	sources, err := d.sources(ctx, q)
	if err != nil {
		return nil, err
	}
	var list []ctem.Source
	var queries []string
	for i := range sources {
		if sources[i].Class == twin.Observed && sources[i].Freshness != twin.Fresh {
			list = append(list, sources[i])
			queries = append(queries, words("source", sources[i].Source)+" fresh:stale,unknown")
		}
	}
	links, err := q.links(queries...)
	out := []api.Change{}
	for i, l := range links {
		s := &list[i]
		out = append(out, api.Change{
			At: s.Seen, Kind: "source", Subject: s.Source, Touches: l,
			Sentence: fmt.Sprintf("%s (%s) was last heard %s ago", s.Source, s.Scope, ago(q.at.Time(), &s.Seen)),
		})
	}
	return out, err
}
