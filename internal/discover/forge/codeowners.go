package forge

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/hmarr/codeowners"

	"github.com/tidemark/tidemark/internal/twin"
)

// The bounds of a CODEOWNERS file.
const (
	maxOwnersFile = 3 << 20 // GitHub reads no larger one
	maxRules      = 2000
	maxBad        = 20
)

// ParseCodeOwners reads a CODEOWNERS file, line by line: one that is no rule does
// not spoil the others. It knows GitLab's sections; in GitHub's files there are none.
func ParseCodeOwners(path string, body []byte, sections bool) *twin.CodeOwners {
	p := ownersFile{out: &twin.CodeOwners{Path: path, Rules: []twin.OwnerRule{}}, sections: sections}
	if len(body) > maxOwnersFile {
		p.bad(0, "the file has more than %d MiB, and is not read", maxOwnersFile>>20)
		return p.out
	}
	n := 0
	for line := range strings.Lines(string(body)) {
		n++
		p.line(n, strings.TrimSpace(strings.ToValidUTF8(line, "\uFFFD")))
	}
	return p.out
}

// ownersFile is a file as it is read.
type ownersFile struct {
	out      *twin.CodeOwners
	sections bool
	section  string
	owners   []string // of rules of the section that name none
}

func (p *ownersFile) bad(line int, format string, args ...any) {
	if len(p.out.Bad) < maxBad {
		p.out.Bad = append(p.out.Bad, fmt.Sprintf("line %d: ", line)+fmt.Sprintf(format, args...))
	}
}

// sectionHead is [Name], ^[Name] or [Name][2], and owners behind it.
var sectionHead = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\^?\[([^\]]+)\](?:\[\d+\])?\s*(.*)$`)
})

func (p *ownersFile) line(n int, text string) {
	if text == "" || strings.HasPrefix(text, "#") {
		return
	}
	if p.sections {
		if m := sectionHead().FindStringSubmatch(text); m != nil {
			rest, _, _ := strings.Cut(m[2], "#")
			p.section, p.owners = strings.TrimSpace(m[1]), cleaned(strings.Fields(rest))
			return
		}
	}
	rules, err := codeowners.ParseFile(strings.NewReader(text), codeowners.WithOwnerMatchers([]codeowners.OwnerMatcher{codeowners.OwnerMatchFunc(anyOwner)}))
	if err != nil || len(rules) != 1 {
		p.bad(n, "%s", strings.TrimPrefix(fmt.Sprint(err), "line 1: "))
		return
	}
	if len(p.out.Rules) == maxRules {
		p.out.LeftOut++
		return
	}
	r := twin.OwnerRule{Pattern: clean(rules[0].RawPattern()), Section: clean(p.section), Line: n}
	for _, o := range rules[0].Owners {
		r.Owners = append(r.Owners, clean(o.Value))
	}
	if len(r.Owners) == 0 {
		r.Owners = p.owners
	}
	p.out.Rules = append(p.out.Rules, r)
}

func cleaned(list []string) []string {
	for i := range list {
		list[i] = clean(list[i])
	}
	return list
}

// anyOwner takes every word for an owner: GitLab has nested groups and roles, and
// a name that is none finds nobody.
func anyOwner(s string) (codeowners.Owner, error) { return codeowners.Owner{Value: s}, nil }
