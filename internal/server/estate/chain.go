package estate

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/lineage"
	"github.com/tidemark/tidemark/internal/server/reply"
	"github.com/tidemark/tidemark/internal/twin"
)

// maxChains are told one by one; the numbers are of all.
const maxChains = 1000

// Chain tells the proof chain of a service, a digest or a commit: commit, build,
// digest, container, workload, endpoint.
func (d tracing) Chain(ctx context.Context, what string, m api.Moment) (api.Chain, error) {
	at := d.Time(m)
	doc := api.Chain{Schema: api.SchemaChain, AsOf: at.Time(), KnownAt: reply.When(at.KnownAt), What: what, Items: []api.ChainPath{}}
	if err := ctem.PlainText("what is asked for", what); err != nil {
		return doc, err
	}
	var err error
	if doc.Computed, err = d.Computed(ctx); err != nil {
		return doc, err
	}
	ask := d.Asks(at)
	kind, list, err := d.chained(ctx, ask, what)
	if err != nil {
		return doc, err
	}
	doc.Kind = kind.kind
	facts, err := d.facts(ctx, ask, list)
	if err != nil {
		return doc, err
	}
	for i := range list {
		for _, c := range facts.Chains(&list[i]) {
			if !kind.fits(c) {
				continue
			}
			missing := c.Missing()
			if doc.Total++; len(missing) > 0 {
				doc.Unknown++
			}
			if len(doc.Items) < maxChains {
				doc.Items = append(doc.Items, chainItem(c, missing))
			}
		}
	}
	if doc.Total == 0 && doc.Kind == "digest" { // what was built and does not run has no chain to a workload
		doc.Sentence = "No workload runs it at this time."
		return doc, nil
	}
	if doc.Total == 0 {
		return doc, reply.Missing(doc.Kind, what)
	}
	doc.Sentence = chainSentence(&doc)
	return doc, nil
}

// chainKind is what a chain is asked by.
type chainKind struct {
	kind string
	step lineage.Step
	name string // of the link; "": all chains of the workloads
}

// fits reports whether a chain has what was asked for; of a commit the beginning
// of its hash is enough.
func (k chainKind) fits(c lineage.Chain) bool {
	if k.name == "" {
		return true
	}
	return slices.ContainsFunc(c, func(l lineage.Link) bool {
		if l.Step != k.step {
			return false
		}
		_, hash, _ := strings.Cut(l.End.Name, "@")
		return l.End.Name == k.name || k.kind == "commit" && strings.HasPrefix(hash, k.name)
	})
}

// minHash is how much of a commit's hash tells it from others.
const minHash = 7

// chained finds the workloads whose chains are asked for: of a service, else of a
// digest, else all that may come from a commit.
func (d tracing) chained(ctx context.Context, ask ctem.ListQuery, what string) (chainKind, []ctem.Workload, error) {
	is := func(key, value string) []ctem.Term {
		return []ctem.Term{{Key: key, Op: ":", Values: []string{value}}}
	}
	if strings.HasPrefix(what, "sha256:") {
		ask.Terms = is("image", what)
		page, err := d.Estate.Workloads(ctx, ask)
		return chainKind{"digest", lineage.StepDigest, what}, page.Items, err
	}
	ask.Terms = is("service", what)
	page, err := d.Estate.Workloads(ctx, ask)
	if err != nil || len(page.Items) > 0 {
		return chainKind{kind: "service"}, page.Items, err
	}
	_, hash, named := strings.Cut(what, "@")
	if !named {
		hash = what
	}
	if len(hash) < minHash || strings.Trim(strings.ToLower(hash), "0123456789abcdef") != "" {
		return chainKind{kind: "service"}, nil, reply.Missing("service", what)
	}
	list, err := d.fromCommit(ctx, ask, what, named)
	return chainKind{"commit", lineage.StepCommit, what}, list, err
}

