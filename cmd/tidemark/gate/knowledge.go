package gate

import (
	"context"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/intel"
	"github.com/tidemark/tidemark/internal/match"
)

// Knowledge is what a folder of feeds says, indexed.
type Knowledge struct {
	*intel.Intelligence
	index match.Index
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
	return &Knowledge{in, ix}, nil
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
