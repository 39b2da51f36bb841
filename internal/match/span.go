package match

import (
	"slices"
	"strings"

	"github.com/google/osv-scalibr/semantic"

	"github.com/tidemark/tidemark/internal/advisory"
)

// bound is one event of a range with its version. A bound without a version
// is OSV's "0": lower than every version.
type bound struct {
	version semantic.Version
	text    string
	kind    boundKind
}

type boundKind int

const (
	introduced boundKind = iota
	fixed
	lastAffected
)

// span is the part of a range in which a version lies.
type span struct {
	from  string  // "0" for the beginning
	until *bound  // nil: without end
	fixes []bound // the range's fixed versions above the version, ascending
}

// spanOf applies OSV's rule: the events are put into version order, and the
// last that the version has reached decides. It returns nil when the version
// is outside, or beyond the range's limits.
//
// Events at one version: what closes an open span comes before what opens the
// next, so that touching spans have no hole and an empty span stays empty,
// whatever order the record has.
func (o *order) spanOf(v semantic.Version, r advisory.Range) (*span, error) {
	if past, err := o.pastOnlyFix(v, r.Events); past || err != nil {
		return nil, err
	}
	if isPair(r.Events) {
		return o.pairSpan(v, r.Events)
	}
	return o.anySpan(v, r.Events)
}

// anySpan is spanOf for any list of events.
func (o *order) anySpan(v semantic.Version, events []advisory.Event) (*span, error) {
	within, err := o.withinLimits(v, events)
	if err != nil || !within {
		return nil, err
	}
	reached, ahead, err := o.split(v, events)
	if err != nil {
		return nil, err
	}
	from := openedBy(reached)
	if from == nil {
		return nil, nil
	}
	return &span{from: from.text, until: end(ahead), fixes: onlyFixes(ahead)}, nil
}

// pastOnlyFix answers the most common question, whether a version has reached
// the one fix of a range that begins at "0", without laying out its events.
func (o *order) pastOnlyFix(v semantic.Version, events []advisory.Event) (bool, error) {
	if len(events) != 2 || events[0] != (advisory.Event{Introduced: "0"}) || events[1] != (advisory.Event{Fixed: events[1].Fixed}) {
		return false, nil
	}
	if events[1].Fixed == "0" || events[1].Fixed == "" {
		return events[1].Fixed == "0", nil
	}
	f, err := o.parse(events[1].Fixed)
	if err != nil {
		return false, err
	}
	c, err := v.Compare(f)
	return c >= 0, err
}

// isPair reports whether events are what nearly all are: one that opens, then
// one that closes.
func isPair(events []advisory.Event) bool {
	if len(events) != 2 || events[0] != (advisory.Event{Introduced: events[0].Introduced}) || events[0].Introduced == "" {
		return false
	}
	e := &events[1]
	return e.Introduced == "" && e.Limit == "" && (e.Fixed == "") != (e.LastAffected == "")
}

// pairSpan is anySpan for a pair: it gives the same answer without putting
// anything into order, unless the version has reached both.
func (o *order) pairSpan(v semantic.Version, events []advisory.Event) (*span, error) {
	opens, closes := bound{text: events[0].Introduced, kind: introduced}, bound{text: events[1].Fixed, kind: fixed}
	if closes.text == "" {
		closes = bound{text: events[1].LastAffected, kind: lastAffected}
	}
	opened, err := o.reaches(v, &opens)
	if err != nil {
		return nil, err
	}
	closed, err := o.reaches(v, &closes)
	if err != nil || !opened {
		return nil, err
	}
	if closed {
		// The one that closes is the later in any sane record.
		c, err := compareBounds(opens, closes)
		if err != nil || c <= 0 {
			return nil, err
		}
		return &span{from: opens.text}, nil
	}
	ahead := []bound{closes}
	return &span{from: opens.text, until: &ahead[0], fixes: onlyFixes(ahead)}, nil
}

// reaches parses a bound and reports whether v has reached it. Last-affected is
// reached once v is past it.
func (o *order) reaches(v semantic.Version, b *bound) (bool, error) {
	if b.text == "0" && b.kind != lastAffected {
		return true, nil
	}
	var err error
	if b.version, err = o.parse(b.text); err != nil {
		return false, err
	}
	side, err := v.Compare(b.version)
	return side > 0 || (side == 0 && b.kind != lastAffected), err
}

