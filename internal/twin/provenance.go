package twin

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/fault"
)

// Build is the Spec of a thing of KindBuild: one run of a pipeline, or one job of
// such a run. What it made it names in Artifacts and links with RelProduced; what
// it was made from, in Source, and with RelBuiltFrom.
type Build struct {
	System   string      `json:"system"` // "github", "gitlab", "jenkins", "tekton", or the name that the CI gives itself
	Run      Run         `json:"run"`
	Source   Revision    `json:"source"`
	Actor    string      `json:"actor,omitempty"`   // who or what started it
	Trigger  string      `json:"trigger,omitempty"` // push, schedule, …, in the system's words
	Status   BuildStatus `json:"status"`
	Started  time.Time   `json:"started,omitzero"`
	Finished time.Time   `json:"finished,omitzero"`
	Runner   string      `json:"runner,omitempty"`
	// Parameters are the names of what was handed to it: values may be secrets.
	Parameters []string `json:"parameters,omitempty"`
	Artifacts  []Built  `json:"artifacts,omitempty"`
	// LeftOut is how many more artifacts it made than are kept.
	LeftOut int `json:"left_out,omitempty"`
}

// Run says which run of which pipeline a build is.
type Run struct {
	ID       string `json:"id"`
	Attempt  int    `json:"attempt,omitempty"` // from 1; 0 where the system counts none
	Workflow string `json:"workflow,omitempty"`
	Job      string `json:"job,omitempty"` // "": the build is the whole run
	Of       string `json:"of,omitempty"`  // of a job: the name of the Build that is the whole run
	URL      string `json:"url,omitempty"`
}

// Revision is the state of the source that something was built from.
type Revision struct {
	Repository string `json:"repository,omitempty"` // as RepositoryName writes it
	Commit     string `json:"commit,omitempty"`
	Ref        string `json:"ref,omitempty"` // refs/heads/main, refs/tags/v1; a bare name where the kind is unknown
}

// Name is the commit's name as an end of edges, "" where it is not known.
func (r Revision) Name() string {
	if r.Repository == "" || r.Commit == "" {
		return ""
	}
	return CommitName(r.Repository, r.Commit)
}

// Built is an artifact that a build says it made.
type Built struct {
	Name   string `json:"name,omitempty"`
	Digest string `json:"digest,omitempty"` // sha256:… or sha512:…; "": only named, not proven
}

// BuildStatus is how far a build is, or how it ended.
type BuildStatus string

// The states of a build. Only a build that succeeded made what it names for sure.
const (
	BuildQueued    BuildStatus = "queued"
	BuildRunning   BuildStatus = "running"
	BuildSucceeded BuildStatus = "succeeded"
	BuildFailed    BuildStatus = "failed"
	BuildCancelled BuildStatus = "cancelled"
	BuildSkipped   BuildStatus = "skipped"
	BuildUnknown   BuildStatus = "unknown"
)

// Ended reports whether a build in this state changes no more.
func (s BuildStatus) Ended() bool {
	switch s {
	case BuildSucceeded, BuildFailed, BuildCancelled, BuildSkipped:
		return true
	case BuildQueued, BuildRunning, BuildUnknown:
	}
	return false
}

// Attestation is the Spec of a thing of KindAttestation: one statement that
// somebody made about artifacts. Its thing's name is AttestationName(Document). It links with
// RelDescribes to its artifacts and to the Build that it tells of, and, unless its
// signature has failed, with RelBuiltFrom to the commit.
type Attestation struct {
	Predicate string           `json:"predicate"` // the type's address: "https://slsa.dev/provenance/v1"
	Form      AttestationForm  `json:"form"`      // how it was wrapped
	Subjects  []Subject        `json:"subjects"`
	LeftOut   int              `json:"left_out,omitempty"` // how many more subjects it has than are kept
	Builder   Builder          `json:"builder,omitzero"`   // provenance only
	Source    Revision         `json:"source,omitzero"`    // provenance only: the commit that it says was built
	Materials Materials        `json:"materials,omitzero"` // provenance only
	SBOM      string           `json:"sbom,omitempty"`     // "CycloneDX 1.5" where it holds one
	Verdict   *VerifierVerdict `json:"verdict,omitempty"`  // verification summary only
	MadeAt    time.Time        `json:"made_at,omitzero"`   // by the log or a timestamp if it is proven so, else as it says itself
	Signature Signature        `json:"signature"`
	Document  string           `json:"document"` // hex SHA-256 of the document as received
}

// AttestationForm says how a statement was wrapped.
type AttestationForm string

// The forms.
const (
	FormStatement AttestationForm = "statement" // bare: nobody signed it
	FormDSSE      AttestationForm = "dsse"      // an envelope with signatures
	FormBundle    AttestationForm = "sigstore"  // a Sigstore bundle
	FormImage     AttestationForm = "image"     // cosign's payload that names an image, with a signature beside it
)

// PredicateImage is what the signature of an image states: that the signer signed
// just this digest. Nothing is said of where it comes from.
const PredicateImage = "https://sigstore.dev/cosign/sign/v1"

// Subject is one thing that a statement is about.
type Subject struct {
	Name   string `json:"name,omitempty"`
	Digest string `json:"digest,omitempty"` // the artifact's identity; "" where only Other is given
	Other  string `json:"other,omitempty"`  // "gitCommit:…", "sha1:…": what cannot name an artifact
}

