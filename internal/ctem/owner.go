package ctem

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/internal/twin"
)

// OwnershipRule is a rule of the scope that names the owner of what fits all of its
// patterns; of several that fit the last one wins, as in CODEOWNERS. In patterns *
// is any text and ? any one character. Label and Annotation are KEY=PATTERN. Owner
// "" says that nobody owns it.
type OwnershipRule struct {
	Service     string `json:"service,omitempty"`
	Environment string `json:"environment,omitempty"`
	Namespace   string `json:"namespace,omitempty"`
	Label       string `json:"label,omitempty"`
	Annotation  string `json:"annotation,omitempty"`
	Owner       string `json:"owner,omitempty"`
}

// String is the rule in words.
func (r OwnershipRule) String() string {
	var parts []string
	for _, p := range [][2]string{{"service", r.Service}, {"environment", r.Environment}, {"namespace", r.Namespace}, {"label", r.Label}, {"annotation", r.Annotation}} {
		if p[1] != "" {
			parts = append(parts, p[0]+" "+p[1])
		}
	}
	return strings.Join(parts, ", ")
}

// OwnerFacts is what is known of a service in an environment that may say whose it
// is.
type OwnerFacts struct {
	Service, Environment string
	Workloads            []twin.Workload // as their sources tell them now
	Code                 []CodeOwner     // of the repositories that its images are built from
}

// CodeOwner is who owns the code of a repository as a whole, by its CODEOWNERS; ""
// where no rule is about all of it.
type CodeOwner struct{ Repository, Path, Rule, Owner string }

// The kinds of rules, in the order in which they are asked.
const (
	OwnedByService = "service"
	OwnedByRule    = "rule"
	OwnedByMark    = "mark"
	OwnedByProduct = "product"
	OwnedByCode    = "codeowners"
)

// TriedRule is one rule of ownership with what it came to.
type TriedRule struct {
	Kind, Rule, Where, Owner string
	Fits                     bool
	Won                      bool
	Why                      string
}

// ownerMarks are the labels and annotations that name owners, the strongest first.
func ownerMarks() []string { return []string{"tidemark.dev/owner", "owner", "team"} }

// OwnerOf says who owns a service in an environment: by its own line in the scope,
// else by the last rule of the scope that fits, a mark of its workloads, its
// product, the CODEOWNERS of its source. Tried are all rules in that order, with
// what each came to.
func (s *Scope) OwnerOf(f *OwnerFacts) (owner, rule string, tried []TriedRule) {
	tried = slices.Concat(s.byService(f), s.byRule(f), f.byMark(), s.byProduct(f), f.byCode())
	for i := range tried {
		if tried[i].Fits && owner == "" && rule == "" {
			tried[i].Won = true
			owner, rule = tried[i].Owner, cmp.Or(tried[i].Where+": "+tried[i].Rule, tried[i].Rule)
		}
	}
	return owner, rule, tried
}

func (s *Scope) byService(f *OwnerFacts) []TriedRule {
	x, known := s.Service(f.Service)
	t := TriedRule{Kind: OwnedByService, Rule: "service " + f.Service, Where: "the scope", Owner: x.Owner, Fits: x.Owner != ""}
	switch {
	case !known:
		t.Why = "the scope does not name the service"
	case x.Owner == "":
		t.Why = "the scope gives the service no owner of its own"
	default:
		t.Why = "the scope says so of this service"
	}
	return []TriedRule{t}
}

// byRule tries the rules of the scope, the last one first: it wins.
func (s *Scope) byRule(f *OwnerFacts) (out []TriedRule) {
	for i := len(s.Ownership) - 1; i >= 0; i-- {
		r := s.Ownership[i]
		t := TriedRule{Kind: OwnedByRule, Rule: r.String(), Where: fmt.Sprintf("rule %d of the scope", i+1), Owner: r.Owner}
		t.Fits, t.Why = r.fits(f)
		out = append(out, t)
	}
	return out
}

// fits reports whether all patterns of a rule fit, and what does not: those about
// workloads fit one and the same of them.
func (r *OwnershipRule) fits(f *OwnerFacts) (ok bool, why string) {
	for _, p := range [][3]string{{"service", r.Service, f.Service}, {"environment", r.Environment, f.Environment}} {
		if p[1] != "" && !Glob(p[1], p[2]) {
			return false, fmt.Sprintf("the %s is %s", p[0], cmp.Or(p[2], "not known"))
		}
	}
	if r.Namespace == "" && r.Label == "" && r.Annotation == "" {
		return true, "all of it fits"
	}
	if len(f.Workloads) == 0 {
		return false, "nothing runs there of which namespace or labels are known"
	}
	for i := range f.Workloads {
		if r.fitsWorkload(&f.Workloads[i]) {
			return true, "all of it fits"
		}
	}
	return false, "no workload there has such a namespace, label or annotation"
}

