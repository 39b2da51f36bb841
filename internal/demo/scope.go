package demo

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// scope says what the business is, in the first week and again when a new
// service has come.
func (p *Player) scope(ctx context.Context, week int) error {
	isNew := slices.ContainsFunc(p.h.Services, func(s service) bool { return s.First == week })
	if p.doors.Scope == nil || !isNew {
		return nil
	}
	return p.doors.Scope.Apply(ctx, p.h.scopeFile(week))
}

// scopeFile is the scope as of a week, as a person would write it.
func (t *table) scopeFile(week int) []byte {
	var b strings.Builder
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(&b, format, args...) } // a Builder does not fail
	say("# What %s sells, what it is worth, and who owns it.\n", t.Company)
	say("schema: tidemark.scope/v1\nproducts:\n")
	for _, p := range t.Products {
		say("  - name: %s\n    title: %s\n    tier: %d\n", p.Name, p.Title, p.Tier)
		if p.Owner != "" {
			say("    owner: %s\n", p.Owner)
		}
		say("    services: [%s]\n", strings.Join(t.servicesOf(p.Name, week), ", "))
	}
	say("services:\n")
	var owners []string
	for _, s := range t.Services {
		if s.First > week {
			continue
		}
		say("  - name: %s\n    tier: %d\n", s.Name, s.Tier)
		if s.Owner != "" {
			say("    owner: %s\n", s.Owner)
			owners = append(owners, s.Owner)
		}
		if len(s.Data) > 0 {
			say("    data: [%s]\n", strings.Join(s.Data, ", "))
		}
	}
	say("environments:\n")
	for _, e := range t.Environments {
		say("  - name: %s\n    kind: %s\n", e.Name, kindOf(e.Name))
	}
	slices.Sort(owners)
	say("owners:\n")
	for _, o := range slices.Compact(owners) {
		say("  - name: %s\n    mail: %s@fernhill.example\n", o, o)
	}
	return []byte(b.String())
}

func kindOf(environment string) string {
	if environment == "staging" {
		return "staging"
	}
	return "production"
}

func (t *table) servicesOf(product string, week int) []string {
	var names []string
	for _, s := range t.Services {
		if s.Product == product && s.First <= week {
			names = append(names, s.Name)
		}
	}
	return names
}
