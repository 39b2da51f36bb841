package estatedb

import (
	"cmp"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// workload joins the claims about a place into one row; live is false when
// nothing runs and nothing is declared to.
func (v *twinView) workload(p twin.Place, claims []twin.Claim) (w ctem.Workload, live bool) {
	m := twin.MergeClaims(claims, v.when)
	if len(m.Running) == 0 {
		return w, false
	}
	w = ctem.Workload{
		Place: p.ID, Service: p.Service, Environment: p.Environment, Class: m.Running[0].Class,
		Running: ctem.Unknown, Reachable: ctem.Unknown, Freshness: twin.Fresh,
	}
	bySource := map[string]int{}
	for _, c := range m.Running {
		bySource[c.Source+"\x00"+c.Scope] += c.Workload.Replicas
		w.Replicas = max(w.Replicas, bySource[c.Source+"\x00"+c.Scope])
		if w.Since.IsZero() || c.From.Before(w.Since) {
			w.Since = c.From
		}
		for _, container := range c.Workload.Containers {
			if !slices.Contains(w.Images, container.Image) {
				w.Images = append(w.Images, container.Image)
			}
		}
	}
	slices.SortFunc(w.Images, func(a, b twin.ArtifactRef) int { return cmp.Compare(a.String(), b.String()) })
	for _, c := range slices.Concat(m.Running, m.Doors) {
		w.Claims = append(w.Claims, *c)
	}
	v.describe(&w, slices.Concat(m.Running, m.Doors))
	v.freshen(&w, m.Running)
	return w, true
}

// describe fills in what declarations may add: kind, sources, doors.
func (v *twinView) describe(w *ctem.Workload, claims []*twin.Claim) {
	complete := false
	for _, c := range claims {
		if w.Kind == "" || w.Kind == "Record" {
			w.Kind, w.Namespace = c.Workload.Kind, c.Workload.Namespace
		}
		if !slices.Contains(w.Sources, c.Source) {
			w.Sources = append(w.Sources, c.Source)
		}
		complete = complete || c.Workload.DoorsComplete
		for _, d := range c.Workload.Doors {
			if !slices.Contains(w.Doors, d) {
				w.Doors = append(w.Doors, d)
			}
		}
	}
	slices.Sort(w.Sources)
	slices.SortFunc(w.Doors, func(a, b twin.Door) int { return cmp.Or(cmp.Compare(a.Address, b.Address), cmp.Compare(a.Via, b.Via)) })
	doors, sealed := ctem.Shut(w.Doors, v.closed[w.Place], v.when)
	w.Doors, w.Reachable = doors, ctem.Reachable(doors, complete, sealed != "")
}

// freshen takes the freshest of the run-time sources that say it runs.
func (v *twinView) freshen(w *ctem.Workload, running []*twin.Claim) {
	if w.Class != twin.Observed {
		return
	}
	w.Freshness = twin.Lapsed
	for _, c := range running {
		cov, ok := v.named[coverName{c.Source, c.Scope, c.Class}]
		if !ok || cov.Seen.Before(w.SeenAt) {
			continue
		}
		w.SeenAt, w.Freshness = cov.Seen, cov.FreshnessAt(v.when)
	}
	if w.Freshness == twin.Fresh {
		w.Running = ctem.Yes
	}
}

// workloadFilter turns a query into conditions on rows.
func workloadFilter(terms []ctem.Term) (keep []func(*ctem.Workload) bool, err error) {
	for _, term := range terms {
		read, ok := workloadKeys()[term.Key]
		if !ok {
			return nil, ctem.UnknownKey(term.Key, append(sqldb.SortedKeys(workloadKeys()), withinKeys()...))
		}
		if term.Op != ":" {
			return nil, fault.New(fault.Invalid, "%s cannot be compared with %s", term.Key, term.Op)
		}
		keep = append(keep, func(w *ctem.Workload) bool { return matches(term, read(w)) != term.Negate })
	}
	return keep, nil
}

// matches reports whether any value of a row is one of the term's; free text
// and images match by a part.
func matches(term ctem.Term, have []string) bool {
	part := term.Key == ctem.TextKey || term.Key == "image"
	for _, h := range have {
		for _, want := range term.Values {
			if strings.EqualFold(h, want) || part && strings.Contains(strings.ToLower(h), strings.ToLower(want)) {
				return true
			}
		}
	}
	return false
}

func workloadKeys() map[string]func(*ctem.Workload) []string {
	images := func(w *ctem.Workload) []string {
		out := make([]string, len(w.Images))
		for i, ref := range w.Images {
			out[i] = ref.String()
		}
		return out
	}
	return map[string]func(*ctem.Workload) []string{
		"image":     images,
		"kind":      func(w *ctem.Workload) []string { return []string{w.Kind} },
		"class":     func(w *ctem.Workload) []string { return []string{string(w.Class)} },
		"source":    func(w *ctem.Workload) []string { return w.Sources },
		"running":   func(w *ctem.Workload) []string { return []string{string(w.Running)} },
		"reachable": func(w *ctem.Workload) []string { return []string{string(w.Reachable)} },
		"fresh": func(w *ctem.Workload) []string {
			return []string{string(w.Freshness), string(ctem.TriOf(w.Freshness == twin.Fresh))}
		},
		"sbom":       func(w *ctem.Workload) []string { return []string{string(w.SBOM)} },
		"provenance": func(w *ctem.Workload) []string { return []string{string(w.Provenance)} },
		ctem.TextKey: func(w *ctem.Workload) []string { return append(images(w), w.Service, w.Environment) },
	}
}