// withinLimits: a range with limits holds only below one of them.
func (o *order) withinLimits(v semantic.Version, events []advisory.Event) (bool, error) {
	within := true
	for _, e := range events {
		if e.Limit == "" {
			continue
		}
		if e.Limit == "*" {
			return true, nil
		}
		limit, err := o.parse(e.Limit)
		if err != nil {
			return false, err
		}
		c, err := v.Compare(limit)
		if err != nil || c < 0 {
			return c < 0, err
		}
		within = false
	}
	return within, nil
}

// split parts the bounds into those that v has reached and those ahead of it,
// each in version order.
func (o *order) split(v semantic.Version, events []advisory.Event) (reached, ahead []bound, err error) {
	for _, b := range bounds(events) {
		past, err := o.reaches(v, &b)
		if err != nil {
			return nil, nil, err
		}
		if past {
			reached = append(reached, b)
			continue
		}
		ahead = append(ahead, b)
	}
	if err := sorted(reached); err != nil {
		return nil, nil, err
	}
	return reached, ahead, sorted(ahead)
}

// bounds flattens events; an event should have one field, but all that it has count.
func bounds(events []advisory.Event) []bound {
	list := make([]bound, 0, len(events))
	for _, e := range events {
		if e.Introduced != "" {
			list = append(list, bound{text: e.Introduced, kind: introduced})
		}
		if e.Fixed != "" {
			list = append(list, bound{text: e.Fixed, kind: fixed})
		}
		if e.LastAffected != "" {
			list = append(list, bound{text: e.LastAffected, kind: lastAffected})
		}
	}
	return list
}

func sorted(list []bound) error {
	if len(list) < 2 {
		return nil
	}
	var failed error
	slices.SortStableFunc(list, func(a, b bound) int {
		c, err := compareBounds(a, b)
		if err != nil {
			failed = err
		}
		return c
	})
	return failed
}

func compareBounds(a, b bound) (int, error) {
	switch {
	case a.version == nil && b.version == nil:
		return 0, nil
	case a.version == nil:
		return -1, nil
	case b.version == nil:
		return 1, nil
	}
	return a.version.Compare(b.version)
}

// openedBy walks bounds in version order and returns the introduction that is
// in effect after the last, or nil.
func openedBy(reached []bound) *bound {
	var open *bound
	for len(reached) > 0 {
		tie := tieLength(reached)
		open = passTie(open, reached[:tie])
		reached = reached[tie:]
	}
	return open
}

func tieLength(list []bound) int {
	n := 1
	for n < len(list) {
		if c, err := compareBounds(list[n-1], list[n]); err != nil || c != 0 {
			break
		}
		n++
	}
	return n
}

// passTie applies bounds at one version: closing first when a span is open,
// else opening first.
func passTie(open *bound, tie []bound) *bound {
	var opens *bound
	closes := false
	for i := range tie {
		if tie[i].kind == introduced {
			opens = &tie[i]
			continue
		}
		closes = true
	}
	switch {
	case opens == nil && closes:
		return nil
	case opens == nil:
		return open
	case open == nil && closes:
		return nil // begins and ends here: empty
	}
	return opens
}

// end returns the first bound ahead that closes a span.
func end(ahead []bound) *bound {
	for i := range ahead {
		if ahead[i].kind != introduced {
			return &ahead[i]
		}
	}
	return nil
}

func onlyFixes(ahead []bound) []bound {
	var fixes []bound
	for _, b := range ahead {
		if b.kind == fixed {
			fixes = append(fixes, b)
		}
	}
	return fixes
}

// interval writes the span as a person would: ">= 1.2.0, < 1.2.5".
func (s *span) interval() string {
	var parts []string
	if s.from != "0" {
		parts = append(parts, ">= "+s.from)
	}
	if s.until != nil {
		parts = append(parts, s.until.operator()+" "+s.until.text)
	}
	if len(parts) == 0 {
		return "all versions"
	}
	return strings.Join(parts, ", ")
}

// comparison writes what was compared: "1.2.0 <= 1.2.3 < 1.2.5".
func (s *span) comparison(version string) string {
	text := s.from + " <= " + version
	if s.until == nil {
		return text + ", no end known"
	}
	return text + " " + s.until.operator() + " " + s.until.text
}

func (b *bound) operator() string {
	if b.kind == lastAffected {
		return "<="
	}
	return "<"
}
