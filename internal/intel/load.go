package intel

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/intel/osv"
)

// Query says which part of a folder is needed.
type Query struct {
	// Ecosystems chooses the archives: only those of an ecosystem for which it
	// is true are opened; nil chooses all.
	Ecosystems func(ecosystem string) bool
	// Want narrows the records down to those that may speak of a package: it is
	// asked with names as records have them, made normal. It may be called by
	// several goroutines at once. nil wants all.
	Want    func(ecosystem, name string) bool
	Signals bool // read KEV, EPSS, exploits and SSVC as well; not what decides nothing
	Workers int  // 0: 2

	keep  func(body []byte) bool // of Named: which records to read; nil: all
	yield func([]advisory.Record) error
}

// Intelligence is what was read from a folder, in memory.
type Intelligence struct {
	Records []advisory.Record // each id once, by id
	// Feeds has one entry for each feed that was read. Its Records counts the
	// feed's entries, also those that were not wanted (a bad one counts as long
	// as nobody parses it); its Withdrawn only those that were.
	Feeds    []advisory.Feed
	KEV      map[string]advisory.KEV
	EPSS     map[string]advisory.EPSS
	Exploits map[string][]advisory.Exploit
	SSVC     map[string]advisory.SSVC
	Ignored  []Ignored
	Rejected []advisory.Rejection
	// Releases are those of each distribution that any record of the archives
	// names, wanted or not; a release may be there twice. It is filled when
	// only a part of the records was wanted.
	Releases map[string][]string
}

// LoadDir reads from a folder what a single question needs, into memory.
func LoadDir(ctx context.Context, dir string, q Query) (*Intelligence, error) {
	var all Intelligence
	in, err := Stream(ctx, dir, q, all.collect)
	if err != nil {
		return nil, err
	}
	in.Records = all.Records
	in.settle()
	return in, nil
}

func (in *Intelligence) collect(list []advisory.Record) error {
	in.Records = append(in.Records, list...)
	return nil
}

// Stream reads a folder and calls yield with its records as they come, so that
// no more than two chunks are in memory. The same id may come several times:
// feeds repeat each other, and the newest counts. Its answer has no records.
func Stream(ctx context.Context, dir string, q Query, yield func([]advisory.Record) error) (*Intelligence, error) {
	found, err := Scan(ctx, dir)
	if err != nil {
		return nil, err
	}
	in := &Intelligence{Ignored: found.Ignored, Releases: map[string][]string{}}
	var archives []Input
	for _, a := range ofKind(found.Inputs, advisory.FeedOSV) {
		if q.Ecosystems == nil || q.Ecosystems(baseOf(a)) {
			archives = append(archives, a)
		}
	}
	bases := basesOf(archives)
	for _, a := range archives {
		q.yield = yield
		if err := in.archive(ctx, a, q, bases); err != nil {
			return nil, fmt.Errorf("feed %s: %w", label(a.Kind, a.Name), err)
		}
	}
	if q.Signals {
		for _, kind := range advisory.DecidingFeeds() {
			in.signals(ofKind(found.Inputs, kind))
		}
	}
	return in, nil
}

func baseOf(in Input) string {
	base, _ := advisory.SplitEcosystem(in.Name)
	return base
}

func basesOf(archives []Input) []string {
	var bases []string
	for _, a := range archives {
		if !slices.Contains(bases, baseOf(a)) {
			bases = append(bases, baseOf(a))
		}
	}
	return bases
}

// prePass decides from raw bytes whether a record is wanted, and remembers the
// newest modification time that it saw: the feed's age does not depend on what
// was wanted of it.
type prePass struct {
	want     func(name string) bool
	mu       sync.Mutex
	newest   string
	releases map[string]bool // "Debian:12"
}

func (p *prePass) keep(body []byte) bool {
	p.mu.Lock()
	p.newest = max(p.newest, osv.Modified(body))
	osv.Releases(body, func(e []byte) {
		if !p.releases[string(e)] {
			p.releases[string(e)] = true
		}
	})
	p.mu.Unlock()
	return osv.Mentions(body, p.want)
}

// speakOf files the releases by their ecosystem.
func (in *Intelligence) speakOf(releases map[string]bool) {
	for text := range releases {
		ecosystem, release := advisory.SplitEcosystem(text)
		in.Releases[ecosystem] = append(in.Releases[ecosystem], release)
	}
}

