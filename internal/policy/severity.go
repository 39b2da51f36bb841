package policy

import (
	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
)

// Severity names a vector's base score as CVSS does. Without a vector it is
// unknown, not none.
func Severity(v *advisory.Vector) ctem.Severity {
	switch {
	case v == nil:
		return ctem.SeverityUnknown
	case v.Base >= 9:
		return ctem.SeverityCritical
	case v.Base >= 7:
		return ctem.SeverityHigh
	case v.Base >= 4:
		return ctem.SeverityMedium
	case v.Base > 0:
		return ctem.SeverityLow
	}
	return ctem.SeverityNone
}

// EPSS is the greatest probability of exploitation under any of the names; nil
// when none is known.
func EPSS(signals []advisory.Signal) *float64 {
	top := topEPSS(signals)
	if top == nil {
		return nil
	}
	return &top.Score
}
