package lineage

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/twin"
)

// Step is a link of the chain.
type Step string

// The links, in order.
const (
	StepCommit    Step = "commit"
	StepBuild     Step = "build"
	StepDigest    Step = "digest"
	StepContainer Step = "container"
	StepWorkload  Step = "workload"
	StepEndpoint  Step = "endpoint"
)

// State says whether a link is known.
type State string

// The states of a link. None is known too: that there is no such thing.
const (
	Known   State = "known"
	Unknown State = "unknown"
	None    State = "none"
)

// Unsigned is a link that nobody signed; the other words are those of signatures.
const Unsigned = "unsigned"

// Link is one link of a chain.
type Link struct {
	Step      Step
	State     State
	End       twin.End // its page; zero: unknown
	Label     string
	Source    string // who says so
	At        time.Time
	Signature string // verified, failed, unverified, unsigned; "" where none is expected
	Why       string // why it is unknown, or what it rests on
}

// Chain is the links of one container of a workload, in order.
type Chain []Link

// Missing are the links that are unknown.
func (c Chain) Missing() (out []Step) {
	for _, l := range c {
		if l.State == Unknown {
			out = append(out, l.Step)
		}
	}
	return out
}

// Proof is one build or attestation that tells where an artifact comes from.
type Proof struct {
	End         twin.End
	Source      string
	Since       time.Time
	Build       *twin.Build
	Attestation *twin.Attestation
	Image       *twin.Image // what its labels claim: the weakest
}

// rank orders proofs: a signature that holds, then what a pipeline says of itself,
// then signatures that nothing proves, labels, and what proves itself wrong.
func (p *Proof) rank() int {
	switch {
	case p.Attestation != nil && p.Attestation.Signature.State == twin.SignatureVerified:
		return 0
	case p.Build != nil:
		return 1
	case p.Attestation != nil && p.Attestation.Signature.State != twin.SignatureFailed:
		return 2
	case p.Image != nil:
		return 3
	}
	return 4
}

// commit is the commit that the proof names; "" where it names none. What proves
// itself wrong names nothing.
func (p *Proof) commit() string {
	switch {
	case p.Build != nil:
		return p.Build.Source.Name()
	case p.Attestation != nil && p.Attestation.Signature.State != twin.SignatureFailed:
		return p.Attestation.Source.Name()
	case p.Image != nil:
		return p.Image.Claims.Source.Name()
	}
	return ""
}

// signature is the state of the proof's signature, and what it rests on.
func (p *Proof) signature() (state, why string) {
	if p.Attestation == nil {
		if p.Image != nil {
			return Unsigned, "a label of the image claims it; nothing proves it"
		}
		return Unsigned, "the pipeline says so; nobody signed it"
	}
	s := p.Attestation.Signature
	if s.State == twin.SignatureVerified {
		return string(s.State), cmp.Or(s.Identity, s.KeyID, s.Rule)
	}
	return string(s.State), s.Reason
}

// Facts are what is known of artifacts, by identity.
type Facts struct {
	Proofs map[string][]Proof
	Builds map[string]Proof   // by the build's name
	Signed map[string][]Proof // signatures of images: that somebody signed just this digest
	Names  map[string]bool    // of images of which some build is known
	Tags   map[string]Tag     // by name and tag
	Loaded map[string][]LoadedSeen
	Listed map[string]map[string]bool // what is in the SBOM of an artifact: purls without qualifiers
}

// Chains are those of every container that runs, or is declared to, of a workload.
func (f *Facts) Chains(w *ctem.Workload) (out []Chain) {
	seen := map[string]bool{}
	for i := range w.Claims {
		c := &w.Claims[i]
		if c.Class != w.Class {
			continue // what is declared beside what runs adds doors only
		}
		for n := range c.Workload.Containers {
			x := &c.Workload.Containers[n]
			key := x.Name + "\x00" + x.Image.String()
			if seen[key] {
				continue
			}
			seen[key] = true
			commit, build, digest := f.origin(x)
			out = append(out, Chain{commit, build, digest, container(w, c, x), workload(w, c), endpoint(w)})
		}
	}
	return out
}

// origin are the first three links: from the commit to the digest.
func (f *Facts) origin(x *twin.Container) (commit, build, digest Link) {
	commit, build = Link{Step: StepCommit, State: Unknown}, Link{Step: StepBuild, State: Unknown}
	digest = Link{Step: StepDigest, State: Known, End: twin.End{Kind: twin.KindArtifact, Name: x.Image.ID()}, Label: x.Image.String()}
	if x.Image.Digest == "" {
		why := "no digest was seen, only the name " + x.Image.String() + ", which can mean another image tomorrow"
		digest.State, digest.Why = Unknown, why
		commit.Why, build.Why = why, why
		return commit, build, digest
	}
	proofs := slices.Clone(f.Proofs[x.Image.Digest])
	slices.SortStableFunc(proofs, func(a, b Proof) int { return cmp.Compare(a.rank(), b.rank()) })
	for i := range proofs {
		f.prove(&proofs[i], &commit, &build)
	}
	f.fromBuild(&commit, &build)
	nobody := "no build and no attestation names this digest"
	if len(proofs) > 0 {
		nobody = "those who speak of this digest do not say it"
	}
	commit.Why, build.Why = cmp.Or(commit.Why, why(commit, nobody)), cmp.Or(build.Why, why(build, nobody))
	if len(proofs) > 0 {
		digest.Source, digest.At = proofs[0].Source, proofs[0].Since
		digest.Signature, digest.Why = proofs[0].signature()
	}
	f.signed(x.Image.Digest, &digest)
	return commit, build, digest
}

