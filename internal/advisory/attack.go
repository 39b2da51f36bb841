package advisory

import (
	"strings"
	"time"
)

// Role says what a technique of ATT&CK is to a weakness.
type Role string

// The roles: the three of CTID's mappings, what they leave open, and that a group
// is known to have attacked so.
const (
	RoleExploitation Role = "exploitation"     // how the weakness itself is attacked
	RoleImpact       Role = "impact"           // what an attack gains at once
	RoleLater        Role = "secondary impact" // what that makes possible
	RoleOpen         Role = "uncategorized"
	RoleGroup        Role = "group" // a group was seen attacking it so
)

// Use is how attackers use a weakness: a technique of MITRE ATT&CK, and of a
// group's use the group. It is shown, and decides nothing: how likely an attack
// is, the catalogue and the scores say.
type Use struct {
	CVE       string
	Feed      FeedKind // FeedAttack or FeedGroups
	Role      Role
	Technique string // "T1190", "T1059.007"
	Title     string // of the technique; "" where the feed has none
	Group     string // "G0096"; "" but for RoleGroup
	GroupName string
	Source    string // who says so: "CTID, kev of 2025-07-28, ATT&CK 16.1"
	Date      time.Time
}

// UseBatch is all that a feed says about uses.
type UseBatch struct {
	Feed    FeedKind
	Entries []Use // each CVE, role, technique and group once
	Now     time.Time
}

// IsTechnique reports whether a text is the id of a technique: "T1190", "T1059.007".
func IsTechnique(s string) bool {
	number, found := strings.CutPrefix(s, "T")
	number, sub, dotted := strings.Cut(number, ".")
	return found && len(number) == 4 && digits(number) && (!dotted || len(sub) == 3 && digits(sub))
}

// Lore is what is known of a name beside the signs: it is shown, and decides nothing.
type Lore struct {
	Uses []Use       // how attackers use it: the weakness itself first, groups last
	Said []Statement // by suppliers, of products; newest first
}
