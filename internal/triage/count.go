package triage

import (
	"cmp"
	"slices"

	"github.com/tidemark/tidemark/internal/ctem"
)

// Totals are the numbers that stand in headlines, of one query.
type Totals struct {
	All                            int
	Words                          Words
	Late, Soon                     int // sla:late, sla:due7
	New, Unowned, Regressed, Ruled int // is:new, is:unowned, is:regressed, by:person
	Excepted, UnknownReach, Aged   int // is:excepted, reach:unknown, fresh:stale,unknown
}

// Words counts the decisions in force.
type Words struct{ ActNow, Schedule, Watch, NoAction, Undecided int }

// SlaBar is how the deadlines of one owner stand. Query lists all of its rows;
// with sla:late, sla:due7, sla:later or sla:none behind it those of one part.
type SlaBar struct {
	Owner                     string // "": nobody's
	Late, Soon, OnTime, NoDue int
	Query                     string
}

// Counts gives the total of each query. All are of one moment.
func (x *Index) Counts(queries []Query) ([]int, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	out := make([]int, len(queries))
	for i, q := range queries {
		v, err := x.view(q)
		if err != nil {
			return nil, err
		}
		out[i] = v.rows().count()
	}
	return out, nil
}

// Totals counts the headlines of a query.
func (x *Index) Totals(q Query) (Totals, error) {
	v, done, err := x.look(q)
	if err != nil {
		return Totals{}, err
	}
	defer done()
	rows := v.rows()
	words := tally(rows, v.stand.decision, len(decisionCodes.values))
	sla := tally(rows, v.slaColumn(), len(slaCodes.values))
	fresh := tally(rows, v.from.fresh, len(freshCodes.values))
	t := Totals{
		All: rows.count(), Words: Words{words[wordAct], words[3], words[2], words[1], words[0]},
		Late: sla[slaLate], Soon: sla[slaSoon],
		UnknownReach: tally(rows, v.gates.reach, 3)[triUnknown], Aged: fresh[0] + fresh[1],
		Excepted: tally(rows, v.stand.treatment, len(treatmentCodes.values))[treatExcepted],
	}
	owners := v.place.owner.named([]string{none})
	people := v.stand.by.named([]string{anything})
	week := v.now - 7*day
	rows.each(func(slot int) {
		t.Unowned += int(owners[v.place.owner.codes[slot]])
		t.Ruled += int(people[v.stand.by.codes[slot]])
		if v.stand.regressions[slot] > 0 {
			t.Regressed++
		}
		if first := v.clock.first[slot]; first != 0 && first > week {
			t.New++
		}
	})
	return t, nil
}

// Sla counts the deadlines by owner, the one with most late rows first.
func (x *Index) Sla(q Query) ([]SlaBar, error) {
	v, done, err := x.look(q)
	if err != nil {
		return nil, err
	}
	defer done()
	column := v.slaColumn()
	owners := v.place.owner
	counts := make([][4]int, len(owners.texts))
	v.rows().each(func(slot int) { counts[owners.codes[slot]][column[slot]]++ })
	if id := slices.Index(owners.texts, none); id > 0 {
		for i, n := range counts[id] {
			counts[0][i] += n
		}
		counts[id] = [4]int{}
	}
	base := queryText(q.Terms)
	var out []SlaBar
	for code, c := range counts {
		if c == [4]int{} {
			continue
		}
		text := owners.texts[code]
		term := ctem.Term{Key: "owner", Op: ":", Values: []string{cmp.Or(text, none)}}
		out = append(out, SlaBar{
			Owner: text, Late: c[slaLate], Soon: c[slaSoon], OnTime: c[slaLater], NoDue: c[slaNone],
			Query: joinQuery(base, termText(term)),
		})
	}
	slices.SortFunc(out, func(a, b SlaBar) int {
		return cmp.Or(cmp.Compare(b.Late, a.Late), cmp.Compare(b.Soon, a.Soon), cmp.Compare(b.OnTime, a.OnTime), cmp.Compare(a.Owner, b.Owner))
	})
	return out, nil
}
