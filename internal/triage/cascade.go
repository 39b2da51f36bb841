package triage

import (
	"strings"

	"github.com/tidemark/tidemark/internal/ctem"
)

// Cascade is the funnel: found, running, reachable, exploitable, matters, act
// now. Yes and unknown pass on, no drops out: of each bar Yes, Unknown and No
// add up to In, which is Yes and Unknown of the bar before.
type Cascade struct {
	Total int // rows of the query; In of the first bar
	Bars  []Bar
	// ActNowOutside are those that are to be acted on though a gate says no.
	ActNowOutside      int
	ActNowOutsideQuery string
}

// Bar is one bar of the funnel, with the queries that list its rows.
type Bar struct {
	Key, Label       string
	In               int
	Yes, Unknown, No int
	Queries          BarQueries
}

// BarQueries are the whole queries whose totals are the numbers of a bar.
// Passed is Yes and Unknown together.
type BarQueries struct{ In, Passed, Yes, Unknown, No string }

// step is a gate of the funnel as the query language has it.
type step struct{ key, label string }

var steps = []step{{"found", "Found"}, {"running", "Running"}, {"reach", "Reachable"}, {"exploit", "Exploitable"}, {"matters", "Matters"}}

// ladder is the columns of the steps.
func (t *table) ladder() [][]uint8 {
	return [][]uint8{t.gates.found, t.gates.running, t.gates.reach, t.gates.exploit, t.gates.matters}
}

// Cascade counts the funnel of a query.
func (x *Index) Cascade(q Query) (Cascade, error) {
	v, done, err := x.look(q)
	if err != nil {
		return Cascade{}, err
	}
	defer done()
	rows := v.rows()
	ladder := v.ladder()
	counts := make([][3]int, len(ladder))
	acts := [3]int{} // by the answer of the last bar
	c := Cascade{Total: rows.count()}
	rows.each(func(slot int) {
		passed := true
		for i, column := range ladder {
			counts[i][column[slot]]++
			if passed = column[slot] != triNo; !passed {
				break
			}
		}
		decision := v.stand.decision[slot]
		switch {
		case passed:
			acts[actAnswer(decision)]++
		case decision == wordAct:
			c.ActNowOutside++
		}
	})
	base := queryText(q.Terms)
	in := c.Total
	for i, s := range steps {
		c.Bars = append(c.Bars, bar(s, in, counts[i], base))
		base = joinQuery(base, passing(s, counts[i]))
		in -= counts[i][triNo]
	}
	c.Bars = append(c.Bars, actBar(in, acts, base))
	c.ActNowOutsideQuery = joinQuery(queryText(q.Terms), "decision:act passed:no")
	return c, nil
}

// actAnswer is the last bar's answer: what is undecided may have to be acted on.
func actAnswer(decision uint8) int {
	switch decision {
	case wordAct:
		return triYes
	case 0:
		return triUnknown
	}
	return triNo
}

// passing is the term that a gate leaves for the bars behind it. Everything is
// found, so that gate mostly needs no words.
func passing(s step, counts [3]int) string {
	if s.key == "found" && counts[triNo] == 0 {
		return ""
	}
	return s.key + ":yes,unknown"
}

func bar(s step, in int, counts [3]int, base string) Bar {
	return Bar{
		Key: s.key, Label: s.label, In: in, Yes: counts[triYes], Unknown: counts[triUnknown], No: counts[triNo],
		Queries: BarQueries{
			In: base, Passed: joinQuery(base, passing(s, counts)), Yes: joinQuery(base, s.key+":yes"),
			Unknown: joinQuery(base, s.key+":unknown"), No: joinQuery(base, s.key+":no"),
		},
	}
}

func actBar(in int, acts [3]int, base string) Bar {
	return Bar{
		Key: "act", Label: "Act now", In: in, Yes: acts[triYes], Unknown: acts[triUnknown], No: acts[triNo],
		Queries: BarQueries{
			In: base, Passed: joinQuery(base, "decision:act,undecided"), Yes: joinQuery(base, "decision:act"),
			Unknown: joinQuery(base, "decision:undecided"), No: joinQuery(base, "decision:schedule,watch,none"),
		},
	}
}

// queryText writes terms as a query that reads back as them. Plain values
// stand without quotes, so that people can read it.
func queryText(terms []ctem.Term) string {
	parts := make([]string, len(terms))
	for i, t := range terms {
		parts[i] = termText(t)
	}
	return strings.Join(parts, " ")
}

// termText is the shortest way to write a term that reads back as it.
func termText(t ctem.Term) string {
	full := t.String()
	if t.Op != ":" {
		return strings.ReplaceAll(full, `"`, "")
	}
	short := full
	if t.Key != ctem.TextKey {
		short = strings.ReplaceAll(full, `"`, "")
	}
	if back, err := ctem.ParseQuery(short); err == nil && len(back) == 1 && back[0].String() == full {
		return short
	}
	return full
}

// QueryText writes terms as a query for a link: ctem.ParseQuery reads them back.
func QueryText(terms []ctem.Term) string { return queryText(terms) }

func joinQuery(parts ...string) string {
	var full []string
	for _, p := range parts {
		if p != "" {
			full = append(full, p)
		}
	}
	return strings.Join(full, " ")
}
