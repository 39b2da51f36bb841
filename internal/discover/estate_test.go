package discover

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/store"
	"github.com/tidemark/tidemark/internal/twin"
)

// base is the time that "day 0" of the tests stands for.
var base = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

func hour(n int) time.Time { return base.Add(time.Duration(n) * time.Hour) }

// estate drives a store with resolve behind it, on a clock of its own.
type estate struct {
	t   *testing.T
	db  *store.DB
	now time.Time
	ctx context.Context
	// scope, when set, stands in for "prod" in all that is told and asked.
	scope string
}

func newEstate(t *testing.T, db *store.DB) *estate {
	return &estate{t: t, db: db, now: hour(1000), ctx: context.Background()}
}

func (e *estate) resolve() *Resolve { return resolveOn(e.db, func() time.Time { return e.now }) }

func resolveOn(db *store.DB, now func() time.Time) *Resolve {
	return &Resolve{Read: db, Write: db, ParseSBOM: parseLines, Now: now}
}

// parseLines reads a bill of materials that is one purl a line.
func parseLines(b []byte) (twin.SBOM, error) {
	var s twin.SBOM
	for _, line := range strings.Fields(string(b)) {
		if line == "poison" {
			return s, errors.New("a poisoned document")
		}
		s.Components = append(s.Components, twin.Component{Purl: line, Name: line, Version: "1"})
	}
	s.Dependencies = []twin.Dependency{{From: -1, To: []int{0}}}
	return s, nil
}

// drain resolves until quiet.
func (e *estate) drain() {
	e.t.Helper()
	if err := drain(e.ctx, e.resolve()); err != nil {
		e.t.Fatal(err)
	}
}

func drain(ctx context.Context, r *Resolve) error {
	for {
		n, err := r.Run(ctx)
		if err != nil || n == 0 {
			return err
		}
	}
}

func body(service, image string) []byte {
	ref, err := twin.ParseRef(image)
	if err != nil {
		panic(err)
	}
	b, err := json.Marshal(twin.Workload{
		Service: service, Kind: "Record", Replicas: 1,
		Containers: []twin.Container{{Image: ref, Replicas: 1}},
	})
	if err != nil {
		panic(err)
	}
	return b
}

// memberOf is what a source says of a service: "cart=shop/cart:1".
func memberOf(says string) twin.Observation {
	service, image, _ := strings.Cut(says, "=")
	b := body(service, image)
	return twin.Observation{Subject: twin.WorkloadSubject("Record", "", service), Media: twin.MediaWorkload, Body: b, Hash: twin.HashBytes(b)}
}

func snapshotAt(h int, says ...string) twin.Snapshot {
	s := twin.Snapshot{Source: "agent", Scope: "prod", Class: twin.Observed, ObservedAt: hour(h)}
	for _, m := range says {
		s.Members = append(s.Members, memberOf(m))
	}
	return s
}

func deltaAt(h int, says string) twin.Observation {
	o := memberOf(says)
	o.Source, o.Scope, o.Class, o.Kind, o.ObservedAt = "agent", "prod", twin.Observed, twin.Delta, hour(h)
	return o
}

func tombstoneAt(h int, service string) twin.Observation {
	return twin.Observation{
		Source: "agent", Scope: "prod", Class: twin.Observed, Kind: twin.Tombstone, ObservedAt: hour(h),
		Subject: twin.WorkloadSubject("Record", "", service),
	}
}

func sbomAt(h int, artifact, purls string) twin.Observation {
	ref, err := twin.ParseRef(artifact)
	if err != nil {
		panic(err)
	}
	b := []byte(purls)
	return twin.Observation{
		Source: twin.SourceSBOM, Scope: twin.ScopeArtifacts, Class: twin.Content, Kind: twin.Delta, Media: twin.MediaSBOM,
		Subject: ref.ID(), Ref: artifact, ObservedAt: hour(h), Hash: twin.HashBytes(b), Body: b,
	}
}

func (e *estate) snapshot(s ...twin.Snapshot) []twin.Appended {
	e.t.Helper()
	for i := range s {
		s[i].Scope = e.in(s[i].Scope)
	}
	got, err := e.db.AppendSnapshot(e.ctx, s, e.now)
	if err != nil {
		e.t.Fatal(err)
	}
	return got
}

func (e *estate) append(list ...twin.Observation) twin.Appended {
	e.t.Helper()
	for i := range list {
		list[i].Scope = e.in(list[i].Scope)
	}
	got, err := e.db.Append(e.ctx, list, e.now)
	if err != nil {
		e.t.Fatal(err)
	}
	return got
}

func (e *estate) in(scope string) string {
	if e.scope != "" && scope == "prod" {
		return e.scope
	}
	return scope
}

// places reads every place there is.
func (e *estate) places() []twin.Place {
	e.t.Helper()
	ids, _, err := e.db.TwinChanges(e.ctx, 0, 1_000_000)
	if err != nil {
		e.t.Fatal(err)
	}
	list, err := e.db.Places(e.ctx, ids)
	if err != nil {
		e.t.Fatal(err)
	}
	return list
}

// timeline writes what is known now, a line for each stretch:
// "prod/cart shop/cart:1 3-5", hours from the base; "3-" is still so.
func (e *estate) timeline() string {
	e.t.Helper()
	var lines []string
	for _, p := range e.places() {
		if e.scope != "" && p.Environment != e.scope {
			continue
		}
		for _, c := range p.Claims {
			to := ""
			if !c.To.IsZero() {
				to = fmt.Sprint(int(c.To.Sub(base).Hours()))
			}
			env := p.Environment
			if env == e.scope {
				env = "prod"
			}
			lines = append(lines, fmt.Sprintf("%s/%s %s %d-%s", env, p.Service, c.Workload.Containers[0].Image,
				int(c.From.Sub(base).Hours()), to))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func (e *estate) wants(want ...string) {
	e.t.Helper()
	slices.Sort(want)
	if got := e.timeline(); got != strings.Join(want, "\n") {
		e.t.Errorf("the twin is\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

func clockAt(h int) func() time.Time { return func() time.Time { return hour(h) } }
