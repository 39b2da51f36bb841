package advisory

import "time"

// Verdict is what a supplier says about a product and a weakness.
type Verdict string

// The verdicts, in the words of VEX.
const (
	VerdictAffected    Verdict = "affected"
	VerdictFixed       Verdict = "fixed"
	VerdictNotAffected Verdict = "not affected"
	VerdictOpen        Verdict = "under investigation"
)

// Statement is what a supplier says of a product in a CSAF document. Its signature
// is not checked, so it is shown, and neither opens, closes nor decides anything.
type Statement struct {
	CVE       string
	Verdict   Verdict
	Purl      string // without qualifiers; its version may be missing: all of them
	Product   string // as the document calls it
	Reason    string // why it is not affected, or what to do; "" when it does not say
	Document  string // its tracking id
	Publisher string
	Address   string // of the document; "" when it does not say
	Date      time.Time
}

// StatementBatch is all that suppliers say.
type StatementBatch struct {
	Entries []Statement // each CVE, document, purl and verdict once
	Now     time.Time
}
