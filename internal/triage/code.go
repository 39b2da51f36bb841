package triage

import (
	"strings"

	"github.com/tidemark/tidemark/internal/ctem"
)

// The two values that every key of texts has: nothing there, and anything.
const (
	none     = "none"
	anything = "*"
	unknown  = "unknown"
)

// A code list is a closed set of values, kept as one byte: the place of the
// value in the list. The zero code is what is not known.
type codeList struct {
	values []string
	labels map[string]string // where the value is not its own label
	order  []int             // in which they are shown
}

// Codes that the engine asks for by name.
const (
	triUnknown = 0
	triNo      = 1
	triYes     = 2

	stateFree    = 0 // the slot has no row
	stateOpen    = 1
	stateUnknown = 2

	wordAct = 4

	slaNone  = 0
	slaLate  = 1
	slaSoon  = 2
	slaLater = 3

	treatExcepted = 1
)

var (
	triCodes      = codeList{values: []string{unknown, "no", "yes"}, order: []int{2, 1, 0}}
	stateCodes    = codeList{values: []string{"", "open", unknown, "fixed", "retired", "withdrawn"}, order: []int{1, 2, 3, 4, 5}}
	decisionCodes = codeList{
		values: []string{"undecided", none, "watch", "schedule", "act"},
		labels: map[string]string{"undecided": "Undecided", none: string(ctem.NoAction), "watch": string(ctem.Watch), "schedule": string(ctem.Schedule), "act": string(ctem.ActNow)},
		order:  []int{4, 3, 2, 1, 0},
	}
	severityCodes  = codeList{values: []string{unknown, none, "low", "medium", "high", "critical"}, order: []int{5, 4, 3, 2, 1, 0}}
	treatmentCodes = codeList{values: []string{none, "excepted", "not-affected", "mitigated"}, order: []int{0, 1, 2, 3}}
	attackCodes    = codeList{values: []string{none, string(ctem.AttackWorkload), string(ctem.AttackWeakness)}, order: []int{2, 1, 0}}
	freshCodes     = codeList{values: []string{unknown, "stale", "fresh"}, order: []int{2, 1, 0}}
	slaCodes       = codeList{
		values: []string{none, "late", "due7", "later"},
		labels: map[string]string{none: "no due date", "late": "late", "due7": "due in 7 days", "later": "later"},
		order:  []int{1, 2, 3, 0},
	}
	ageCodes = codeList{
		values: []string{unknown, "week", "month", "quarter", "year", "older"},
		labels: map[string]string{"week": "up to 7 days", "month": "7 to 30 days", "quarter": "30 to 90 days", "year": "90 days to a year", "older": "over a year"},
		order:  []int{1, 2, 3, 4, 5, 0},
	}
	fixCodes = codeList{values: []string{"no", "yes"}, labels: map[string]string{"no": "no fix known", "yes": "fix known"}, order: []int{1, 0}}
)

// code is the place of a value, ignoring case; a value that is not in the list
// has the code 0 and is not ok.
func (l codeList) code(value string) (code uint8, ok bool) {
	for i, v := range l.values {
		if v != "" && strings.EqualFold(v, value) {
			return uint8(i), true
		}
	}
	return 0, false
}

func (l codeList) of(value string) uint8 {
	code, _ := l.code(value)
	return code
}

// parse reads the value of a term: the list's own words, and for decisions
// those that people see.
func (l codeList) parse(key, value string) (uint8, bool) {
	switch key {
	case "decision", "computed":
		if w, ok := ctem.ParseWord(value); ok {
			return l.code(w.Token())
		}
		if strings.EqualFold(value, unknown) {
			return 0, true
		}
	case "kev", "fix":
		switch strings.ToLower(value) {
		case anything, "true":
			return l.code("yes")
		case none, "false":
			return l.code("no")
		}
	}
	return l.code(value)
}

func (l codeList) label(code int) string {
	if label, ok := l.labels[l.values[code]]; ok {
		return label
	}
	return l.values[code]
}

// choices are the values in words.
func (l codeList) choices() string {
	words := make([]string, len(l.order))
	for i, code := range l.order {
		words[i] = l.values[code]
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}
