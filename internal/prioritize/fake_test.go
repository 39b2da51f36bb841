package prioritize

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// world is a store in memory with what the step asks for.
type world struct {
	cursors    map[ctem.Stream]int64
	exposures  map[int64]ctem.Exposure
	changed    []int64 // exposure stream: numbers by position
	advisories []advisory.Change
	signals    map[string]advisory.Signal
	severities map[string][]advisory.Severity
	feeds      []advisory.Feed
	sources    []twin.Coverage
	decisions  []ctem.Decision
	commits    int
	scope      ctem.Scope
	rescoped   []string // scope stream: services by position
	rulings    []ctem.Ruling
	log        []ctem.AuditEntry
	sensed     []int64                  // detection stream: exposures by position
	seen       map[int64][]twin.Sighted // by place
}

func newWorld() *world {
	return &world{
		cursors: map[ctem.Stream]int64{}, exposures: map[int64]ctem.Exposure{},
		signals: map[string]advisory.Signal{}, severities: map[string][]advisory.Severity{},
		feeds: []advisory.Feed{{Kind: advisory.FeedKEV}}, sources: []twin.Coverage{{Source: "cluster", Class: twin.Observed}},
	}
}

func (w *world) Cursor(_ context.Context, _ string, s ctem.Stream) (int64, error) {
	return w.cursors[s], nil
}

func (w *world) ExposureChanges(_ context.Context, after int64, limit int) ([]int64, int64, error) {
	to := min(int64(len(w.changed)), after+int64(limit))
	return w.changed[after:to], to, nil
}

func (w *world) AdvisoryChanges(_ context.Context, after int64, limit int) ([]advisory.Change, int64, error) {
	to := min(int64(len(w.advisories)), after+int64(limit))
	return w.advisories[after:to], to, nil
}

func (w *world) ExposuresByWeaknessNames(_ context.Context, names []string) (nums []int64, err error) {
	for num, e := range w.exposures {
		if slices.ContainsFunc(Names(&e), func(n string) bool { return slices.Contains(names, n) }) {
			nums = append(nums, num)
		}
	}
	return nums, nil
}

func (w *world) DueDecisions(_ context.Context, now time.Time, _ int) (nums []int64, err error) {
	for num := range w.exposures {
		if d, ok := w.last(num); ok && !d.NextChange.IsZero() && !d.NextChange.After(now) {
			nums = append(nums, num)
		}
	}
	return nums, nil
}

func (w *world) Exposures(_ context.Context, nums []int64) (list []ctem.Exposure, err error) {
	for _, n := range nums {
		e := w.exposures[n]
		if d, ok := w.last(n); ok {
			e.Decision = &d
		}
		list = append(list, e)
	}
	return list, nil
}

func (w *world) Signals(context.Context, []string) (map[string]advisory.Signal, error) {
	return w.signals, nil
}

func (w *world) SeverityOf(context.Context, []string) (map[string][]advisory.Severity, error) {
	return w.severities, nil
}

func (w *world) Feeds(context.Context) ([]advisory.Feed, error) { return w.feeds, nil }

func (w *world) Coverage(context.Context, time.Time) ([]twin.Coverage, error) { return w.sources, nil }

func (w *world) DetectionChanges(_ context.Context, after int64, limit int) ([]int64, int64, error) {
	to := min(int64(len(w.sensed)), after+int64(limit))
	return w.sensed[after:to], to, nil
}

func (w *world) Detections(_ context.Context, places []int64, since time.Time) (map[int64][]twin.Sighted, error) {
	out := map[int64][]twin.Sighted{}
	for _, p := range places {
		for _, s := range w.seen[p] {
			if s.Detection.Last.After(since) {
				out[p] = append(out[p], s)
			}
		}
	}
	return out, nil
}

func (w *world) last(num int64) (d ctem.Decision, ok bool) {
	for _, x := range w.decisions {
		if x.Num == num {
			d, ok = x, true
		}
	}
	return d, ok
}

func (w *world) CommitDecisions(_ context.Context, adv ctem.Advance, list []ctem.Decision) error {
	for _, m := range adv.Moves {
		if w.cursors[m.Stream] != m.From {
			return ctem.ErrRaced
		}
		w.cursors[m.Stream] = m.To
	}
	w.commits++
	w.decisions = append(w.decisions, list...)
	return nil
}