// fromCommit are the workloads that run an artifact of which something says that
// it comes from a commit.
func (d tracing) fromCommit(ctx context.Context, ask ctem.ListQuery, what string, named bool) ([]ctem.Workload, error) {
	holders, err := d.tellOf(ctx, ask, what, named)
	if err != nil {
		return nil, err
	}
	ask.Terms = nil
	digests, err := d.artifactsOf(ctx, ask, holders)
	if err != nil {
		return nil, err
	}
	for _, h := range holders {
		if h.Kind == twin.KindImage {
			digests = append(digests, h.Name)
		}
	}
	slices.Sort(digests)
	if digests = slices.Compact(digests); len(digests) == 0 {
		return nil, nil
	}
	ask.Terms = []ctem.Term{{Key: "image", Op: ":", Values: digests}}
	page, err := d.Estate.Workloads(ctx, ask)
	return page.Items, err
}

// artifactsOf are the digests that builds and attestations speak of: also those of
// attestations that tell of such a build and name no commit themselves.
func (d tracing) artifactsOf(ctx context.Context, ask ctem.ListQuery, holders []twin.End) (digests []string, err error) {
	edges, err := d.Twin.Edges(ctx, ask, holders)
	if err != nil {
		return nil, err
	}
	var beside []twin.End
	for i := range edges {
		e := &edges[i]
		if e.Holder.Kind == twin.KindAttestation && e.To.Kind == twin.KindBuild {
			beside = append(beside, e.Holder)
		}
	}
	more, err := d.Twin.Edges(ctx, ask, beside)
	for _, e := range append(edges, more...) {
		if e.To.Kind == twin.KindArtifact {
			digests = append(digests, e.To.Name)
		}
	}
	return digests, err
}

// tellOf are the builds, attestations and images that tell of a commit.
func (d tracing) tellOf(ctx context.Context, ask ctem.ListQuery, what string, named bool) (out []twin.End, err error) {
	if named {
		edges, err := d.Twin.Edges(ctx, ask, []twin.End{{Kind: twin.KindCommit, Name: what}})
		for i := range edges {
			out = append(out, edges[i].Holder)
		}
		return out, err
	}
	ask.Terms = []ctem.Term{{Key: "kind", Op: ":", Values: []string{twin.KindBuild, twin.KindAttestation, twin.KindImage}}}
	page, err := d.Twin.Things(ctx, ask)
	for i := range page.Items {
		for _, l := range page.Items[i].Links {
			_, hash, _ := strings.Cut(l.To.Name, "@")
			if l.To.Kind == twin.KindCommit && strings.HasPrefix(hash, what) {
				out = append(out, page.Items[i].End())
			}
		}
	}
	return out, err
}

func chainItem(c lineage.Chain, missing []lineage.Step) api.ChainPath {
	out := api.ChainPath{Links: make([]api.ChainLink, 0, len(c)), Missing: []string{}}
	for _, l := range c {
		out.Links = append(out.Links, api.ChainLink{
			Step: string(l.Step), State: string(l.State), Kind: l.End.Kind, Scope: l.End.Scope, Name: l.End.Name, Label: l.Label, Who: l.Source, At: reply.When(l.At),
			Signature: l.Signature, Why: l.Why,
		})
	}
	for _, s := range missing {
		out.Missing = append(out.Missing, string(s))
	}
	return out
}

func chainSentence(doc *api.Chain) string {
	if doc.Unknown == 0 {
		return fmt.Sprintf("All %s from commit to endpoint.", reply.Counted(doc.Total, "chain is known", "chains are known"))
	}
	missing := map[string]int{}
	for _, p := range doc.Items {
		for _, s := range p.Missing {
			missing[s]++
		}
	}
	var parts []string
	for _, s := range []lineage.Step{lineage.StepCommit, lineage.StepBuild, lineage.StepDigest, lineage.StepContainer, lineage.StepWorkload, lineage.StepEndpoint} {
		if n := missing[string(s)]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s in %d", s, n))
		}
	}
	return fmt.Sprintf("%d of %s a link that nobody has told: %s.", doc.Unknown, reply.Counted(doc.Total, "chain has", "chains have"), strings.Join(parts, ", "))
}
