package twin

import (
	"path"
	"slices"
	"strings"
	"time"
)

// Repository is the Spec of a thing of KindRepository: what its forge says of it.
// Its thing's name is as RepositoryName writes its address.
type Repository struct {
	Forge       string      `json:"forge"` // github, gitlab
	URL         string      `json:"url,omitempty"`
	Description string      `json:"description,omitempty"`
	Branch      string      `json:"branch,omitempty"` // the default one
	Visibility  string      `json:"visibility,omitempty"`
	Archived    bool        `json:"archived,omitempty"`
	Fork        bool        `json:"fork,omitempty"`
	Topics      []string    `json:"topics,omitempty"`
	PushedAt    time.Time   `json:"pushed_at,omitzero"`
	Owners      *CodeOwners `json:"owners,omitempty"` // nil: there is no such file, or it could not be read: see Unseen
	Releases    []Release   `json:"releases,omitempty"`
	Alerts      []Alerts    `json:"alerts,omitempty"`
	Unseen      []string    `json:"unseen,omitempty"` // what the forge did not show, in sentences
}

// CodeOwners are the rules of a CODEOWNERS file, in its order.
type CodeOwners struct {
	Path    string      `json:"path"`
	Rules   []OwnerRule `json:"rules"`
	LeftOut int         `json:"left_out,omitempty"` // rules beyond those that are kept
	Bad     []string    `json:"bad,omitempty"`      // lines that are no rule, and why
}

// OwnerRule says who owns the paths that a pattern matches.
type OwnerRule struct {
	Pattern string   `json:"pattern"`
	Owners  []string `json:"owners,omitempty"` // @user, @org/team, mail; none: nobody, said so
	Section string   `json:"section,omitempty"`
	Line    int      `json:"line"`
}

// Release is a version that a repository published.
type Release struct {
	Tag string    `json:"tag"`
	At  time.Time `json:"at,omitzero"`
	Pre bool      `json:"pre,omitempty"`
}

// Alerts counts open alerts of one kind. They are the forge's, and open no
// exposure by themselves.
type Alerts struct {
	Kind string         `json:"kind"` // dependencies, code, secrets
	Open int            `json:"open"`
	More bool           `json:"more,omitempty"` // there are more than were counted
	By   map[string]int `json:"by,omitempty"`   // severity → open
}

// Count counts an alert of a severity.
func (a *Alerts) Count(severity string) {
	if severity = strings.ToLower(severity); severity == "" || len(severity) > 32 {
		severity = "unknown"
	}
	if a.By == nil {
		a.By = map[string]int{}
	}
	a.By[severity]++
}

// Of says who owns a path, and by which rules: of each section the last one that
// matches, in the order of the file. A rule without owners takes the path out. For
// a whole repository the path is "".
func (c *CodeOwners) Of(name string) []OwnerRule {
	last := map[string]int{}
	for i, r := range c.Rules {
		if r.matches(name) {
			last[r.Section] = i
		}
	}
	at := make([]int, 0, len(last))
	for _, i := range last {
		at = append(at, i)
	}
	slices.Sort(at)
	out := make([]OwnerRule, len(at))
	for n, i := range at {
		out[n] = c.Rules[i]
	}
	return out
}

// matches follows the patterns of git's ignore files as far as CODEOWNERS has
// them: no ! and no [ ].
func (r OwnerRule) matches(name string) bool {
	p := strings.ReplaceAll(r.Pattern, "[", `\[`)
	if p == "*" || p == "**" || p == "/**" || p == "/*" && name == "" {
		return true
	}
	parts := strings.Split(strings.Trim(p, "/"), "/")
	if name == "" || parts[0] == "" {
		return false
	}
	if !strings.Contains(strings.TrimSuffix(p, "/"), "/") {
		parts = append([]string{"**"}, parts...) // it may stand in any folder
	}
	names := strings.Split(name, "/")
	at := walked(parts, names)
	folder, flat := strings.HasSuffix(p, "/"), strings.HasSuffix(p, "/*")
	for i := range at {
		if at[i] && (i == len(names) && !folder || i < len(names) && !flat) {
			return true
		}
	}
	return false
}

// walked says after how many parts of a name a pattern may be at its end.
func walked(pattern, name []string) []bool {
	at := make([]bool, len(name)+1)
	at[0] = true
	for n, part := range pattern {
		next := make([]bool, len(at))
		from := false
		for i := range at {
			if part == "**" { // any number of parts; at the end one at least
				next[i] = from || at[i] && n < len(pattern)-1
				from = from || at[i]
				continue
			}
			if i < len(name) && at[i] {
				ok, err := path.Match(part, name[i])
				next[i+1] = ok && err == nil
			}
		}
		at = next
	}
	return at
}

// Resource is the repository as a thing of the twin. It is owned by those whom the
// rules for all of it name.
func (r Repository) Resource(name string) (Resource, error) {
	out := Resource{Kind: KindRepository, Name: name}
	if r.Owners != nil {
		for _, rule := range r.Owners.Of("") {
			for _, owner := range rule.Owners {
				out.link(RelOwnedBy, KindTeam, owner)
			}
		}
	}
	return out.with(r)
}
