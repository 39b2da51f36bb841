package policy

// Table names the decision table that is in force, with its version.
const Table = "CISA BOD 26-04 1.0.0"

// Row is one line of the table: four answers and what follows from them.
type Row struct {
	KEV, Exposed, Automatable, Total bool
	Outcome                          string
	Days                             int // calendar days; 0: with the next upgrade
	Forensic                         bool
}

// The outcomes, in the table's own words.
const (
	outcomeUpgrade  = "fix on system upgrade"
	outcome60       = "60 days"
	outcome14       = "14 days"
	outcome3        = "3 days"
	outcomeForensic = "3 days & forensic investigation"
)

func days(outcome string) int {
	return map[string]int{outcome60: 60, outcome14: 14, outcome3: 3, outcomeForensic: 3}[outcome]
}

// Lookup returns the row for four answers.
func Lookup(kev, exposed, automatable, total bool) Row {
	row := Row{KEV: kev, Exposed: exposed, Automatable: automatable, Total: total}
	row.Outcome = listed(row)
	if !kev {
		row.Outcome = unlisted(row)
	}
	row.Days, row.Forensic = days(row.Outcome), row.Outcome == outcomeForensic
	return row
}

// unlisted are the eight rows of what is not in the catalogue.
func unlisted(r Row) string {
	switch {
	case r.Exposed && r.Automatable && r.Total:
		return outcome3
	case r.Exposed && (r.Automatable || r.Total):
		return outcome14
	case r.Exposed || r.Automatable:
		return outcome60
	}
	return outcomeUpgrade
}

// listed are the eight rows of what is known to be exploited.
func listed(r Row) string {
	switch {
	case r.Total && (r.Exposed || r.Automatable):
		return outcomeForensic
	case r.Exposed && r.Automatable:
		return outcome3
	}
	return outcome14
}

// String names the row by its answers.
func (r Row) String() string {
	s := ""
	for _, a := range []struct {
		name string
		on   bool
	}{{"KEV ", r.KEV}, {", exposed ", r.Exposed}, {", automatable ", r.Automatable}} {
		s += a.name + yesNo(a.on)
	}
	return s + ", impact " + impact(r.Total) + " → " + r.Outcome
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func impact(total bool) string {
	if total {
		return "total"
	}
	return "partial"
}
