package assess

import (
	"context"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/match"
	"github.com/tidemark/tidemark/internal/twin"
)

// Shelf has what the advisories say in a form that is asked without being read.
type Shelf interface {
	// Newest returns it once it is as new as the store; nil while there is
	// none. done is called when no more is asked of it.
	Newest(ctx context.Context) (records Records, done func(), err error)
	// Spoiled is told that a question met damage.
	Spoiled(err error)
}

// Records answers what is said about a package.
type Records interface {
	Records(key advisory.PackageKey) ([]*advisory.Record, error)
}

// lookup is what components are decided against: records from wherever they
// are, and what the store says of feeds, so that the answer is the same.
type lookup struct {
	from       Records
	ecosystems map[string]bool
	releases   map[string][]string
	spoiled    error // the first damage that was met
}

// Records implements match.Index.
func (l *lookup) Records(key advisory.PackageKey) ([]*advisory.Record, error) {
	list, err := l.from.Records(key)
	if l.spoiled == nil {
		l.spoiled = err
	}
	return list, err
}

// Has implements match.Index.
func (l *lookup) Has(ecosystem string) bool { return l.ecosystems[ecosystem] }

// Releases implements match.Index.
func (l *lookup) Releases(ecosystem string) []string { return l.releases[ecosystem] }

// judge decides components by what the advisories say.
type judge struct {
	intel Intel
	shelf Shelf // may be nil
}

// decide evaluates components against all records of their packages: those on
// the shelf, and where there is nothing to be used, those in the store.
func (j judge) decide(ctx context.Context, components []int64, contents map[int64]twin.Component) ([]match.Result, error) {
	known, err := j.known(ctx)
	if err != nil {
		return nil, err
	}
	if j.shelf != nil {
		found, err := j.decideShelved(ctx, known, components, contents)
		if err != nil || found != nil {
			return found, err
		}
	}
	if known.from, err = j.stored(ctx, contents); err != nil {
		return nil, err
	}
	return known.decide(components, contents), nil
}

// decideShelved returns nil when the shelf cannot say.
func (j judge) decideShelved(ctx context.Context, known *lookup, components []int64, contents map[int64]twin.Component) ([]match.Result, error) {
	records, done, err := j.shelf.Newest(ctx)
	if err != nil || records == nil {
		return nil, err
	}
	defer done()
	known.from = records
	found := known.decide(components, contents)
	if known.spoiled != nil {
		j.shelf.Spoiled(known.spoiled)
		return nil, nil
	}
	return found, nil
}

func (l *lookup) decide(components []int64, contents map[int64]twin.Component) []match.Result {
	evaluator := match.NewEvaluator(l)
	found := make([]match.Result, len(components))
	for i, id := range components {
		found[i] = evaluator.Evaluate(contents[id])
	}
	return found
}

// known reads what feeds there are, and of which releases they speak.
func (j judge) known(ctx context.Context) (*lookup, error) {
	feeds, err := j.intel.Feeds(ctx)
	if err != nil {
		return nil, err
	}
	l := &lookup{ecosystems: map[string]bool{}}
	for _, f := range feeds {
		if f.Kind == advisory.FeedOSV {
			ecosystem, _ := advisory.SplitEcosystem(f.Name) // a folder may be of one release
			l.ecosystems[ecosystem] = true
		}
	}
	l.releases, err = j.intel.Releases(ctx)
	return l, err
}

// stored gathers the records of the components' packages, and only those.
func (j judge) stored(ctx context.Context, contents map[int64]twin.Component) (Records, error) {
	want := map[advisory.PackageKey]bool{}
	for _, c := range contents {
		if p, why := match.PackageOf(c); why == nil {
			for _, k := range match.Keys(p) {
				want[k] = true
			}
		}
	}
	keys := make([]advisory.PackageKey, 0, len(want))
	for k := range want {
		keys = append(keys, k)
	}
	records, err := j.intel.RecordsFor(ctx, keys)
	if err != nil {
		return nil, err
	}
	list := make([]*advisory.Record, len(records))
	for i := range records {
		list[i] = &records[i]
	}
	return match.NewMapIndex(list, nil), nil
}