func (w *world) DecisionAt(_ context.Context, num int64, _ ctem.AsOf) (ctem.Decision, bool, error) {
	d, ok := w.last(num)
	return d, ok, nil
}

func (w *world) Scope(context.Context, ctem.AsOf) (ctem.Scope, error) { return w.scope, nil }

func (w *world) ScopeChanges(_ context.Context, after int64, limit int) ([]string, int64, error) {
	to := min(int64(len(w.rescoped)), after+int64(limit))
	return w.rescoped[after:to], to, nil
}

func (w *world) ExposuresOfServices(_ context.Context, services []string) (nums []int64, err error) {
	for num, e := range w.exposures {
		if slices.Contains(services, e.Service) {
			nums = append(nums, num)
		}
	}
	return nums, nil
}

func (w *world) Rulings(_ context.Context, nums []int64, _ ctem.AsOf) (map[int64][]ctem.Ruling, error) {
	out := map[int64][]ctem.Ruling{}
	for _, r := range w.rulings {
		if slices.Contains(nums, r.Num) {
			out[r.Num] = append(out[r.Num], r)
		}
	}
	return out, nil
}

func (w *world) RulingChanges(_ context.Context, after int64, limit int) (nums []int64, last int64, err error) {
	to := min(int64(len(w.rulings)), after+int64(limit))
	for _, r := range w.rulings[after:to] {
		nums = append(nums, r.Num)
	}
	return nums, to, nil
}

func (w *world) AppendRulings(_ context.Context, list []ctem.Ruling, log []ctem.AuditEntry, now time.Time) ([]ctem.Ruling, error) {
	w.log = append(w.log, log...)
	for i := range list {
		list[i].Seq, list[i].At = int64(len(w.rulings)+1), now
		w.rulings = append(w.rulings, list[i])
	}
	return list, nil
}

func (w *world) FindExposure(_ context.Context, id string, _ ctem.AsOf) (ctem.Exposure, error) {
	for num, e := range w.exposures {
		if e.ID == id {
			if d, ok := w.last(num); ok {
				e.Decision = &d
			}
			return e, nil
		}
	}
	return ctem.Exposure{}, fault.New(fault.NotFound, "no exposure %q", id)
}

var today = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

const worstVector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H"

// log4shell runs in checkout, behind a public door.
func log4shell() ctem.Exposure {
	return ctem.Exposure{
		Num: 1, ID: "EXP-1", Revision: 1,
		Weakness: ctem.Weakness{Key: "GHSA-jfh8", Canonical: "CVE-2021-44228", Aliases: []string{"CVE-2021-44228", "GHSA-jfh8"}, Kind: ctem.Vulnerability},
		Locus:    "pkg:maven/org.apache.logging.log4j/log4j-core", Service: "checkout", Environment: "prod",
		State: ctem.Open, Since: today, FirstSeen: today, Fix: "2.17.1", Advisories: []string{"GHSA-jfh8"},
		Instances: []ctem.Instance{{Version: "2.14.1", Source: "records", Class: twin.Observed, Proven: true, Replicas: 3}},
		Running:   ctem.Yes, Reachable: ctem.Yes, Doors: []twin.Door{{Address: "shop.example", Public: true, Via: "Ingress/shop/front"}},
		Freshness: twin.Fresh, SeenAt: today,
	}
}

func theWorld() *world {
	w := newWorld()
	w.exposures[1] = log4shell()
	w.changed = []int64{1}
	w.severities["GHSA-jfh8"] = []advisory.Severity{{Type: "CVSS_V3", Score: worstVector}}
	w.signals["CVE-2021-44228"] = advisory.Signal{
		Name: "CVE-2021-44228",
		KEV:  &advisory.KEV{CVE: "CVE-2021-44228", Added: time.Date(2021, 12, 10, 0, 0, 0, 0, time.UTC), Ransomware: true},
		EPSS: &advisory.EPSS{CVE: "CVE-2021-44228", Score: 0.94358, Date: today},
	}
	return w
}

func (w *world) step(now *time.Time) *Step {
	return &Step{Streams: w, Facts: w, Said: w, Sensors: w, Writer: w, Now: func() time.Time { return *now }}
}

// drain runs the step until it is quiet.
func drain(t *testing.T, s *Step) (rounds int) {
	t.Helper()
	for rounds = 0; rounds < 100; rounds++ {
		n, err := s.Run(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return rounds
		}
	}
	t.Fatal("the step does not become quiet")
	return rounds
}
