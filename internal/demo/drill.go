package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
)

// DrillStep is how far a drill has come.
type DrillStep string

// The steps of a drill, in their order; after the last one comes the first.
const (
	DrillReady     DrillStep = "ready"
	DrillPublished DrillStep = "published" // the advisory is out
	DrillStaged    DrillStep = "staged"    // the fix is built and runs in staging
	DrillDeployed  DrillStep = "deployed"  // and where customers are
)

// The library of the drill: the company's own, so that no real project is accused.
const (
	drillKey     = "mvn:example.quillform/quillform-core"
	drillPackage = "example.quillform:quillform-core"
)

// DrillState is what a drill has brought so far, as the store has it.
type DrillState struct {
	Step      DrillStep
	Number    int    // of drills that were begun
	ID        string // of the advisory; "" before the first drill
	Package   string
	Fixed     string // the version with the fix
	Exposures []DrillExposure
	Actions   []ctem.Action
	Services  []string
	Open      int // exposures
	ActNow    int
	// Took is how long the last change needed until everything was computed.
	Took time.Duration
}

// DrillExposure is one place that the drill's advisory concerns.
type DrillExposure struct {
	ID, Service, Environment string
	State                    ctem.State
	Word                     ctem.Word
}

// Drill publishes an invented advisory at the present time and ships its fix.
// Its methods may be called from several requests at once.
type Drill struct {
	p       *Player // whose lock guards all of it
	step    DrillStep
	took    time.Duration
	records []drillRecord // of all drills so far, the present one last
}

// Drill returns the drill in the estate that was played.
func (p *Player) Drill() *Drill { return &Drill{p: p, step: DrillReady} }

// drillRecord is an advisory of a drill.
type drillRecord struct {
	id, fixed            string
	published, withdrawn time.Time
}

// Publish puts the advisory into the feed and computes what follows.
func (d *Drill) Publish(ctx context.Context) error {
	return d.move(ctx, DrillPublished, []DrillStep{DrillReady}, func() error {
		now := d.p.clock.Now().UTC().Truncate(time.Microsecond)
		n, err := d.free(ctx, now)
		if err != nil {
			return err
		}
		before := d.records
		d.records = append(d.records, drillRecord{id: drillID(now, n), fixed: d.next(), published: now})
		if err = d.feed(ctx); err != nil {
			d.records = before
		}
		return err
	})
}

func drillID(now time.Time, n int) string { return fmt.Sprintf("DRILL-%d-%04d", now.Year(), n) }

// free is the first number that no drill has had.
func (d *Drill) free(ctx context.Context, now time.Time) (int, error) {
	const most = 10_000
	for n := len(d.records) + 1; n < most; n++ {
		page, err := find(ctx, d.p.doors.Estate, "is:live,closed vuln:"+drillID(now, n), d.p.clock.Now())
		if err != nil || page.Total == 0 {
			return n, err
		}
	}
	return 0, fault.New(fault.Conflict, "%d drills are enough for one year", most)
}

// Stage builds the fix for every service that needs it, and brings it to staging.
func (d *Drill) Stage(ctx context.Context) error {
	return d.move(ctx, DrillStaged, []DrillStep{DrillPublished}, func() error { return d.stage(ctx) })
}

// Deploy brings the fix to every place where customers are; it is built first
// where that was not done yet.
func (d *Drill) Deploy(ctx context.Context) error {
	return d.move(ctx, DrillDeployed, []DrillStep{DrillPublished, DrillStaged}, func() error {
		if d.step == DrillPublished {
			if err := d.stage(ctx); err != nil {
				return err
			}
			if err := d.p.doors.Steps.Drain(ctx); err != nil {
				return err
			}
		}
		if _, err := d.ship(false); err != nil {
			return err
		}
		return d.p.observe(ctx, d.p.clock.Now(), every)
	})
}

// Reset withdraws the advisory: what is left of it says that it was a drill.
func (d *Drill) Reset(ctx context.Context) error {
	return d.move(ctx, DrillReady, []DrillStep{DrillPublished, DrillStaged, DrillDeployed}, func() error {
		last := &d.records[len(d.records)-1]
		last.withdrawn = d.p.clock.Now().UTC().Truncate(time.Microsecond)
		err := d.feed(ctx)
		if err != nil {
			last.withdrawn = time.Time{}
		}
		return err
	})
}

// move makes a step, and computes what follows from it. What was stored stays
// so, also when it could not be computed at once.
func (d *Drill) move(ctx context.Context, to DrillStep, from []DrillStep, do func() error) error {
	d.p.mu.Lock()
	defer d.p.mu.Unlock()
	if d.p.h == nil {
		return fault.New(fault.Conflict, "there is no estate to drill in yet").WithHint("wait until the demo has been played")
	}
	if !slices.Contains(from, d.step) {
		return fault.New(fault.Conflict, "the drill is %s", d.step).WithHint("it must be %s", joined(from))
	}
	began := d.p.clock.Now()
	if err := do(); err != nil {
		return fmt.Errorf("drill: %w", err)
	}
	d.step = to
	if err := d.p.doors.Steps.Drain(ctx); err != nil {
		return fmt.Errorf("drill: %w", err)
	}
	d.took = d.p.clock.Now().Sub(began)
	return nil
}

func joined(steps []DrillStep) string {
	names := make([]string, len(steps))
	for i, s := range steps {
		names[i] = string(s)
	}
	return strings.Join(names, " or ")
}

