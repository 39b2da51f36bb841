package local

import (
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/intel"
	"github.com/tidemark/tidemark/internal/server/desk"
	"github.com/tidemark/tidemark/internal/server/estate"
	"github.com/tidemark/tidemark/internal/server/reply"
)

// ScopeDocument is the scope in its wire form, with what services have from
// their products.
func ScopeDocument(s *ctem.Scope, v ctem.ScopeVersion, asOf ctem.AsOf) api.Scope {
	doc := api.Scope{
		Schema: api.SchemaScope, AsOf: asOf.Time(), Version: v.Version, At: reply.When(v.At), By: v.By, Text: v.Text,
		Products: []api.ScopeProduct{}, Services: []api.ScopeService{}, Environments: []api.ScopeEnvironment{}, Owners: []api.ScopeOwner{},
	}
	of := map[string][]string{}
	for _, x := range s.Services {
		owner, _ := s.Owner(x.Name)
		doc.Services = append(doc.Services, api.ScopeService{
			Name: x.Name, Products: reply.List(x.Products), Owner: owner, Tier: s.Tier(x.Name), Data: reply.List(s.Data(x.Name)),
		})
		for _, p := range x.Products {
			of[p] = append(of[p], x.Name)
		}
	}
	for _, p := range s.Products {
		doc.Products = append(doc.Products, api.ScopeProduct{
			Name: p.Name, Title: p.Title, Owner: p.Owner, Tier: p.Tier, Data: reply.List(p.Data), Services: reply.List(of[p.Name]),
		})
	}
	for _, e := range s.Environments {
		doc.Environments = append(doc.Environments, api.ScopeEnvironment{Name: e.Name, Kind: string(e.Kind)})
	}
	for _, o := range s.Owners {
		doc.Owners = append(doc.Owners, api.ScopeOwner{Name: o.Name, Mail: o.Mail, Chat: o.Chat})
	}
	return doc
}

// ReceiptItem is what became of an input, in its wire form.
func ReceiptItem(r discover.Receipt) api.Receipt {
	out := api.Receipt{
		Input: r.Input, Kind: r.Kind, Accepted: r.Accepted, Unchanged: r.Unchanged, Rejected: remarkItems(r.Rejected),
		Ignored: remarkItems(r.Ignored), Notes: remarkItems(r.Notes), Artifact: r.Artifact, Snapshots: []api.Snapshot{},
	}
	for _, s := range r.Snapshots {
		out.Snapshots = append(out.Snapshots, api.Snapshot{Source: s.Source, Environment: s.Environment, ObservedAt: s.ObservedAt, Members: s.Members})
	}
	if r.Quality != nil {
		out.Quality = estate.QualityItem(*r.Quality)
	}
	return out
}

func remarkItems(in []discover.Remark) []api.Rejection {
	out := make([]api.Rejection, 0, len(in))
	for _, r := range in {
		out = append(out, api.Rejection{Where: r.Where, Reason: r.Reason})
	}
	return out
}

// IntelDocument is what an update did, as a document.
func IntelDocument(rep intel.Report, at time.Time) api.IntelReport {
	doc := api.IntelReport{
		Schema: api.SchemaIntel, AsOf: at, Feeds: []api.FeedDone{}, Ignored: []api.Rejection{},
		Rejected: []api.Rejection{},
	}
	for _, f := range rep.Feeds {
		changed := f.Did.New + f.Did.Changed + f.Did.Removed
		doc.Changed += changed
		doc.Feeds = append(doc.Feeds, api.FeedDone{Feed: desk.FeedItems([]advisory.Feed{f.Feed})[0], Changed: changed, Unchanged: f.Status == intel.Unchanged, Held: f.Status == intel.Held})
	}
	for _, i := range rep.Ignored {
		doc.Ignored = append(doc.Ignored, api.Rejection{Where: i.Path, Reason: i.Reason})
	}
	for _, r := range rep.Rejections() {
		doc.Rejected = append(doc.Rejected, api.Rejection{Where: r.Where, Reason: r.Reason})
	}
	return doc
}
