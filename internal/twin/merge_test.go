package twin

import (
	"testing"
	"time"
)

func TestMergeClaims(t *testing.T) {
	t.Parallel()
	day := func(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }
	claim := func(name string, class Class, from, to int) Claim {
		c := Claim{Source: name, Class: class, From: day(from)}
		if to > 0 {
			c.To = day(to)
		}
		return c
	}
	for _, c := range []struct {
		name    string
		claims  []Claim
		at      int
		running string
		doors   int
		ended   bool
	}{
		{"nothing", nil, 5, "", 0, false},
		{"declared_alone", []Claim{claim("d", Declared, 1, 0)}, 5, "d", 0, false},
		{"observed_decides", []Claim{claim("d", Declared, 1, 0), claim("o", Observed, 2, 0)}, 5, "o", 1, false},
		{"two_observers", []Claim{claim("o", Observed, 1, 0), claim("p", Observed, 2, 0)}, 5, "op", 0, false},
		{"ended_beats_an_older_declaration", []Claim{claim("d", Declared, 1, 0), claim("o", Observed, 2, 4)}, 5, "", 0, true},
		{"declared_again_after_the_end", []Claim{claim("d", Declared, 1, 4), claim("o", Observed, 2, 3), claim("e", Declared, 4, 0)}, 5, "e", 0, true},
		{"before_it_began", []Claim{claim("o", Observed, 6, 0)}, 5, "", 0, false},
		{"another_observer_still_sees_it", []Claim{claim("o", Observed, 1, 3), claim("p", Observed, 1, 0)}, 5, "p", 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := MergeClaims(c.claims, day(c.at))
			running := ""
			for _, r := range m.Running {
				running += r.Source
			}
			if running != c.running || len(m.Doors) != c.doors || m.Ended != c.ended {
				t.Errorf("running %q, %d doors, ended %v", running, len(m.Doors), m.Ended)
			}
		})
	}
}