// Builder says who built, by which recipe, in which run.
type Builder struct {
	ID         string    `json:"id,omitempty"`
	Type       string    `json:"type,omitempty"`       // build type
	Invocation string    `json:"invocation,omitempty"` // as the document has it
	Entry      string    `json:"entry,omitempty"`      // workflow file, script, target
	Build      string    `json:"build,omitempty"`      // the name of the Build, where the invocation says which
	Started    time.Time `json:"started,omitzero"`
	Finished   time.Time `json:"finished,omitzero"`
}

// Materials are what went into a build, as far as its provenance says.
type Materials struct {
	Count int        `json:"count"`          // how many it names
	Kept  []Material `json:"kept,omitempty"` // the first of them
}

// Material is one thing that went into a build.
type Material struct {
	URI    string `json:"uri,omitempty"`
	Digest string `json:"digest,omitempty"` // "sha256:…", "gitCommit:…"
}

// VerifierVerdict is what a verification summary (VSA) says.
type VerifierVerdict struct {
	Verifier string   `json:"verifier,omitempty"`
	Resource string   `json:"resource,omitempty"`
	Policy   string   `json:"policy,omitempty"`
	Result   string   `json:"result,omitempty"` // PASSED, FAILED
	Levels   []string `json:"levels,omitempty"`
}

// SignatureState says how far a document's signature is proven.
type SignatureState string

// The states of a signature. Only SignatureVerified is trusted: the signature,
// the signer's certificate at the time of signing, the log's proof, and that the
// signer is one that is expected here. SignatureFailed is a document that proves
// itself wrong; SignatureUnverified is one that nothing here can prove.
const (
	SignatureVerified   SignatureState = "verified"
	SignatureUnverified SignatureState = "unverified"
	SignatureFailed     SignatureState = "failed"
)

// Signature is what is known of who signed a document.
type Signature struct {
	State  SignatureState `json:"state"`
	Reason string         `json:"reason,omitempty"` // why it is not verified
	// Identity and Issuer are of the signing certificate: proven where State is
	// verified, else as the document has them.
	Identity string `json:"identity,omitempty"`
	Issuer   string `json:"issuer,omitempty"`
	KeyID    string `json:"key,omitempty"`  // of a key that the operator gave: its name
	Rule     string `json:"rule,omitempty"` // the rule of the operator's that expects this signer
	// LogID, LogIndex and At are the transparency log's entry and time, where it is proven.
	LogID    string    `json:"log,omitempty"`
	LogIndex int64     `json:"log_index,omitempty"`
	At       time.Time `json:"at,omitzero"`
}

// AttestationName is the name of an attestation: the hash of its document.
func AttestationName(document string) string { return "sha256:" + document }

// BuildName is the name of a run by the address that its system gives it, without
// scheme: "github.com/a/b/actions/runs/17/attempts/1".
func BuildName(address string) string {
	if _, rest, ok := strings.Cut(address, "://"); ok {
		address = rest
	}
	host, rest, ok := strings.Cut(strings.TrimRight(address, "/"), "/")
	if !ok {
		return host
	}
	return strings.ToLower(host) + "/" + rest
}

// GitHubRunName is the name of a run of GitHub Actions; repository as
// RepositoryName writes it.
func GitHubRunName(repository, run string, attempt int) string {
	return repository + "/actions/runs/" + run + "/attempts/" + strconv.Itoa(max(attempt, 1))
}

// Resource is the build as a thing of the twin.
func (b Build) Resource(name string) (Resource, error) {
	r := Resource{Kind: KindBuild, Name: name}
	for _, a := range b.Artifacts {
		r.link(RelProduced, KindArtifact, a.Digest)
	}
	r.link(RelBuiltFrom, KindCommit, b.Source.Name())
	r.link(RelPartOf, KindBuild, b.Run.Of)
	return r.with(b)
}

// Resource is the attestation as a thing of the twin.
func (a Attestation) Resource() (Resource, error) {
	r := Resource{Kind: KindAttestation, Name: AttestationName(a.Document)}
	for _, s := range a.Subjects {
		r.link(RelDescribes, KindArtifact, s.Digest)
	}
	r.link(RelDescribes, KindBuild, a.Builder.Build)
	if a.Signature.State != SignatureFailed {
		r.link(RelBuiltFrom, KindCommit, a.Source.Name())
	}
	return r.with(a)
}

// link adds an edge; an end without a name is none.
func (r *Resource) link(rel Rel, kind, name string) {
	if name != "" {
		r.Links = append(r.Links, Link{Rel: rel, To: End{Kind: kind, Name: name}})
	}
}

// with returns the resource with its spec, and its links in order, each once.
func (r Resource) with(spec any) (Resource, error) {
	body, err := json.Marshal(spec)
	if err != nil {
		return Resource{}, fault.Wrap(fault.Internal, err, "writing %s %q", r.Kind, r.Name)
	}
	r.Spec = body
	slices.SortFunc(r.Links, compareLinks)
	r.Links = slices.Compact(r.Links)
	return r, nil
}

func compareLinks(a, b Link) int {
	for _, c := range []int{
		strings.Compare(string(a.Rel), string(b.Rel)), strings.Compare(a.To.Kind, b.To.Kind),
		strings.Compare(a.To.Scope, b.To.Scope), strings.Compare(a.To.Name, b.To.Name),
	} {
		if c != 0 {
			return c
		}
	}
	return 0
}
