package gate

import (
	"cmp"
	"iter"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/match"
	"github.com/tidemark/tidemark/internal/server/desk"
	"github.com/tidemark/tidemark/internal/server/reply"
	"github.com/tidemark/tidemark/internal/twin"
)

// evaluated gives each component with what the records say of it. A component
// that the document lists twice comes once.
func (d Document) evaluated(eval *match.Evaluator) iter.Seq2[twin.Component, match.Result] {
	return func(yield func(twin.Component, match.Result) bool) {
		list := d.SBOM.Contents()
		for _, i := range once(list) {
			if !yield(list[i], eval.Evaluate(list[i])) {
				return
			}
		}
	}
}

// once leaves out what comes a second time, since records cannot say anything
// else of it: it returns the places of the rest.
func once(list []twin.Component) []int {
	first := make(map[string]int, len(list)) // where a purl stands first
	others := map[said]bool{}                // what else is said of it
	places := make([]int, 0, len(list))
	for i := range list {
		c := &list[i]
		if at, known := first[c.Purl]; known && c.Purl != "" {
			s := saidOf(c)
			if others[s] || saidOf(&list[at]) == s {
				continue
			}
			others[s] = true
		} else {
			first[c.Purl] = i
		}
		places = append(places, i)
	}
	return places
}

// said is what records are asked of a component by.
type said struct{ purl, version, qualifiers, beside string }

// saidOf takes the group and name of a document only where the purl is one of
// Maven that has no group.
func saidOf(c *twin.Component) said {
	s := said{purl: c.Purl, version: c.Version, qualifiers: c.Qualifiers}
	if path, ok := strings.CutPrefix(c.Purl, "pkg:maven/"); ok && !strings.Contains(path, "/") {
		s.beside = c.Group + ":" + c.Name
	}
	return s
}

// undecidedItems lists what could not be said about one component.
func undecidedItems(d Document, res match.Result) (out []api.Undecided) {
	for _, u := range res.Undecided {
		out = append(out, api.Undecided{SBOM: d.Name, Component: u.Component, Reason: string(u.Reason), Detail: u.Detail})
	}
	return out
}

// blockSize is how many components are matched in one go.
const blockSize = 32

// block is what was found in some components that stand together.
type block struct {
	items     []api.Match
	undecided []api.Undecided
}

// scanOne matches every component of one document. The evaluators share the
// work block by block; the order of what they find is that of the document.
func scanOne(evals []*match.Evaluator, d Document, now time.Time, out *api.Matches) {
	contents := d.SBOM.Contents()
	places := once(contents)
	blocks := make([]block, (len(places)+blockSize-1)/blockSize)
	var next atomic.Int64
	work := func(eval *match.Evaluator) {
		for n := next.Add(1) - 1; n < int64(len(blocks)); n = next.Add(1) - 1 {
			from := int(n) * blockSize
			blocks[n] = d.scanBlock(eval, contents, places[from:min(from+blockSize, len(places))], now)
		}
	}
	var others sync.WaitGroup
	for _, eval := range evals[1:min(len(evals), max(1, len(blocks)))] {
		others.Go(func() { work(eval) })
	}
	work(evals[0])
	others.Wait()
	sum := api.ScannedSummary{SBOM: d.Name, Kind: d.Kind, Components: len(contents), Notes: d.Notes}
	for _, b := range blocks {
		sum.Matched += len(b.items)
		sum.Undecided += len(b.undecided)
	}
	out.Items, out.Undecided = slices.Grow(out.Items, sum.Matched), slices.Grow(out.Undecided, sum.Undecided)
	for _, b := range blocks {
		out.Items, out.Undecided = append(out.Items, b.items...), append(out.Undecided, b.undecided...)
	}
	out.Summary = append(out.Summary, sum)
}

func (d Document) scanBlock(eval *match.Evaluator, list []twin.Component, places []int, now time.Time) (b block) {
	for _, i := range places {
		c := list[i]
		res := eval.Evaluate(c)
		b.undecided = append(b.undecided, undecidedItems(d, res)...)
		from := d.origin(c)
		for _, it := range match.Group(inForce(res.Matches, now)) {
			b.items = append(b.items, api.Match{
				SBOM: d.Name, Purl: c.Purl, Version: cmp.Or(c.Version, res.Package.Version),
				Advisory: it.Advisory, Aliases: it.Aliases, Fixed: reply.List(it.Fixed), Reason: it.Why(),
				Path: from.Path, Layer: from.Layer,
			})
		}
	}
	return b
}

// inForce drops the matches of records that are withdrawn.
func inForce(matches []match.Match, now time.Time) []match.Match {
	return slices.DeleteFunc(slices.Clone(matches), func(m match.Match) bool {
		return m.Withdrawn && !m.Record.Withdrawn.After(now)
	})
}

// Scan matches every component of the documents.
func Scan(known *Knowledge, in Inputs, now time.Time) api.Matches {
	out := api.Matches{
		Schema: api.SchemaMatches, AsOf: now, Items: []api.Match{}, Undecided: []api.Undecided{},
		Rejected: reply.List(in.Rejected), Skipped: reply.List(in.Skipped), Feeds: desk.FeedItems(known.Feeds), Summary: []api.ScannedSummary{},
	}
	evals := make([]*match.Evaluator, runtime.GOMAXPROCS(0))
	for i := range evals {
		evals[i] = match.NewEvaluator(known.index)
	}
	for _, d := range in.Docs {
		scanOne(evals, d, now, &out)
	}
	sortMatches(&out)
	return out
}

func sortMatches(out *api.Matches) {
	slices.SortFunc(out.Items, func(x, y api.Match) int {
		return cmp.Or(cmp.Compare(x.SBOM, y.SBOM), cmp.Compare(x.Purl, y.Purl), cmp.Compare(x.Advisory, y.Advisory))
	})
	slices.SortFunc(out.Undecided, func(x, y api.Undecided) int {
		return cmp.Or(cmp.Compare(x.SBOM, y.SBOM), cmp.Compare(x.Component, y.Component), cmp.Compare(x.Reason, y.Reason))
	})
}
