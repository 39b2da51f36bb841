package demo

import (
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/fault"
)

// The shape of a history.
const (
	weeks       = 26
	dayLength   = 24 * time.Hour
	past        = 2 * dayLength // in which run-time sources were expected to report
	every       = 8 * time.Hour // in which they are expected to now
	feedDay     = 0             // of a week: the feeds are looked at
	stagingDay  = 1             // releases go to staging
	prodDay     = 4             // and from there to where customers are
	declaredDay = 5             // and into the manifests of the places nobody looks at
	days        = weeks * 7
)

// fleet is what runs where: environment → service → build.
type fleet map[string]map[string]*build

// history computes, day by day, who ships what.
type history struct {
	*table
	feeds  *feeds
	now    time.Time
	builds map[string]map[string]*build // service → version
	fleet  fleet
}

func newHistory(t *table, f *feeds, now time.Time) (*history, error) {
	h := &history{table: t, feeds: f, now: now.UTC().Truncate(time.Second), builds: map[string]map[string]*build{}, fleet: fleet{}}
	for i := range t.Services {
		s := &t.Services[i]
		b, err := t.first(s)
		if err != nil {
			return nil, err
		}
		h.builds[s.Name] = map[string]*build{b.version: b}
		for j := range s.Releases {
			r := &s.Releases[j]
			if r.Rollback != "" {
				continue
			}
			if b, err = t.next(b, r); err != nil {
				return nil, err
			}
			h.builds[s.Name][b.version] = b
		}
	}
	for _, e := range t.Environments {
		h.fleet[e.Name] = map[string]*build{}
	}
	return h, nil
}

// day is the moment at which a day's evidence is taken: at the same hour each
// day, the last one a day before now.
func (h *history) day(n int) time.Time { return h.now.Add(time.Duration(n-days) * dayLength) }

// ship moves the fleet on by a day and returns the builds that ran nowhere
// before.
func (h *history) ship(day int) (fresh []*build, err error) {
	week := day / 7
	for i := range h.Services {
		s := &h.Services[i]
		if day%7 == feedDay && s.First == week {
			fresh = append(fresh, h.builds[s.Name][s.Version])
			for _, e := range s.Envs {
				h.fleet[e][s.Name] = h.builds[s.Name][s.Version]
			}
		}
		for j := range s.Releases {
			r := &s.Releases[j]
			if r.Week != week {
				continue
			}
			b := h.builds[s.Name][r.Version+r.Rollback]
			if b == nil {
				return nil, fault.New(fault.Internal, "the demo rolls %s back to %s, which it never had", s.Name, r.Rollback)
			}
			if h.roll(day%7, s, r, b) {
				fresh = append(fresh, b)
			}
		}
	}
	return fresh, nil
}

// roll brings a release where it goes that day, and reports whether it is its
// first appearance.
func (h *history) roll(weekday int, s *service, r *release, b *build) (appears bool) {
	for _, e := range h.Environments {
		if !slices.Contains(s.Envs, e.Name) || len(r.Only) > 0 && !slices.Contains(r.Only, e.Name) {
			continue
		}
		if weekday == dayOf(&e, r) {
			h.fleet[e.Name][s.Name] = b
			appears = appears || e.Name == "staging"
		}
	}
	return appears && r.Rollback == ""
}

func dayOf(e *environment, r *release) int {
	switch {
	case e.Declared:
		return declaredDay
	case e.Name == "staging":
		return stagingDay
	case r.ProdDay > 0:
		return r.ProdDay
	}
	return prodDay
}

// records are what the run-time sources that speak at a time see.
func (h *history) records(at time.Time) []record {
	var list []record
	for i := range h.Environments {
		e := &h.Environments[i]
		if e.Declared || e.Silent > 0 && at.After(h.silence(e)) {
			continue
		}
		list = append(list, h.seen(e)...)
	}
	return list
}

// silence is when a source that has fallen silent spoke last.
func (h *history) silence(e *environment) time.Time {
	return h.now.Add(-time.Duration(e.Silent) * time.Hour)
}

func (h *history) seen(e *environment) []record {
	var list []record
	for i := range h.Services {
		if b := h.fleet[e.Name][h.Services[i].Name]; b != nil {
			list = append(list, h.record(&h.Services[i], e, b))
		}
	}
	return list
}
