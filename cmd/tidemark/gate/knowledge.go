package gate

import (
	"context"
	"maps"
	"slices"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/intel"
	"github.com/tidemark/tidemark/internal/match"
	"github.com/tidemark/tidemark/internal/match/compiled"
)

// Knowledge is what a folder of feeds says, indexed.
type Knowledge struct {
	*intel.Intelligence
	index match.Index
	dir   string          // of a folder
	names *compiled.Index // nil: what is known under names is in the Intelligence, or in the folder
	store Facts           // nil: not of a store
}

// Judges refuses what was compiled without what a verdict needs.
func (k *Knowledge) Judges() error {
	if k.names != nil && !k.names.Named() {
		return fault.New(fault.Invalid, "the advisory index has no signals of exploitation").WithHint("compile it again: tidemark intel compile")
	}
	return nil
}

// signalsOf returns what is known of the exploitation of each of the names.
func (k *Knowledge) signalsOf(ctx context.Context, names []string) (map[string]advisory.Signal, error) {
	if k.store != nil {
		return k.store.Signals(ctx, names)
	}
	if k.names == nil {
		return k.SignalsOf(names), nil
	}
	out := map[string]advisory.Signal{}
	for _, n := range names {
		known, err := k.names.Known(n)
		if err != nil {
			return nil, err
		}
		if s := known.Signal; !s.Empty() {
			out[n] = s
		}
	}
	return out, nil
}

// haveKEV reports whether a catalogue of known exploited weaknesses was read.
func (k *Knowledge) haveKEV() bool {
	return slices.ContainsFunc(k.Feeds, func(f advisory.Feed) bool { return f.Kind == advisory.FeedKEV })
}

// others finds records of any ecosystem by name, for their vectors.
func (k *Knowledge) others(ctx context.Context, names map[string]bool) ([]advisory.Record, error) {
	if k.store != nil {
		return storedVectors(ctx, k.store, slices.Sorted(maps.Keys(names)))
	}
	if k.names == nil {
		return intel.Named(ctx, k.dir, names)
	}
	var out []advisory.Record
	for n := range names {
		known, err := k.names.Known(n)
		if err != nil {
			return nil, err
		}
		out = append(out, advisory.Record{ID: n, Severity: known.Vectors})
	}
	return out, nil
}

// Load reads from a folder what the documents need: the archives of their
// ecosystems, and of these the records that may speak of their packages.
func Load(ctx context.Context, dir string, docs []Document, signals bool) (*Knowledge, error) {
	if dir == "" {
		return nil, fault.New(fault.Invalid, "no advisories given").WithHint("use --intel DIR with OSV <Ecosystem>/all.zip anywhere below it")
	}
	wanted, present := packagesOf(docs)
	in, err := intel.LoadDir(ctx, dir, intel.Query{
		Ecosystems: func(e string) bool { return present[e] },
		Want:       func(e, name string) bool { return wanted[advisory.PackageKey{Ecosystem: e, Name: name}] },
		Signals:    signals,
	})
	if err != nil {
		return nil, err
	}
	records := make([]*advisory.Record, len(in.Records))
	for i := range in.Records {
		records[i] = &in.Records[i]
	}
	ix := match.NewMapIndex(records, ecosystemsOf(in.Feeds))
	ix.Knows(in.Releases)
	return &Knowledge{Intelligence: in, index: ix, dir: dir}, nil
}

// ecosystemsOf lists the ecosystems for which there is a feed.
func ecosystemsOf(feeds []advisory.Feed) []string {
	var out []string
	for _, f := range feeds {
		if f.Kind == advisory.FeedOSV {
			base, _ := advisory.SplitEcosystem(f.Name)
			out = append(out, base)
		}
	}
	return out
}

func packagesOf(docs []Document) (wanted map[advisory.PackageKey]bool, ecosystems map[string]bool) {
	wanted, ecosystems = map[advisory.PackageKey]bool{}, map[string]bool{}
	for _, d := range docs {
		for _, c := range d.SBOM.Contents() {
			p, _ := match.PackageOf(c)
			if p.Ecosystem == "" {
				continue
			}
			for _, k := range match.Keys(p) {
				ecosystems[k.Ecosystem] = true
				wanted[k] = true
			}
		}
	}
	return wanted, ecosystems
}

// storedVectors are what a store knows of the vectors under names.
func storedVectors(ctx context.Context, store Facts, names []string) (out []advisory.Record, err error) {
	found, err := store.SeverityOf(ctx, names)
	for _, n := range names {
		if len(found[n]) > 0 {
			out = append(out, advisory.Record{ID: n, Severity: found[n]})
		}
	}
	return out, err
}
