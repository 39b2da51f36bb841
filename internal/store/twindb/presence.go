package twindb

import (
	"cmp"
	"slices"

	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// presence is a stretch in which a claim was there. until forever: it still is.
type presence struct {
	since, until int64
	class        twin.Class
}

// joinPresence joins run-time stretches that follow each other without a gap.
// Declared ones stay apart: a declaration counts from when it was last made.
func joinPresence(list []presence) (out []presence) {
	for _, p := range list {
		n := len(out) - 1
		if n >= 0 && out[n].until == p.since && out[n].class == p.class && p.class == twin.Observed {
			out[n].until = p.until
			continue
		}
		out = append(out, p)
	}
	return out
}

func presenceOf[S any](spans []S, span func(S) twin.Span, class map[int64]twin.Class) (out []presence) {
	for _, s := range spans {
		sp := span(s)
		p := presence{sqldb.Micros(sp.From), sqldb.Forever, class[sp.State]}
		if !sp.To.IsZero() {
			p.until = sqldb.Micros(sp.To)
		}
		out = append(out, p)
	}
	return joinPresence(out)
}

// splice replaces what a claim's presence was from the first change on.
func splice(have, before, after []presence) []presence {
	from := sqldb.Forever
	for _, list := range [][]presence{before, after} {
		if len(list) > 0 {
			from = min(from, list[0].since)
		}
	}
	var out []presence
	for _, p := range have {
		if p.since >= from {
			continue
		}
		p.until = min(p.until, from)
		out = append(out, p)
	}
	return joinPresence(append(out, after...))
}

// presenceCommit is the part of a commit about when claims were there at all.
type presenceCommit struct{ *twinCommit }

// putPresence keeps the presence of changed claims. Most changes are from one
// state to another and leave it as it is.
func (c presenceCommit) putPresence(changes []twin.ClaimChange) error {
	class, err := c.classes(changes)
	if err != nil {
		return err
	}
	type change struct{ before, after []presence }
	changed := map[int64]change{}
	var claims []int64
	for _, ch := range changes {
		if c.places[ch.Claim] == 0 {
			continue
		}
		before := presenceOf(ch.Before, func(h twin.Held) twin.Span { return h.Span }, class)
		after := presenceOf(ch.After, func(s twin.Span) twin.Span { return s }, class)
		if !slices.Equal(before, after) {
			changed[ch.Claim] = change{before, after}
			claims = append(claims, ch.Claim)
		}
	}
	slices.Sort(claims)
	have, err := c.presenceOf(claims)
	if err != nil {
		return err
	}
	var rows []any
	for _, claim := range claims {
		is := splice(have[claim], changed[claim].before, changed[claim].after)
		for _, p := range have[claim] {
			if slices.ContainsFunc(is, func(n presence) bool { return n.since == p.since }) {
				continue
			}
			if _, err := c.Exec(`DELETE FROM presence WHERE place = ? AND claim = ? AND since = ?`, c.places[claim], claim, p.since); err != nil {
				return err
			}
		}
		for _, p := range is {
			rows = append(rows, c.places[claim], claim, p.since, p.until, string(p.class))
		}
	}
	return c.Insert(`INSERT INTO presence (place, claim, since, until, class) VALUES`, 5, rows,
		`ON CONFLICT (place, claim, since) DO UPDATE SET until = excluded.until, class = excluded.class`)
}

// classes reads the class of every state that the changes speak of.
func (c presenceCommit) classes(changes []twin.ClaimChange) (map[int64]twin.Class, error) {
	var states []int64
	for _, ch := range changes {
		for _, h := range ch.Before {
			states = append(states, h.State)
		}
		for _, s := range ch.After {
			states = append(states, s.State)
		}
	}
	slices.Sort(states)
	states = slices.Compact(states)
	out := make(map[int64]twin.Class, len(states))
	err := c.In(`SELECT id, class FROM state WHERE id IN (?*)`, sqldb.Anys(states), func(r sqldb.Scanner) error {
		var id int64
		var class twin.Class
		err := r.Scan(&id, &class)
		out[id] = class
		return err
	})
	return out, err
}

// presenceOf returns the rows of claims in order of time.
func (c presenceCommit) presenceOf(claims []int64) (map[int64][]presence, error) {
	out := map[int64][]presence{}
	keys := make([]any, 0, 2*len(claims))
	for _, claim := range claims {
		keys = append(keys, c.places[claim], claim)
	}
	err := c.ByKeys("ii", `SELECT p.claim, p.since, p.until, p.class FROM k CROSS JOIN presence p WHERE p.place = k.a AND p.claim = k.b`, keys,
		func(r sqldb.Scanner) error {
			var claim int64
			var p presence
			err := r.Scan(&claim, &p.since, &p.until, &p.class)
			out[claim] = append(out[claim], p)
			return err
		})
	for _, list := range out {
		slices.SortFunc(list, func(a, b presence) int { return cmp.Compare(a.since, b.since) })
	}
	return out, err
}
