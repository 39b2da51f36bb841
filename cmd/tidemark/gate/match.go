package gate

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/match"
	"github.com/tidemark/tidemark/internal/server/desk"
	"github.com/tidemark/tidemark/internal/twin"
)

// evaluated gives each component with what the records say of it. A component
// that the document lists twice comes once.
func (d Document) evaluated(eval *match.Evaluator) iter.Seq2[twin.Component, match.Result] {
	return func(yield func(twin.Component, match.Result) bool) {
		seen := map[twin.Component]bool{}
		for _, c := range d.SBOM.Contents() {
			same := twin.Component{Purl: c.Purl, Version: c.Version, Qualifiers: c.Qualifiers}
			if c.Purl != "" && seen[same] {
				continue
			}
			seen[same] = true
			if !yield(c, eval.Evaluate(c)) {
				return
			}
		}
	}
}

// undecidedItems lists what could not be said about one component.
func undecidedItems(d Document, res match.Result) (out []api.Undecided) {
	for _, u := range res.Undecided {
		out = append(out, api.Undecided{SBOM: d.Name, Component: u.Component, Reason: string(u.Reason), Detail: u.Detail})
	}
	return out
}

// scanOne matches every component of one document.
func scanOne(eval *match.Evaluator, d Document, now time.Time, out *api.Matches) {
	sum := api.ScannedSummary{SBOM: d.Name, Kind: d.Kind, Components: len(d.SBOM.Contents()), Notes: d.Notes}
	for c, res := range d.evaluated(eval) {
		undecided := undecidedItems(d, res)
		out.Undecided = append(out.Undecided, undecided...)
		sum.Undecided += len(undecided)
		from := d.origin(c)
		for _, it := range match.Group(inForce(res.Matches, now)) {
			out.Items = append(out.Items, api.Match{
				SBOM: d.Name, Purl: c.Purl, Version: cmp.Or(c.Version, res.Package.Version),
				Advisory: it.Advisory, Aliases: it.Aliases, Fixed: desk.List(it.Fixed), Reason: it.Why(),
				Path: from.Path, Layer: from.Layer,
			})
			sum.Matched++
		}
	}
	out.Summary = append(out.Summary, sum)
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
		Rejected: desk.List(in.Rejected), Skipped: desk.List(in.Skipped), Feeds: desk.FeedItems(known.Feeds), Summary: []api.ScannedSummary{},
	}
	eval := match.NewEvaluator(known.index)
	for _, d := range in.Docs {
		scanOne(eval, d, now, &out)
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
