package lineage

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/twin"
)

const digest = "sha256:6c3c624b58dbbcd3c0dd82b4c53f04194d1247c6eebdaab7c610cf7d66709b3b"

func ref(tag, digest string) twin.ArtifactRef {
	return twin.ArtifactRef{Name: "ghcr.io/acme/shop", Tag: tag, Digest: digest}
}

// ranIn is a workload of one container that a source sees.
func ranIn(source string, x twin.Container, doors ...twin.Door) *ctem.Workload {
	w := &ctem.Workload{Service: "shop", Environment: "prod", Class: twin.Observed, Freshness: twin.Fresh, Since: day, Doors: doors, Reachable: ctem.Unknown}
	w.Claims = []twin.Claim{{Source: source, Scope: "prod", Class: twin.Observed, From: day, Workload: twin.Workload{Service: "shop", Kind: "Deployment", Containers: []twin.Container{x}}}}
	return w
}

func attested(state twin.SignatureState, commit, build string) Proof {
	a := &twin.Attestation{Source: twin.Revision{Repository: "github.com/acme/shop", Commit: commit}, Builder: twin.Builder{Build: build}, Signature: twin.Signature{State: state, Reason: "because", Identity: "ci@acme"}}
	return Proof{End: twin.End{Kind: twin.KindAttestation, Name: "sha256:a"}, Source: "registry/ghcr.io", Since: day, Attestation: a}
}

func told(name, commit string) Proof {
	b := &twin.Build{Source: twin.Revision{Repository: "github.com/acme/shop", Commit: commit}}
	return Proof{End: twin.End{Kind: twin.KindBuild, Name: name}, Source: "ci/github", Since: day, Build: b}
}

func labelled(commit string) Proof {
	i := &twin.Image{Claims: twin.ImageClaims{Source: twin.Revision{Repository: "github.com/acme/shop", Commit: commit}}}
	return Proof{End: twin.End{Kind: twin.KindImage, Name: digest}, Source: "registry/ghcr.io", Since: day, Image: i}
}

