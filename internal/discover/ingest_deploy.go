package discover

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// DeployInput is one call of IngestDeploy. Its fields win over what records
// say, except that the environments must not differ.
type DeployInput struct {
	Paths       []string
	Environment string        // "": the records say it
	Source      string        // "": the records say it, else the path
	At          time.Time     // when it was so; zero: the records say it, else now
	Every       time.Duration // expected interval; 0: as known, or the default
}

// IngestDeploy takes what is deployed. One call is one complete snapshot per
// source and environment: what was there before and is absent now, or has no
// replicas, ends. Everything is checked before anything is stored, and all of
// it is stored in one commit. Receipts are in the order of paths; a path that
// holds manifests and records has two.
func (i *Ingest) IngestDeploy(ctx context.Context, in DeployInput) ([]Receipt, error) {
	now := i.Now().UTC().Truncate(time.Microsecond)
	in.At = in.At.UTC().Truncate(time.Microsecond)
	if err := in.check(now); err != nil {
		return nil, err
	}
	found, err := i.ReadDeploy(ctx, in.Paths)
	if err != nil {
		return nil, err
	}
	p := plan{flags: in, now: now, sights: map[sightKey]*sight{}}
	receipts := make([]Receipt, len(found))
	for n := range found {
		if receipts[n], err = p.add(n, &found[n]); err != nil {
			return nil, err
		}
	}
	sights, err := p.sorted()
	if err != nil {
		return nil, err
	}
	snapshots := make([]twin.Snapshot, len(sights))
	for n, s := range sights {
		snapshots[n] = s.snapshot
	}
	did, err := i.Evidence.AppendSnapshot(ctx, snapshots, now)
	if err != nil {
		return nil, err
	}
	if len(did) != len(sights) {
		return nil, fmt.Errorf("append %d snapshots: the store answers for %d", len(sights), len(did))
	}
	for n, s := range sights {
		s.account(did[n], receipts)
	}
	for n := range receipts {
		receipts[n].Notes = append(receipts[n].Notes, p.notes[n]...)
	}
	return receipts, nil
}

// The bounds of what flags and records may say.
const (
	maxAhead = 24 * time.Hour // how far a clock may be ahead of ours
	maxEvery = 10 * 365 * 24 * time.Hour
)

func (in DeployInput) check(now time.Time) error {
	if in.Environment != "" {
		if err := checkEnvironment(in.Environment); err != nil {
			return err
		}
	}
	if in.Source != "" {
		if err := checkSource(in.Source); err != nil {
			return err
		}
	}
	if in.Every < 0 || in.Every > maxEvery || in.Every > 0 && in.Every < time.Second {
		return fault.New(fault.Invalid, "an interval of %s is not between 1 s and 10 years", in.Every)
	}
	if in.At.IsZero() {
		return nil
	}
	return checkTime("--at", in.At, now)
}

// checkTime refuses what cannot have been seen yet, and what is before the
// first moment that a row can hold.
func checkTime(where string, at, now time.Time) error {
	if at.After(now.Add(maxAhead)) {
		return fault.New(fault.Invalid, "%s: observed at %s, which is in the future (now %s)",
			where, at.Format(time.RFC3339), now.Format(time.RFC3339))
	}
	if at.Year() < 1971 {
		return fault.New(fault.Invalid, "%s: observed at %s: too long ago to be true", where, at.Format(time.RFC3339))
	}
	return nil
}

func checkEnvironment(name string) error {
	if name == twin.NoEnvironment {
		return fault.New(fault.Invalid, "environment %q stands for artifacts that are deployed nowhere", name)
	}
	if slices.Contains(strings.FieldsFunc(name, func(r rune) bool { return r == '/' || r == '\\' }), "..") {
		return fault.New(fault.Invalid, "environment %q steps out of its folder", name)
	}
	return checkText("environment", name)
}

func checkSource(name string) error {
	if name == twin.SourceSBOM {
		return fault.New(fault.Invalid, "source %q is that of bills of materials", name)
	}
	return checkText("source", name)
}

// add reads one input into the plan.
func (p *plan) add(n int, d *twin.Deployments) (Receipt, error) {
	r := Receipt{
		Input: d.Input, Kind: KindManifests, Rejected: []Remark{}, Ignored: remarks(d.Ignored), Notes: remarks(d.Notes),
	}
	p.notes = append(p.notes, nil)
	if d.Class == twin.Observed {
		r.Kind = KindRecords
		return r, p.addRecords(n, d)
	}
	return r, p.addManifests(n, d)
}

func (p *plan) addManifests(n int, d *twin.Deployments) error {
	if p.flags.Environment == "" {
		return fault.New(fault.Invalid, "%s: manifests do not say which environment they are for", d.Input).
			WithHint("pass --environment E")
	}
	at := p.time(time.Time{})
	s, err := p.sight(n, said{class: twin.Declared, where: d.Input, origin: d.Origin, at: at})
	if err != nil {
		return err
	}
	for _, w := range d.Workloads {
		if again := s.workload(n, twin.WorkloadSubject(w.Kind, w.Namespace, w.Service), w, at); again {
			p.note(n, d.Input, w.Kind+"/"+w.Service+" is declared more than once: its containers and doors are united")
		}
	}
	for _, res := range d.Resources {
		if differs := s.resource(n, res, at); differs {
			p.note(n, d.Input, res.Kind+"/"+res.Name+" is declared more than once, and differently: the last one counts")
		}
	}
	return nil
}

func (p *plan) note(n int, where, reason string) {
	p.notes[n] = append(p.notes[n], Remark{where, reason})
}

// addRecords groups records by source and environment. All records of one
// service there are containers of one workload.
func (p *plan) addRecords(n int, d *twin.Deployments) error {
	if len(d.Records) == 0 {
		return p.addNothing(n, d)
	}
	for _, r := range d.Records {
		at := p.time(r.ObservedAt)
		if err := checkTime(r.Where, at, p.now); err != nil {
			return err
		}
		s, err := p.sight(n, said{
			class: twin.Observed, where: r.Where, origin: d.Origin, source: r.Source, environment: r.Environment, at: at,
		})
		if err != nil {
			return err
		}
		if r.Replicas > 0 {
			s.workload(n, twin.WorkloadSubject(twin.RecordKind, "", r.Service), workloadOf(r), at)
		}
	}
	return nil
}

// addNothing takes an empty array: all of its source and environment ends.
func (p *plan) addNothing(n int, d *twin.Deployments) error {
	if p.flags.Environment == "" {
		return fault.New(fault.Invalid, "%s: no records, so nothing says which environment is empty", d.Input).
			WithHint("pass --environment E to say that nothing of this source runs there any more")
	}
	_, err := p.sight(n, said{class: twin.Observed, where: d.Input, origin: d.Origin, at: p.time(time.Time{})})
	return err
}

func workloadOf(r twin.DeploymentRecord) twin.Workload {
	return twin.Workload{
		Service: r.Service, Kind: twin.RecordKind, Replicas: r.Replicas,
		Containers: []twin.Container{{Image: r.Artifact, Replicas: r.Replicas}},
		Doors:      r.Doors, DoorsComplete: r.DoorsComplete,
	}
}