func (in *Intelligence) archive(ctx context.Context, a Input, q Query, bases []string) error {
	f, err := os.Open(a.Path)
	if err != nil {
		in.reject(a.Path, err)
		return nil
	}
	defer func() { _ = f.Close() }() // it was only read
	z, err := osv.Open(f, a.Size, osv.Limits{})
	if err != nil {
		in.reject(a.Path, err)
		return nil
	}
	opt := osv.Options{Workers: q.Workers}
	if opt.Workers <= 0 {
		opt.Workers = 2
	}
	opt.Keep = q.keep
	pass := prePass{releases: map[string]bool{}}
	if q.Want != nil {
		pass.want = func(name string) bool {
			return slices.ContainsFunc(bases, func(e string) bool { return q.Want(e, advisory.NormalName(e, name)) })
		}
		opt.Keep = pass.keep
	}
	rep := FeedReport{Feed: advisory.Feed{Kind: a.Kind, Name: a.Name, Origin: a.Path}}
	err = z.Read(ctx, opt, func(c osv.Chunk) error {
		rep.note(c)
		rep.Records += c.Entries - len(c.Rejected)
		in.Rejected = append(in.Rejected, placed(a.Path, c.Rejected)...)
		return q.yield(c.Records)
	})
	in.speakOf(pass.releases)
	if t, bad := time.Parse(time.RFC3339Nano, pass.newest); bad == nil && t.After(rep.DataTime) {
		rep.DataTime = t.UTC().Truncate(time.Microsecond)
	}
	if rep.Records > 0 {
		in.Feeds = append(in.Feeds, rep.Feed)
	}
	return err
}

func (in *Intelligence) reject(path string, err error) {
	in.Rejected = append(in.Rejected, advisory.Rejection{Where: path, Reason: err.Error()})
}

// settle keeps of records with the same id the newest: feeds repeat each other.
func (in *Intelligence) settle() {
	slices.SortStableFunc(in.Records, func(a, b advisory.Record) int {
		if c := strings.Compare(a.ID, b.ID); c != 0 {
			return c
		}
		return b.Modified.Compare(a.Modified)
	})
	in.Records = slices.CompactFunc(in.Records, func(a, b advisory.Record) bool { return a.ID == b.ID })
}

func (in *Intelligence) signals(inputs []Input) {
	c := chosen(inputs)
	in.Ignored = append(in.Ignored, c.ignored...)
	in.Rejected = append(in.Rejected, c.rejected...)
	if c.best == nil {
		return
	}
	f := c.best
	in.Rejected = append(in.Rejected, f.rejected...)
	in.Feeds = append(in.Feeds, advisory.Feed{
		Kind: f.input.Kind, DataTime: f.date, Origin: f.input.Path, Records: f.entries(), Hash: f.hash,
	})
	switch f.input.Kind {
	case advisory.FeedKEV:
		in.KEV = byCVE(f.kev, func(k advisory.KEV) string { return k.CVE })
	case advisory.FeedEPSS:
		in.EPSS = byCVE(f.epss, func(e advisory.EPSS) string { return e.CVE })
	case advisory.FeedSSVC:
		in.SSVC = byCVE(f.ssvc, func(p advisory.SSVC) string { return p.CVE })
	default:
		in.exploits(f.exploits)
	}
}

func byCVE[T any](list []T, cve func(T) string) map[string]T {
	out := make(map[string]T, len(list))
	for _, x := range list {
		out[cve(x)] = x
	}
	return out
}

func (in *Intelligence) exploits(list []advisory.Exploit) {
	if in.Exploits == nil {
		in.Exploits = make(map[string][]advisory.Exploit, len(list))
	}
	for _, x := range list {
		in.Exploits[x.CVE] = append(in.Exploits[x.CVE], x)
	}
}

// Named lists the names of which some signal is known.
func (in *Intelligence) Named() []string {
	names := slices.Concat(slices.Collect(maps.Keys(in.KEV)), slices.Collect(maps.Keys(in.EPSS)),
		slices.Collect(maps.Keys(in.Exploits)), slices.Collect(maps.Keys(in.SSVC)))
	slices.Sort(names)
	return slices.Compact(names)
}

// SignalsOf returns what is known about the exploitation of each of the names;
// a name of which nothing is known is absent.
func (in *Intelligence) SignalsOf(names []string) map[string]advisory.Signal {
	out := map[string]advisory.Signal{}
	for _, n := range names {
		s := advisory.Signal{Name: n, Exploits: in.Exploits[n]}
		if k, ok := in.KEV[n]; ok {
			s.KEV = &k
		}
		if e, ok := in.EPSS[n]; ok {
			s.EPSS = &e
		}
		if p, ok := in.SSVC[n]; ok {
			s.SSVC = &p
		}
		if !s.Empty() {
			out[n] = s
		}
	}
	return out
}