// Each line is the six links as step=state[/signature][:name].
func outline(c Chain) string {
	var parts []string
	for _, l := range c {
		s := string(l.State)
		if l.Signature != "" {
			s += "/" + l.Signature
		}
		if l.State == Known && (l.Step == StepCommit || l.Step == StepBuild) {
			s += ":" + l.End.Name
		}
		if l.State == Unknown && l.Why == "" {
			s += " and says not why"
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, " ")
}

func TestChains(t *testing.T) {
	t.Parallel()
	x := twin.Container{Name: "web", Image: ref("1", digest)}
	door := twin.Door{Address: "shop.example", Public: true, Via: "Ingress/shop/front"}
	of := func(list ...Proof) Facts { return Facts{Proofs: map[string][]Proof{digest: list}} }
	noDigest := x
	noDigest.Image.Digest = ""
	for name, c := range map[string]struct {
		facts Facts
		w     *ctem.Workload
		want  string
	}{
		"whole":         {of(attested(twin.SignatureVerified, "c0ffee", "run/1")), ranIn("kube/a", x, door), "known/verified:github.com/acme/shop@c0ffee known/verified:run/1 known/verified known known known"},
		"unproven":      {of(attested(twin.SignatureUnverified, "c0ffee", "run/1")), ranIn("kube/a", x, door), "known/unverified:github.com/acme/shop@c0ffee known/unverified:run/1 known/unverified known known known"},
		"wrong":         {of(attested(twin.SignatureFailed, "c0ffee", "run/1")), ranIn("kube/a", x, door), "unknown unknown known/failed known known known"},
		"ci_only":       {of(told("run/2", "beef")), ranIn("kube/a", x), "known/unsigned:github.com/acme/shop@beef known/unsigned:run/2 known/unsigned known known unknown"},
		"best_first":    {of(labelled("dead"), told("run/2", "beef"), attested(twin.SignatureVerified, "c0ffee", "")), ranIn("kube/a", x), "known/verified:github.com/acme/shop@c0ffee known/unsigned:run/2 known/verified known known unknown"},
		"wrong_is_last": {of(attested(twin.SignatureFailed, "bad", "bad/1"), told("run/2", "beef")), ranIn("kube/a", x), "known/unsigned:github.com/acme/shop@beef known/unsigned:run/2 known/unsigned known known unknown"},
		"label":         {of(labelled("dead")), ranIn("kube/a", x), "known/unsigned:github.com/acme/shop@dead unknown known/unsigned known known unknown"},
		"nobody":        {of(), ranIn("kube/a", x), "unknown unknown known known known unknown"},
		"no_digest":     {of(told("run/2", "beef")), ranIn("kube/a", noDigest), "unknown unknown unknown known known unknown"},
	} {
		chains := c.facts.Chains(c.w)
		if len(chains) != 1 || len(chains[0]) != 6 {
			t.Fatalf("%s: %+v", name, chains)
		}
		if diff := cmp.Diff(c.want, outline(chains[0])); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	signed := func(state twin.SignatureState) map[string][]Proof {
		return map[string][]Proof{digest: {attested(state, "", "")}}
	}
	for name, c := range map[string]struct {
		signed, proven []Proof
		want, why      string
	}{
		"signed_only":      {signed(twin.SignatureVerified)[digest], nil, "verified", "the image is signed by ci@acme"},
		"not_ours":         {signed(twin.SignatureUnverified)[digest], nil, "unverified", "the image's signature is unverified: because"},
		"best":             {append(signed(twin.SignatureFailed)[digest], signed(twin.SignatureVerified)[digest]...), nil, "verified", "the image is signed by ci@acme"},
		"over_a_build":     {signed(twin.SignatureVerified)[digest], []Proof{told("run/2", "beef")}, "verified", "the pipeline says so; nobody signed it; the image is signed by ci@acme"},
		"takes_nothing":    {signed(twin.SignatureFailed)[digest], []Proof{attested(twin.SignatureVerified, "c", "")}, "verified", "ci@acme; the image's signature is failed: because"},
		"wrong_and_no_one": {signed(twin.SignatureFailed)[digest], []Proof{told("run/2", "beef")}, "unsigned", "the pipeline says so; nobody signed it; the image's signature is failed: because"},
	} {
		facts := of(c.proven...)
		facts.Signed = map[string][]Proof{digest: c.signed}
		got := facts.Chains(ranIn("kube/a", x))[0]
		if got[2].Signature != c.want || got[2].Why != c.why {
			t.Errorf("%s: %s, %s", name, got[2].Signature, got[2].Why)
		}
		if c.proven == nil && got[0].State != Unknown {
			t.Errorf("%s: a signature tells of no commit: %+v", name, got[0])
		}
	}
	closed := ranIn("kube/a", x)
	closed.Reachable = ctem.No
	facts := of(attested(twin.SignatureVerified, "", "run/9"))
	facts.Builds = map[string]Proof{"run/9": told("run/9", "cafe")}
	got := facts.Chains(closed)[0]
	if want := "known/unsigned:github.com/acme/shop@cafe known/verified:run/9 known/verified known known none"; outline(got) != want || got.Missing() != nil {
		t.Errorf("%s, missing %v", outline(got), got.Missing())
	}
	if diff := cmp.Diff([]string{"github.com/acme/shop"}, facts.Repositories()); diff != "" {
		t.Error(diff)
	}
}

func TestDrifts(t *testing.T) {
	t.Parallel()
	const other = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
	x := twin.Container{Name: "web", Image: ref("1", digest)}
	wanted, byTag, bare := x, x, x
	wanted.Wanted, byTag.Wanted = "ghcr.io/acme/shop@"+other, "ghcr.io/acme/shop:1"
	bare.Image = ref("1", "")
	declared := ranIn("records", x)
	declared.Claims = append(declared.Claims, twin.Claim{Source: "manifests", Class: twin.Declared, From: day, Workload: twin.Workload{Containers: []twin.Container{{Name: "web", Image: ref("2", other)}}}})
	tag := map[string]Tag{"ghcr.io/acme/shop:1": {Source: "registry/ghcr.io", Digest: other, Since: day.Add(time.Hour)}}
	same := map[string]Tag{"ghcr.io/acme/shop:1": {Source: "registry/ghcr.io", Digest: digest}}
	loaded := map[string][]LoadedSeen{digest: {{Source: "host/a", Since: day, Purls: []string{"pkg:npm/a@1", "pkg:npm/b@1"}}}}
	for name, c := range map[string]struct {
		facts Facts
		w     *ctem.Workload
		want  string // built, declared, tag, inventory
	}{
		"nothing_known":   {Facts{}, ranIn("records", x), "unknown unknown unknown unknown"},
		"built":           {Facts{Proofs: map[string][]Proof{digest: {told("run/1", "c")}}, Names: map[string]bool{x.Image.Name: true}}, ranIn("kube/a", x), "no no unknown unknown"},
		"not_built":       {Facts{Names: map[string]bool{x.Image.Name: true}}, ranIn("kube/a", x), "yes no unknown unknown"},
		"forged":          {Facts{Proofs: map[string][]Proof{digest: {attested(twin.SignatureFailed, "c", "")}}, Names: map[string]bool{x.Image.Name: true}}, ranIn("kube/a", x), "yes no unknown unknown"},
		"a_label_only":    {Facts{Proofs: map[string][]Proof{digest: {labelled("c")}}}, ranIn("kube/a", x), "unknown no unknown unknown"},
		"other_digest":    {Facts{}, ranIn("kube/a", wanted), "unknown yes unknown unknown"},
		"tag_was_wanted":  {Facts{Tags: same}, ranIn("kube/a", byTag), "unknown unknown no unknown"},
		"declared_digest": {Facts{}, declared, "unknown yes unknown unknown"},
		"tag_moved":       {Facts{Tags: tag}, ranIn("kube/a", x), "unknown no yes unknown"},
		"no_digest":       {Facts{Tags: tag, Names: map[string]bool{x.Image.Name: true}}, ranIn("kube/a", bare), "unknown no unknown unknown"},
		"unlisted":        {Facts{Loaded: loaded, Listed: map[string]map[string]bool{digest: {"pkg:npm/a@1": true}}}, ranIn("kube/a", x), "unknown no unknown yes"},
		"listed":          {Facts{Loaded: loaded, Listed: map[string]map[string]bool{digest: {"pkg:npm/a@1": true, "pkg:npm/b@1": true}}}, ranIn("kube/a", x), "unknown no unknown no"},
		"no_sbom":         {Facts{Loaded: loaded}, ranIn("kube/a", x), "unknown no unknown unknown"},
	} {
		var got []string
		for _, d := range c.facts.Drifts(c.w) {
			got = append(got, string(d.Answer))
			if d.Sentence == "" || len(d.Evidence) == 0 {
				t.Errorf("%s: %s says nothing: %+v", name, d.Check, d)
			}
		}
		if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
