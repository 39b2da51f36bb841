package picture

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/server/reply"
)

// newsBack is how far back the page of news goes, and newsEach how many of each
// kind it reads.
const (
	newsBack = 90 * 24 * time.Hour
	newsEach = 500
)

type newsAsk struct {
	from  time.Time
	all   bool                // also what touches nothing
	kinds []advisory.NewsKind // nil: every kind
	most  int                 // 0: as many as there are
}

// newsAtOnce is how many pieces of news are counted together: who asks for a few
// does not wait for all.
const newsAtOnce = 64

// News is what changed in the world, newest first.
func (d overviewing) News(ctx context.Context, v reply.Viewer, q api.Query, all bool) (api.List[api.Change], error) {
	out, err := envelope[api.Change](ctx, d.drawing, q, api.SchemaIntelNews)
	if err != nil {
		return out, err
	}
	page := q
	q.Cursor, q.Limit, q.Sort = "", 0, ""
	ask, err := d.ask(ctx, v, q)
	if err != nil {
		return out, err
	}
	list, err := d.news(ctx, ask, newsAsk{from: ask.at.Time().Add(-newsBack), all: all})
	if err != nil {
		return out, err
	}
	return out, cut(&out, list, page)
}

// news counts for each piece of news the live exposures that it touches.
func (d overviewing) news(ctx context.Context, q *question, ask newsAsk) ([]api.Change, error) {
	end := q.at.Time()
	key := fmt.Sprint("news ", momentKey(q.at), end.Sub(ask.from).Round(time.Hour))
	read, err := keep(d.kept, key, d.ageOf(q, time.Minute), func() ([]advisory.News, error) {
		return d.World.News(context.WithoutCancel(ctx), ask.from, end, newsEach)
	})
	if err != nil {
		return nil, err
	}
	var list []advisory.News
	for _, n := range read {
		if (ask.all || q.known(n.Name)) && (ask.kinds == nil || slices.Contains(ask.kinds, n.Kind)) {
			list = append(list, n)
		}
	}
	out := []api.Change{}
	for part := range slices.Chunk(list, newsAtOnce) {
		more, err := d.touching(ctx, q, part, ask.all)
		if err != nil {
			return nil, err
		}
		if out = append(out, more...); ask.most > 0 && len(out) >= ask.most {
			return out[:ask.most], nil
		}
	}
	return out, nil
}

// touching are pieces of news with what they touch.
func (d overviewing) touching(ctx context.Context, q *question, list []advisory.News, all bool) ([]api.Change, error) {
	queries := make([]string, len(list))
	var names []string
	for i, n := range list {
		queries[i] = words("weakness", n.Name)
		if n.Kind == advisory.NewsWithdrawn {
			queries[i] += " is:withdrawn"
		}
	}
	links, err := q.links(queries...)
	if err != nil {
		return nil, err
	}
	for i, n := range list {
		if (all || links[i].Count > 0) && (n.Kind == advisory.NewsPublished || n.Kind == advisory.NewsWithdrawn || n.Title == "") {
			names = append(names, n.Name)
		}
	}
	titles, err := d.titles(ctx, names)
	if err != nil {
		return nil, err
	}
	var out []api.Change
	for i, l := range links {
		if l.Count == 0 && !all {
			continue
		}
		n := list[i]
		if n.Title == "" {
			n.Title = titles[n.Name]
		}
		out = append(out, api.Change{At: n.At, Kind: string(n.Kind), Subject: n.Name, Touches: l, Sentence: newsSentence(n)})
	}
	return out, nil
}

// titles are the summaries of the records with these ids.
func (d *drawing) titles(ctx context.Context, ids []string) (map[string]string, error) {
	out := map[string]string{}
	if len(ids) == 0 {
		return out, nil
	}
	records, err := d.World.Records(ctx, ids)
	for i := range records {
		out[records[i].ID] = records[i].Summary
	}
	return out, err
}

func newsSentence(n advisory.News) string {
	named := n.Name
	if n.Title != "" {
		named += " (" + n.Title + ")"
	}
	switch n.Kind {
	case advisory.NewsKEV:
		return named + " was listed as exploited"
	case advisory.NewsEPSS:
		return named + " became more or less likely to be exploited"
	case advisory.NewsWithdrawn:
		return named + " was withdrawn"
	case advisory.NewsPublished:
	}
	return named + " was published"
}
