package demo

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var now = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// played runs through a history and writes down what all sources say each day.
func played(t *testing.T, at time.Time) (*history, []string) {
	t.Helper()
	tab, f := loaded(t)
	h, err := newHistory(tab, f, at)
	if err != nil {
		t.Fatal(err)
	}
	var days []string
	for n := range weeks * 7 {
		if _, err := h.ship(n); err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(h.records(h.day(n)))
		if err != nil {
			t.Fatal(err)
		}
		days = append(days, string(b))
	}
	return h, days
}

func TestTheSameNowGivesTheSameHistory(t *testing.T) {
	t.Parallel()
	_, a := played(t, now)
	_, b := played(t, now)
	_, later := played(t, now.AddDate(1, 0, 0))
	if diff := cmp.Diff(a, b); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(a, later); diff != "" {
		t.Errorf("what ships depends on the date: %s", diff)
	}
}

func TestStagingComesFirst(t *testing.T) {
	t.Parallel()
	tab, f := loaded(t)
	h, err := newHistory(tab, f, now)
	if err != nil {
		t.Fatal(err)
	}
	staged := map[*build]bool{}
	for n := range days {
		fresh, err := h.ship(n)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range fresh {
			staged[b] = true
		}
		for env, services := range h.fleet {
			for name, b := range services {
				if !staged[b] {
					t.Fatalf("day %d: %s %s runs in %s before it was seen", n, name, b.version, env)
				}
			}
		}
	}
	if got := h.fleet["prod-eu"]["checkout"].version; got != "3.5.0" {
		t.Errorf("checkout in prod-eu is %s: not rolled back", got)
	}
	if got := h.fleet["prod-us"]["checkout"].version; got != "3.6.0" {
		t.Errorf("checkout in prod-us is %s", got)
	}
}

func TestASilentSourceStopsSpeaking(t *testing.T) {
	t.Parallel()
	h, _ := played(t, now)
	speaks := func(at time.Time) bool {
		return slices.ContainsFunc(h.records(at), func(r record) bool { return r.Environment == "prod-ap" })
	}
	if !speaks(now.Add(-31*time.Hour)) || speaks(now.Add(-30*time.Hour)) || speaks(now) {
		t.Error("prod-ap was to fall silent 31 hours ago")
	}
}

func TestSourcesSpeakOftenEnough(t *testing.T) {
	t.Parallel()
	last := 0
	for n := 1; n < days; n++ {
		if !reports(n) {
			continue
		}
		if gap := time.Duration(n-last) * dayLength; gap > 3*past {
			t.Errorf("nobody speaks between day %d and %d", last, n)
		}
		last = n
	}
	if !drains(0) || !drains(days-2) { // the last week's releases are known before the last day
		t.Error("the first and the last week are to be computed at once")
	}
}

func TestDocumentsAreCycloneDX(t *testing.T) {
	t.Parallel()
	h, _ := played(t, now)
	b := h.fleet["prod-us"]["checkout"]
	body, err := h.document(b, now)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"specVersion":"1.6"`, `"pkg:maven/org.apache.commons/commons-text@1.10.0"`, `upstream=openssl`, `checkout`} {
		if !bytes.Contains(body, []byte(want)) {
			t.Errorf("the document does not have %s", want)
		}
	}
	again, err := h.document(b, now)
	if err != nil || !bytes.Equal(body, again) {
		t.Errorf("the same build gives two documents (%v)", err)
	}
}

func TestFeedsAreAsOfTheirDay(t *testing.T) {
	t.Parallel()
	_, f := loaded(t)
	june := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	if !f.news(june, now) || f.news(now, now.AddDate(0, 1, 0)) {
		t.Error("something was published after June 2026, and nothing after the excerpt")
	}
	if got := f.catalogue(time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC)); !strings.Contains(string(got), `"count":1`) {
		t.Errorf("at the beginning of 2022 one entry was listed: %s", got)
	}
}

func TestScopeGrows(t *testing.T) {
	t.Parallel()
	tab, _ := loaded(t)
	first, last := string(tab.scopeFile(0)), string(tab.scopeFile(weeks))
	for _, late := range []string{"event-collector", "report-builder"} {
		if strings.Contains(first, late) || !strings.Contains(last, late) {
			t.Errorf("%s is scoped when it comes, not before", late)
		}
	}
	for _, want := range []string{
		"  - name: report-builder\n    tier: 3\n    data: [financial]\n", // nobody owns it
		"  - name: storefront\n    title: Storefront\n", "  - name: payments\n", "  - name: insights\n",
	} {
		if !strings.Contains(last, want) {
			t.Errorf("the scope does not say %q:\n%s", want, last)
		}
	}
}

func TestClock(t *testing.T) {
	t.Parallel()
	c := NewClock(func() time.Time { return now })
	past := now.AddDate(0, -1, 0)
	c.set(past)
	if got := c.Now(); !got.Equal(past) {
		t.Errorf("the clock shows %s", got)
	}
	c.release()
	if got := c.Now(); !got.Equal(now) {
		t.Errorf("the clock that runs again shows %s", got)
	}
}

func TestVersionsCountUp(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]string{"4.2.0": "4.2.1", "3.5.9": "3.5.10", "7": "8"} {
		if got := bump(version); got != want {
			t.Errorf("after %s comes %s, want %s", version, got, want)
		}
	}
}