// feed gives the feeds with the advisories of all drills.
func (d *Drill) feed(ctx context.Context) error {
	more := make([]osvRecord, len(d.records))
	for i, r := range d.records {
		body, err := r.body()
		if err != nil {
			return err
		}
		more[i] = osvRecord{id: r.id, published: r.published, ecosystems: []string{"Maven"}, body: body}
	}
	return d.p.feed(ctx, more...)
}

func (r drillRecord) body() ([]byte, error) {
	modified := r.published
	record := map[string]any{
		"schema_version": "1.7.3", "id": r.id, "published": r.published.Format(time.RFC3339Nano),
		"summary": "Drill: quillform-core runs code from a crafted form field",
		"details": "This is a drill. Neither the library nor the weakness exists.",
		"severity": []any{map[string]string{
			"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
		}},
		"affected": []any{map[string]any{
			"package": map[string]string{"ecosystem": "Maven", "name": drillPackage},
			"ranges":  []any{map[string]any{"type": "ECOSYSTEM", "events": []any{map[string]string{"introduced": "0"}, map[string]string{"fixed": r.fixed}}}},
		}},
		"database_specific": map[string]any{"drill": true},
	}
	if !r.withdrawn.IsZero() {
		modified = r.withdrawn
		record["withdrawn"] = r.withdrawn.Format(time.RFC3339Nano)
	}
	record["modified"] = modified.Format(time.RFC3339Nano)
	return json.Marshal(record)
}

// next is the version that will have the fix: after the newest that runs.
func (d *Drill) next() string {
	newest := ""
	for _, services := range d.p.h.fleet {
		for _, b := range services {
			if c, ok := b.parts[drillKey]; ok && (newest == "" || patch(c.version) > patch(newest)) {
				newest = c.version
			}
		}
	}
	return bump(newest)
}

// patch is the last number of a version; bump counts it up.
func patch(version string) int {
	n, err := strconv.Atoi(version[strings.LastIndexByte(version, '.')+1:])
	if err != nil {
		return 0
	}
	return n
}

func bump(version string) string {
	return version[:strings.LastIndexByte(version, '.')+1] + strconv.Itoa(patch(version)+1)
}

func (d *Drill) stage(ctx context.Context) error {
	builds, err := d.ship(true)
	if err != nil {
		return err
	}
	if err := d.p.documents(ctx, builds); err != nil {
		return err
	}
	return d.p.observe(ctx, d.p.clock.Now(), every)
}

// ship rebuilds what runs with the fixed library and brings it to staging, or
// to all other places. It returns the builds that all places will need, in
// their order.
func (d *Drill) ship(staging bool) ([]*build, error) {
	builds := map[string]*build{}
	for _, e := range d.p.h.Environments {
		for name, old := range d.p.h.fleet[e.Name] {
			if _, ok := old.parts[drillKey]; !ok {
				continue
			}
			b, err := d.rebuild(old)
			if err != nil {
				return nil, err
			}
			builds[b.service+" "+b.version] = b
			if staging == (e.Name == "staging") {
				d.p.h.fleet[e.Name][name] = b
			}
		}
	}
	list := make([]*build, 0, len(builds))
	for _, key := range slices.Sorted(maps.Keys(builds)) {
		list = append(list, builds[key])
	}
	return list, nil
}

// rebuild is a build with the fix; one that has it stays as it is.
func (d *Drill) rebuild(old *build) (*build, error) {
	fixed := d.records[len(d.records)-1].fixed
	if old.parts[drillKey].version == fixed {
		return old, nil
	}
	b := &build{service: old.service, version: bump(old.version), parts: maps.Clone(old.parts)}
	return b, b.set([]string{drillKey + "@" + fixed})
}

// State tells how far the drill is, and what the store has of it now.
func (d *Drill) State(ctx context.Context) (DrillState, error) {
	d.p.mu.Lock()
	s := DrillState{Step: d.step, Number: len(d.records), Package: drillPackage, Took: d.took}
	if n := len(d.records); n > 0 {
		s.ID, s.Fixed = d.records[n-1].id, d.records[n-1].fixed
	}
	d.p.mu.Unlock()
	if s.ID == "" {
		return s, nil
	}
	page, err := find(ctx, d.p.doors.Estate, "is:live,closed vuln:"+s.ID, d.p.clock.Now())
	if err != nil {
		return s, fmt.Errorf("drill: %w", err)
	}
	for i := range page.Items {
		s.add(&page.Items[i])
	}
	slices.Sort(s.Services)
	s.Services = slices.Compact(s.Services)
	return s, d.actions(ctx, &s)
}

func (s *DrillState) add(e *ctem.Exposure) {
	x := DrillExposure{ID: e.ID, Service: e.Service, Environment: e.Environment, State: e.State}
	if e.Decision != nil {
		x.Word = e.Decision.Word
	}
	s.Exposures, s.Services = append(s.Exposures, x), append(s.Services, x.Service)
	if e.State.Live() {
		s.Open++
		if x.Word == ctem.ActNow {
			s.ActNow++
		}
	}
}

// actions finds the drill's actions: one for each service.
func (d *Drill) actions(ctx context.Context, s *DrillState) error {
	page, err := d.p.doors.Estate.Actions(ctx, ctem.ListQuery{AsOf: ctem.AsOf{Now: d.p.clock.Now()}})
	if err != nil {
		return fmt.Errorf("drill: %w", err)
	}
	for _, a := range page.Items {
		if strings.HasSuffix(a.Locus, "/quillform-core") {
			s.Actions = append(s.Actions, a)
		}
	}
	return nil
}
