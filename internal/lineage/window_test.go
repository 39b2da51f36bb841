package lineage

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

var day = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

func hour(n int) time.Time { return day.Add(time.Duration(n) * time.Hour) }

func intervals(t *rapid.T, name string) (out []Interval) {
	for range rapid.IntRange(0, 4).Draw(t, name) {
		from := rapid.IntRange(0, 20).Draw(t, "from")
		i := Interval{From: hour(from)}
		if rapid.IntRange(0, 3).Draw(t, "open") > 0 {
			i.To = hour(from + rapid.IntRange(0, 10).Draw(t, "for"))
		}
		out = append(out, i)
	}
	return out
}

func moment(t *rapid.T, name string) time.Time {
	if n := rapid.IntRange(0, 24).Draw(t, name); n > 0 {
		return hour(n)
	}
	return time.Time{}
}

func anyHolds(list []Interval, at time.Time) bool {
	for _, i := range list {
		if i.holds(at) {
			return true
		}
	}
	return false
}

// The windows agree with a reading moment by moment, and their lengths with the
// moments that they have.
func TestWindows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := Life{
			Disclosed: moment(t, "disclosed"), Detected: moment(t, "detected"), Fix: moment(t, "fix"), Live: intervals(t, "live"), Doors: intervals(t, "doors"),
			Now: hour(rapid.IntRange(0, 30).Draw(t, "now")),
		}
		w := l.Windows()
		lengths := map[*Window]time.Duration{}
		for h := range 40 {
			at := hour(h)
			if !at.Before(l.Now) {
				break
			}
			exposed := anyHolds(l.Live, at) && !at.Before(l.Disclosed)
			for _, x := range []struct {
				name string
				w    *Window
				want bool
			}{
				{"exposed", &w.Exposed, exposed},
				{"unseen", &w.Unseen, exposed && (l.Detected.IsZero() || at.Before(l.Detected))},
				{"open door", &w.OpenDoor, exposed && anyHolds(l.Doors, at)},
				{"fixable", &w.Fixable, exposed && !l.Fix.IsZero() && !at.Before(l.Fix)},
			} {
				if got := anyHolds(x.w.Parts, at); got != x.want {
					t.Fatalf("%s at hour %d: %v, want %v\n%+v\n%+v", x.name, h, got, x.want, l, w)
				}
				if x.want {
					lengths[x.w] += time.Hour
				}
			}
		}
		for _, x := range []*Window{&w.Exposed, &w.Unseen, &w.OpenDoor, &w.Fixable} {
			if x.For != lengths[x] {
				t.Fatalf("%v long, want %v: %+v", x.For, lengths[x], x)
			}
			for i := range x.Parts {
				if i > 0 && !x.Parts[i-1].To.Before(x.Parts[i].From) {
					t.Fatalf("parts touch, or are out of order: %+v", x.Parts)
				}
				if last := i == len(x.Parts)-1; x.Parts[i].To.IsZero() != (last && x.Open) {
					t.Fatalf("open: %v, %+v", x.Open, x.Parts)
				}
			}
		}
	})
}

func TestFirstDoor(t *testing.T) {
	t.Parallel()
	l := Life{Live: []Interval{{hour(5), hour(9)}}, Doors: []Interval{{hour(1), hour(2)}, {hour(4), hour(6)}, {hour(8), time.Time{}}}}
	if got := l.FirstDoor(); !got.Equal(hour(4)) {
		t.Errorf("%v", got)
	}
	l.Doors = l.Doors[:1]
	if got := l.FirstDoor(); !got.IsZero() {
		t.Errorf("%v", got)
	}
}
