package desk

import (
	"context"
	"slices"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/server/reply"
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
				Source: u.Source, Date: reply.When(u.Date),
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
				Address: s.Address, Date: reply.When(s.Date),
			})
		}
	}
	return out
}

func attackItem(s *twin.Sighted, names []string) api.AttackSeen {
	x := &s.Detection
	return api.AttackSeen{
		Source: s.Source, Tool: x.Tool, Rule: x.Rule, Severity: x.Severity, Techniques: reply.List(x.Techniques), Weaknesses: reply.List(x.Weaknesses),
		OnWeakness: s.Names(names), Container: x.Container, Process: x.Process, FirstAt: x.First, LastAt: x.Last, Until: s.Until(),
	}
}
