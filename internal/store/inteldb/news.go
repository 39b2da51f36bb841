package inteldb

import (
	"context"
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// newsroom tells what is new.
type newsroom struct{ db *sqldb.DB }

// News returns what happened in the world between two times: entries of the
// catalogue of exploited ones, records published and withdrawn, and scores that
// moved. Newest first, of each kind at most limit.
func (x newsroom) News(ctx context.Context, from, to time.Time, limit int) (list []advisory.News, err error) {
	ask := newsAsk{sqldb.Micros(from), sqldb.Micros(to), limit}
	err = x.db.Read(ctx, func(base *sqldb.Tx) error {
		t := &tx{base}
		list = nil
		for _, read := range []func(newsAsk, *[]advisory.News) error{t.kevNews, t.publishedNews, t.withdrawnNews, t.epssNews} {
			if err := read(ask, &list); err != nil {
				return err
			}
		}
		return nil
	})
	slices.SortStableFunc(list, func(a, b advisory.News) int { return b.At.Compare(a.At) })
	return list, err
}

type newsAsk struct {
	from, to int64
	limit    int
}

func (t *tx) kevNews(ask newsAsk, to *[]advisory.News) error {
	return t.Query(`SELECT cve, added, name FROM kev WHERE added >= ? AND added <= ? AND removed = 0 ORDER BY added DESC, cve LIMIT ?`,
		scanNews(advisory.NewsKEV, to), ask.from, ask.to, ask.limit)
}

func (t *tx) publishedNews(ask newsAsk, to *[]advisory.News) error {
	return t.Query(`SELECT id, published, '' FROM advisory WHERE published >= ? AND published <= ? AND withdrawn = 0 ORDER BY published DESC, id LIMIT ?`,
		scanNews(advisory.NewsPublished, to), ask.from, ask.to, ask.limit)
}

func (t *tx) withdrawnNews(ask newsAsk, to *[]advisory.News) error {
	return t.Query(`SELECT id, withdrawn, '' FROM advisory WHERE withdrawn >= ? AND withdrawn <= ? ORDER BY withdrawn DESC, id LIMIT ?`,
		scanNews(advisory.NewsWithdrawn, to), ask.from, ask.to, ask.limit)
}

// epssNews are scores that were there before and moved: the first load of a
// file of scores is no news.
func (t *tx) epssNews(ask newsAsk, to *[]advisory.News) error {
	return t.Query(`SELECT c.name, c.at, '' FROM (SELECT name, MAX(recorded) AS at FROM advisory_change WHERE kind = 'epss' AND recorded <= ?
			GROUP BY name HAVING COUNT(*) > 1) c JOIN epss e ON e.cve = c.name WHERE c.at >= ? AND e.score >= 0.1 ORDER BY c.at DESC, c.name LIMIT ?`,
		scanNews(advisory.NewsEPSS, to), ask.to, ask.from, ask.limit)
}

func scanNews(kind advisory.NewsKind, to *[]advisory.News) func(sqldb.Scanner) error {
	return func(s sqldb.Scanner) error {
		n := advisory.News{Kind: kind}
		var at int64
		err := s.Scan(&n.Name, &at, &n.Title)
		n.At = sqldb.FromMicros(at)
		*to = append(*to, n)
		return err
	}
}