func (r *OwnershipRule) fitsWorkload(w *twin.Workload) bool {
	if r.Namespace != "" && !Glob(r.Namespace, w.Namespace) {
		return false
	}
	pod := w.Pod
	if pod == nil {
		pod = &twin.Pod{}
	}
	return (r.Label == "" || marked(r.Label, pod.Labels) || marked(r.Label, pod.Marks)) && (r.Annotation == "" || marked(r.Annotation, pod.Marks))
}

func marked(pattern string, in map[string]string) bool {
	key, value, _ := strings.Cut(pattern, "=")
	have, ok := in[key]
	return ok && Glob(cmp.Or(value, "*"), have)
}

func (f *OwnerFacts) byMark() (out []TriedRule) {
	for _, mark := range ownerMarks() {
		t := TriedRule{Kind: OwnedByMark, Rule: mark, Where: "label or annotation", Why: "no workload there has it"}
		for i := range f.Workloads {
			w := &f.Workloads[i]
			if w.Pod == nil {
				continue
			}
			said := cmp.Or(strings.TrimSpace(w.Pod.Marks[mark]), strings.TrimSpace(w.Pod.Labels[mark]))
			switch {
			case said == "" || t.Fits && said == t.Owner:
			case t.Fits:
				t.Why = fmt.Sprintf("workloads there do not agree: %s and %s; the first in order counts", t.Owner, said)
				t.Owner = min(t.Owner, said)
			default:
				t.Fits, t.Owner, t.Why = true, said, "of "+w.Kind+" "+strings.TrimPrefix(w.Namespace+"/"+w.Service, "/")
			}
		}
		out = append(out, t)
	}
	return out
}

func (s *Scope) byProduct(f *OwnerFacts) (out []TriedRule) {
	products := s.ProductsOf(f.Service)
	slices.SortStableFunc(products, func(a, b ScopeProduct) int { return cmp.Compare(b.Tier, a.Tier) })
	for _, p := range products {
		t := TriedRule{Kind: OwnedByProduct, Rule: "product " + p.Name, Where: "the scope", Owner: p.Owner, Fits: p.Owner != "", Why: "the service is part of it"}
		if !t.Fits {
			t.Why = "the product has no owner"
		}
		out = append(out, t)
	}
	return out
}

func (f *OwnerFacts) byCode() (out []TriedRule) {
	for _, c := range f.Code {
		t := TriedRule{Kind: OwnedByCode, Rule: c.Rule, Where: c.Path + " of " + c.Repository, Owner: c.Owner, Fits: c.Owner != "", Why: "its images are built from this repository"}
		if !t.Fits {
			t.Why = "no rule of the file is about all of the repository"
		}
		out = append(out, t)
	}
	return out
}

// Glob reports whether a text fits a pattern as a whole: * is any text, also none,
// and ? one character.
func Glob(pattern, text string) bool {
	p, t := []rune(pattern), []rune(text)
	star, mark, i, j := -1, 0, 0, 0
	for j < len(t) {
		switch {
		case i < len(p) && p[i] == '*':
			star, mark = i, j
			i++
		case i < len(p) && (p[i] == '?' || p[i] == t[j]):
			i, j = i+1, j+1
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	for i < len(p) && p[i] == '*' {
		i++
	}
	return i == len(p)
}

// FactsOf is what a workload says of whose it is.
func FactsOf(w *Workload) OwnerFacts {
	f := OwnerFacts{Service: w.Service, Environment: w.Environment}
	for i := range w.Claims {
		f.Workloads = append(f.Workloads, w.Claims[i].Workload)
	}
	return f
}

// PlaceName is a service in an environment.
type PlaceName struct{ Service, Environment string }

// PlaceOwner is who owns a place where something else than the scope's word on its
// service, or on its product, says so. Said is false where nothing does.
type PlaceOwner struct {
	Place       int64
	Service     string
	Owner, Rule string
	Said        bool
}

// PlaceOwner finds who owns a place beside the scope's word on its service.
func (s *Scope) PlaceOwner(f *OwnerFacts) PlaceOwner {
	out := PlaceOwner{Service: f.Service}
	owner, rule, tried := s.OwnerOf(f)
	for _, t := range tried {
		if t.Won && t.Kind != OwnedByService && t.Kind != OwnedByProduct {
			out.Owner, out.Rule, out.Said = owner, rule, true
		}
	}
	return out
}

// OwnerAt is who owns a service in an environment, and the rule that says so; both
// "" when nobody does.
func (s *Scope) OwnerAt(service, environment string) (owner, rule string) {
	if x, ok := s.Places[PlaceName{service, environment}]; ok {
		return x.Owner, x.Rule
	}
	return s.Owner(service)
}
