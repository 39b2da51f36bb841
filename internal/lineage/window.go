package lineage

import (
	"slices"
	"time"
)

// Interval is a stretch of time, half-open; a zero To: it goes on.
type Interval struct{ From, To time.Time }

// holds reports whether the stretch has a moment.
func (i Interval) holds(t time.Time) bool {
	return !t.Before(i.From) && (i.To.IsZero() || t.Before(i.To))
}

// Life is what is known of a weakness at a workload over time. Zero times are not
// known, or not yet.
type Life struct {
	Disclosed time.Time
	Detected  time.Time  // when it was first known here
	Fix       time.Time  // from when a version that fixes it is known
	HasFix    bool       // there is one, whether or not it is known since when
	Fixed     time.Time  // when it was last seen to be gone
	Live      []Interval // when the weakness was there, as is known now
	Runs      []Interval // when what is affected ran; nil: not known
	Doors     []Interval // when a door from outside led there
	DoorsTold bool       // all doors that there are were told
	Now       time.Time
}

// Window is a stretch between moments, in all its parts.
type Window struct {
	Parts []Interval
	For   time.Duration // up to Now, where it goes on
	Open  bool          // it still grows
	Known bool          // else For is a lower bound
}

// Windows are how long the weakness was what.
type Windows struct {
	Exposed  Window // there, and disclosed
	Unseen   Window // exposed, and not yet known here
	OpenDoor Window // exposed, with a door from outside
	Fixable  Window // exposed, with a fix known
}

// Windows computes the windows of a life from its intervals alone.
func (l *Life) Windows() Windows {
	exposed := Union(l.Live)
	if !l.Disclosed.IsZero() {
		exposed = Intersect(exposed, []Interval{{From: l.Disclosed}})
	}
	var unseen, fixable []Interval
	if l.Detected.IsZero() {
		unseen = exposed
	} else {
		unseen = Intersect(exposed, []Interval{{To: l.Detected}})
	}
	if !l.Fix.IsZero() {
		fixable = Intersect(exposed, []Interval{{From: l.Fix}})
	}
	return Windows{
		Exposed:  l.window(exposed, true),
		Unseen:   l.window(unseen, true),
		OpenDoor: l.window(Intersect(exposed, Union(l.Doors)), l.DoorsTold || len(l.Doors) > 0),
		Fixable:  l.window(fixable, !l.HasFix || !l.Fix.IsZero()),
	}
}

// window measures intervals up to now; what has not begun by then is left out.
func (l *Life) window(parts []Interval, known bool) Window {
	w := Window{Known: known}
	for _, p := range parts {
		if !p.From.Before(l.Now) {
			continue
		}
		end := p.To
		if end.IsZero() || end.After(l.Now) {
			p.To, end, w.Open = time.Time{}, l.Now, true
		}
		w.Parts, w.For = append(w.Parts, p), w.For+end.Sub(p.From)
	}
	return w
}

// FirstDoor is when a door first opened onto the weakness, zero where none did: the
// beginning of the earliest stretch with a door in which it was there.
func (l *Life) FirstDoor() time.Time {
	for _, d := range Union(l.Doors) {
		if len(Intersect([]Interval{d}, Union(l.Live))) > 0 {
			return d.From
		}
	}
	return time.Time{}
}

// Union is all moments of some intervals, as intervals in order that do not touch.
func Union(list []Interval) (out []Interval) {
	list = slices.DeleteFunc(slices.Clone(list), func(i Interval) bool { return !i.To.IsZero() && !i.From.Before(i.To) })
	slices.SortFunc(list, func(a, b Interval) int { return a.From.Compare(b.From) })
	for _, i := range list {
		n := len(out) - 1
		if n < 0 || !out[n].To.IsZero() && out[n].To.Before(i.From) {
			out = append(out, i)
			continue
		}
		if out[n].To.IsZero() || !i.To.IsZero() && !i.To.After(out[n].To) {
			continue
		}
		out[n].To = i.To
	}
	return out
}

// Intersect is all moments that two lists of intervals, each as Union gives them,
// have in common.
func Intersect(a, b []Interval) (out []Interval) {
	for _, x := range a {
		for _, y := range b {
			i := Interval{From: x.From, To: x.To}
			if y.From.After(i.From) {
				i.From = y.From
			}
			if i.To.IsZero() || !y.To.IsZero() && y.To.Before(i.To) {
				i.To = y.To
			}
			if i.To.IsZero() || i.From.Before(i.To) {
				out = append(out, i)
			}
		}
	}
	return out
}
