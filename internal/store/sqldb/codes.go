package sqldb

import (
	"github.com/tidemark/tidemark/internal/ctem"
)

// The kinds of advisory_name.
const (
	NameID       = "id"
	NameAlias    = "alias"
	NameUpstream = "upstream"
	NameCovers   = "covers"
)

// Codes of the columns that lists scan (see 0004_exposure.sql).
const (
	CodeOpen = int64(iota + 1)
	CodeStateUnknown
	CodeFixed
	CodeRetired
	CodeWithdrawn
)

// CodeUnknown and those after it are the answers of a gate.
const (
	CodeUnknown = int64(iota)
	CodeYes
	CodeNo
)

// StateCode is the row form of a state; 0 is none.
func StateCode(s ctem.State) int64 {
	switch s {
	case ctem.Open:
		return CodeOpen
	case ctem.StateUnknown:
		return CodeStateUnknown
	case ctem.Fixed:
		return CodeFixed
	case ctem.Retired:
		return CodeRetired
	case ctem.Withdrawn:
		return CodeWithdrawn
	}
	return 0
}

// StateOf is the inverse of StateCode.
func StateOf(code int64) ctem.State {
	switch code {
	case CodeOpen:
		return ctem.Open
	case CodeStateUnknown:
		return ctem.StateUnknown
	case CodeFixed:
		return ctem.Fixed
	case CodeRetired:
		return ctem.Retired
	case CodeWithdrawn:
		return ctem.Withdrawn
	}
	return ""
}

// TriCode is the row form of a gate's answer.
func TriCode(t ctem.Tri) int64 {
	switch t {
	case ctem.Yes:
		return CodeYes
	case ctem.No:
		return CodeNo
	case ctem.Unknown:
	}
	return CodeUnknown
}

// TriOf is the inverse of TriCode.
func TriOf(code int64) ctem.Tri {
	switch code {
	case CodeYes:
		return ctem.Yes
	case CodeNo:
		return ctem.No
	}
	return ctem.Unknown
}

// WordCode is the decision's urgency plus one; 0 is "not yet decided".
func WordCode(w ctem.Word) int64 {
	if w == "" {
		return 0
	}
	return int64(w.Urgency()) + 1
}

// WordOf is the inverse of WordCode.
func WordOf(code int64) ctem.Word {
	switch code {
	case 4:
		return ctem.ActNow
	case 3:
		return ctem.Schedule
	case 2:
		return ctem.Watch
	case 1:
		return ctem.NoAction
	}
	return ""
}

// BoolCode is the row form of a yes or no.
func BoolCode(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// SeverityCode is the row form of a severity; 0 is unknown.
func SeverityCode(s ctem.Severity) int64 {
	switch s {
	case ctem.SeverityCritical:
		return 5
	case ctem.SeverityHigh:
		return 4
	case ctem.SeverityMedium:
		return 3
	case ctem.SeverityLow:
		return 2
	case ctem.SeverityNone:
		return 1
	case ctem.SeverityUnknown:
	}
	return 0
}

// SeverityOf is the inverse of SeverityCode.
func SeverityOf(code int64) ctem.Severity {
	switch code {
	case 5:
		return ctem.SeverityCritical
	case 4:
		return ctem.SeverityHigh
	case 3:
		return ctem.SeverityMedium
	case 2:
		return ctem.SeverityLow
	case 1:
		return ctem.SeverityNone
	}
	return ctem.SeverityUnknown
}

// AttackCode is the row form of what was seen here.
func AttackCode(a ctem.Attack) int64 {
	switch a {
	case ctem.AttackWeakness:
		return 2
	case ctem.AttackWorkload:
		return 1
	case ctem.NoAttack:
	}
	return 0
}

// AttackOf is the inverse of AttackCode.
func AttackOf(code int64) ctem.Attack {
	switch code {
	case 2:
		return ctem.AttackWeakness
	case 1:
		return ctem.AttackWorkload
	}
	return ctem.NoAttack
}
