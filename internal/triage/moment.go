package triage

import (
	"strconv"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
)

const day = int64(24 * time.Hour / time.Microsecond)

// timeTerm compares times: with a date, or with a distance from the time of
// the question (first:<7d is younger than a week, due:<7d within a week).
func (v asked) timeTerm(key string, t ctem.Term) (bitset, error) {
	column, past := v.clock.first, true
	switch key {
	case "since":
		column = v.clock.since
	case "due":
		column, past = v.clock.deadline, false
	}
	if t.Op == ":" && len(t.Values) == 1 {
		switch value := t.Values[0]; {
		case value == none, value == unknown:
			return where(column, func(at int64) bool { return at == 0 }), nil
		case value == anything:
			return where(column, func(at int64) bool { return at != 0 }), nil
		case value == "late" && key == "due":
			return where(column, func(at int64) bool { return at != 0 && at < v.now }), nil
		}
	}
	return v.compareTimes(column, past, t)
}

func (v asked) compareTimes(column []int64, past bool, t ctem.Term) (bitset, error) {
	ops := map[string][]string{"..": {">=", "<="}, ">": {">"}, ">=": {">="}, "<": {"<"}, "<=": {"<="}}[t.Op]
	if len(ops) != len(t.Values) {
		hint := "compare with a date or a number of days, as first:<7d or due:<=2026-12-31"
		if t.Key == "age" {
			hint += ", or use " + ageCodes.choices()
		}
		return nil, badTerm(t, "%s", hint)
	}
	out := where(column, func(at int64) bool { return at != 0 })
	for i, value := range t.Values {
		at, relative, err := v.moment(value, past)
		if err != nil {
			return nil, badTerm(t, "the value is a date (2026-12-31) or a number of days (7d) or hours (12h)")
		}
		op := ops[i]
		if relative && past {
			op = strings.NewReplacer("<", ">", ">", "<").Replace(op)
		}
		out.and(where(column, func(n int64) bool { return compared(n, op, at) }))
	}
	return out, nil
}

func compared(n int64, op string, with int64) bool {
	switch op {
	case ">":
		return n > with
	case ">=":
		return n >= with
	case "<":
		return n < with
	}
	return n <= with
}

// moment reads a date or a distance from now.
func (v *view) moment(value string, past bool) (at int64, relative bool, err error) {
	for _, layout := range [...]string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, value); err == nil {
			return at.UnixMicro(), false, nil
		}
	}
	var d time.Duration
	if days, ok := strings.CutSuffix(value, "d"); ok {
		n, perr := strconv.Atoi(days)
		if perr != nil || n < 0 || n > 36500 {
			return 0, true, fault.New(fault.Invalid, "%q is no number of days", value)
		}
		d = time.Duration(n) * 24 * time.Hour
	} else if d, err = time.ParseDuration(value); err != nil {
		return 0, true, err
	}
	if past {
		d = -d
	}
	return v.at.Add(d).UnixMicro(), true, nil
}

// slaColumn says of each slot how its deadline stands.
func (v *view) slaColumn() []uint8 {
	soon := v.now + 7*day
	out := make([]uint8, v.size())
	for i, due := range v.clock.deadline {
		switch {
		case due == 0:
		case due < v.now:
			out[i] = slaLate
		case due <= soon:
			out[i] = slaSoon
		default:
			out[i] = slaLater
		}
	}
	return out
}

// ageColumn puts each slot's age into its bucket.
func (v *view) ageColumn() []uint8 {
	out := make([]uint8, v.size())
	for i, first := range v.clock.first {
		switch age := v.now - first; {
		case first == 0:
		case age < 7*day:
			out[i] = 1
		case age < 30*day:
			out[i] = 2
		case age < 90*day:
			out[i] = 3
		case age < 365*day:
			out[i] = 4
		default:
			out[i] = 5
		}
	}
	return out
}