// signed adds who signed the digest itself. A signature that holds says more than a
// statement that nobody has proven; one that does not is told and takes nothing.
func (f *Facts) signed(id string, digest *Link) {
	list := slices.Clone(f.Signed[id])
	if len(list) == 0 {
		return
	}
	slices.SortStableFunc(list, func(a, b Proof) int { return cmp.Compare(a.rank(), b.rank()) })
	best := &list[0]
	state, who := best.signature()
	said := "the image is signed by " + who
	if state != string(twin.SignatureVerified) {
		said = "the image's signature is " + state + ": " + who
	}
	if digest.Signature == "" || state == string(twin.SignatureVerified) && digest.Signature != state {
		digest.Source, digest.At, digest.Signature = best.Source, best.Since, state
	}
	if digest.Why != "" {
		said = digest.Why + "; " + said
	}
	digest.Why = said
}

func why(l Link, text string) string {
	if l.State == Unknown {
		return text
	}
	return ""
}

// prove fills in what a proof says and no better one has said.
func (f *Facts) prove(p *Proof, commit, build *Link) {
	state, why := p.signature()
	if name := p.commit(); name != "" && commit.State == Unknown {
		*commit = Link{
			Step: StepCommit, State: Known, End: twin.End{Kind: twin.KindCommit, Name: name}, Label: name, Source: p.Source, At: p.Since, Signature: state, Why: why,
		}
	}
	name := ""
	switch {
	case p.Build != nil:
		name = p.End.Name
	case p.Attestation != nil && p.Attestation.Signature.State != twin.SignatureFailed:
		name = p.Attestation.Builder.Build
	}
	if name != "" && build.State == Unknown {
		*build = Link{
			Step: StepBuild, State: Known, End: twin.End{Kind: twin.KindBuild, Name: name}, Label: name, Source: p.Source, At: p.Since, Signature: state, Why: why,
		}
	}
	if p.rank() == 4 && commit.State == Unknown {
		commit.Why = "an attestation names this digest, and its signature is wrong: " + why
		build.Why = commit.Why
	}
}

// fromBuild fills in the commit that the build itself tells, where no proof of the
// digest did.
func (f *Facts) fromBuild(commit, build *Link) {
	b, ok := f.Builds[build.End.Name]
	if build.State != Known || commit.State == Known || !ok || b.commit() == "" {
		return
	}
	state, why := b.signature()
	*commit = Link{
		Step: StepCommit, State: Known, End: twin.End{Kind: twin.KindCommit, Name: b.commit()}, Label: b.commit(), Source: b.Source, At: b.Since, Signature: state, Why: why,
	}
}

func container(w *ctem.Workload, c *twin.Claim, x *twin.Container) Link {
	l := Link{
		Step: StepContainer, State: Known, End: twin.End{Kind: twin.KindWorkload, Scope: w.Environment, Name: w.Service}, Label: cmp.Or(x.Name, w.Service),
		Source: c.Source, At: c.From,
	}
	if c.Class != twin.Observed {
		l.State, l.Why = Unknown, "it is declared, and no run-time source has seen it"
	}
	return l
}

func workload(w *ctem.Workload, c *twin.Claim) Link {
	l := Link{
		Step: StepWorkload, State: Known, End: twin.End{Kind: twin.KindWorkload, Scope: w.Environment, Name: w.Service}, Label: w.Service + " in " + w.Environment,
		Source: c.Source, At: w.Since,
	}
	if w.Class == twin.Observed && w.Freshness != twin.Fresh {
		l.Why = "its source has not reported lately: " + string(w.Freshness)
	}
	return l
}

func endpoint(w *ctem.Workload) Link {
	l := Link{Step: StepEndpoint, State: Known, Source: cmp.Or(first(w.Sources), "")}
	switch {
	case len(w.Doors) > 0:
		doors := slices.Clone(w.Doors)
		slices.SortStableFunc(doors, func(a, b twin.Door) int { return order(b.Public) - order(a.Public) })
		l.Label = doors[0].Address
		l.End = twin.End{Kind: twin.KindWorkload, Scope: w.Environment, Name: w.Service}
		if len(doors) > 1 {
			l.Label += " and " + strconv.Itoa(len(doors)-1) + " more"
		}
		l.At, l.Why = w.Since, doors[0].Via
	case w.Reachable == ctem.No:
		l.State, l.Why = None, "its source says all doors that there are, and this has none"
	default:
		l.State, l.Why = Unknown, "nobody says which doors lead to it"
	}
	return l
}

func order(b bool) int {
	if b {
		return 1
	}
	return 0
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// Repositories are those that the artifacts are said to be built from, sorted.
// What a label claims, or proves itself wrong, names none.
func (f *Facts) Repositories() (out []string) {
	for _, list := range f.Proofs {
		for i := range list {
			if list[i].Image == nil {
				out = append(out, repositoryOf(list[i].commit()))
			}
		}
	}
	for _, b := range f.Builds {
		out = append(out, repositoryOf(b.commit()))
	}
	slices.Sort(out)
	return slices.DeleteFunc(slices.Compact(out), func(s string) bool { return s == "" })
}

func repositoryOf(commit string) string {
	if i := strings.LastIndexByte(commit, '@'); i > 0 {
		return commit[:i]
	}
	return ""
}
