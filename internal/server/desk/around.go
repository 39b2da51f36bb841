package desk

import (
	"context"
	"slices"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/twin"
)

// surround adds what is known around an exposure: what sensors saw at its place,
// and how attackers use its weakness, as is known now.
func (d exposing) surround(ctx context.Context, e *ctem.Exposure, at ctem.AsOf, doc *api.ExposureDetail) error {
	doc.Attacks, doc.UsedAs, doc.Suppliers = []api.AttackSeen{}, []api.AttackUse{}, []api.SupplierSays{}
	names := append([]string{e.Weakness.Canonical, e.Weakness.Key}, e.Weakness.Aliases...)
	slices.Sort(names)
	names = slices.Compact(names)
	if e.State.Live() {
		seen, err := d.World.Detections(ctx, []int64{e.Place}, at.Time().Add(-twin.DetectionCounts))
		if err != nil {
			return err
		}
		for _, s := range seen[e.Place] {
			if !s.Detection.First.After(at.Time()) {
				doc.Attacks = append(doc.Attacks, attackItem(&s, append(names, e.Advisories...)))
			}
		}
	}
	lore, err := d.World.Lore(ctx, names)
	if err != nil {
		return err
	}
	for _, name := range names {
		doc.Suppliers = append(doc.Suppliers, supplierItems(lore[name].Said, e.Instances)...)
		for _, u := range lore[name].Uses {
			doc.UsedAs = append(doc.UsedAs, api.AttackUse{
				Weakness: u.CVE, Role: string(u.Role), Technique: u.Technique, Title: u.Title, Group: u.Group, GroupName: u.GroupName,
				Source: u.Source, Date: When(u.Date),
			})
		}
	}
	return nil
}

// supplierItems are the statements about a component of the exposure: of its
// version, or of all versions.
func supplierItems(said []advisory.Statement, instances []ctem.Instance) (out []api.SupplierSays) {
	for _, s := range said {
		about := slices.ContainsFunc(instances, func(in ctem.Instance) bool {
			v := twin.PurlVersion(s.Purl)
			return twin.Locus(s.Purl) == twin.Locus(in.Purl) && (v == "" || v == twin.PurlVersion(in.Purl))
		})
		if about {
			out = append(out, api.SupplierSays{
				Weakness: s.CVE, Status: string(s.Verdict), Product: s.Purl, Reason: s.Reason, Publisher: s.Publisher, Document: s.Document,
				Address: s.Address, Date: When(s.Date),
			})
		}
	}
	return out
}

func attackItem(s *twin.Sighted, names []string) api.AttackSeen {
	x := &s.Detection
	return api.AttackSeen{
		Source: s.Source, Tool: x.Tool, Rule: x.Rule, Severity: x.Severity, Techniques: List(x.Techniques), Weaknesses: List(x.Weaknesses),
		OnWeakness: s.Names(names), Container: x.Container, Process: x.Process, FirstAt: x.First, LastAt: x.Last, Until: s.Until(),
	}
}

// unplaced are the detections that fit no place, by source and scope.
func (d seeing) unplaced(ctx context.Context, all []ctem.Source, at ctem.AsOf) (map[[2]string][]twin.Unplaced, error) {
	if !slices.ContainsFunc(all, func(s ctem.Source) bool { return s.Class == twin.Detected }) {
		return nil, nil
	}
	list, err := d.World.Unplaced(ctx, at.Time().Add(-twin.DetectionCounts))
	out := map[[2]string][]twin.Unplaced{}
	for _, u := range list {
		k := [2]string{u.Source, u.Scope}
		out[k] = append(out[k], u)
	}
	return out, err
}

// maxUnplacedShown are told one by one.
const maxUnplacedShown = 10

func unplacedItems(list []twin.Unplaced) []api.Rejection {
	out := []api.Rejection{}
	for _, u := range list[:min(len(list), maxUnplacedShown)] {
		where := u.Detection.Rule
		if u.Detection.Image != "" {
			where += " in " + u.Detection.Image
		}
		out = append(out, api.Rejection{Where: where, Reason: u.Reason})
	}
	return out
}
