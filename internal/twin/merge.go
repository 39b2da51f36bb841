package twin

import "time"

// Merged is a place at one moment: whose containers count, whose doors do.
type Merged struct {
	Running []*Claim // whose containers and doors count
	Doors   []*Claim // declarations that add doors only
	Ended   bool     // a run-time source saw the end of what it had seen
}

// MergeClaims joins the claims of all sources about one place at a moment.
// Run-time evidence decides what runs; a declaration counts for that only
// where no run-time source ever looked, or where it was made after the
// run-time source saw the end.
func MergeClaims(claims []Claim, t time.Time) Merged {
	var observed, declared []*Claim
	var ended time.Time
	for i := range claims {
		c := &claims[i]
		switch {
		case c.ValidAt(t) && c.Class == Observed:
			observed = append(observed, c)
		case c.ValidAt(t):
			declared = append(declared, c)
		case c.Class == Observed && !c.To.IsZero() && !c.To.After(t) && c.To.After(ended):
			ended = c.To
		}
	}
	if len(observed) > 0 {
		return Merged{Running: observed, Doors: declared}
	}
	m := Merged{Ended: !ended.IsZero()}
	for _, c := range declared {
		if ended.IsZero() || c.From.After(ended) {
			m.Running = append(m.Running, c)
		}
	}
	return m
}
