package gate

import (
	"slices"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/prioritize"
)

// Ruled is what people decided about one exposure of the place.
type Ruled struct {
	names  []string
	locus  string
	ruling ctem.Ruling
}

// RuledOf takes what people decided about an exposure that is there; ok is
// false when nobody has decided otherwise than the rules.
func RuledOf(d *api.ExposureDetail) (r Ruled, ok bool) {
	if d.DecidedBy == "" || d.DecidedBy == "rules" {
		return r, false
	}
	r = Ruled{
		names: append([]string{d.Weakness}, d.Aliases...), locus: d.Locus,
		ruling: ctem.Ruling{Seq: 1, Kind: ctem.RuleDecide, Word: ctem.Word(d.Decision), Computed: ctem.Word(d.ComputedDecision), By: d.DecidedBy},
	}
	if e := d.Exception; e != nil && e.State == string(ctem.ExceptionInForce) {
		r.ruling.Reason, r.ruling.By, r.ruling.ApprovedBy = e.Reason, e.By, e.ApprovedBy
		if e.Until != nil {
			r.ruling.Until = *e.Until
		}
	}
	return r, true
}

// ruledOn picks what was decided about the same weakness of the same component.
func ruledOn(list []Ruled, e *ctem.Exposure) (out []ctem.Ruling) {
	names := prioritize.Names(e)
	for _, r := range list {
		same := func(n string) bool { return slices.Contains(names, n) }
		if r.locus == e.Locus && slices.ContainsFunc(r.names, same) {
			out = append(out, r.ruling)
		}
	}
	return out
}

// byWhom names those who stand for an exception.
func byWhom(e *ctem.Exception) string {
	if e.ApprovedBy == "" {
		return e.By
	}
	return e.By + ", approved by " + e.ApprovedBy
}
