package twin

import (
	"encoding/json"
	"strings"
)

// Resource is a thing of the twin that is no workload: a Kubernetes object, a
// build, an attestation, an API, a host, a flow. Its canonical JSON (fields in
// this order, links sorted by the writer) is the evidence body; Spec is what its
// kind says of itself, as canonical JSON of the type named after the kind, or the
// object's own spec where the kind is of Kubernetes.
type Resource struct {
	Kind      string          `json:"kind"`
	Namespace string          `json:"namespace,omitempty"`
	Name      string          `json:"name"`
	Spec      json.RawMessage `json:"spec,omitempty"`
	Links     []Link          `json:"links,omitempty"`
}

// Link is an edge from the resource that holds it to another thing.
type Link struct {
	Rel Rel `json:"rel"`
	To  End `json:"to"`
}

// End names a thing that an edge leads to. Scope is where it is: "" for kinds
// that are the same everywhere (see Global), and for others the scope of the
// resource that holds the link. Name is NAMESPACE/NAME where the kind has
// namespaces.
type End struct {
	Kind  string `json:"kind"`
	Scope string `json:"scope,omitempty"`
	Name  string `json:"name"`
}

// Rel says what an edge means, read from the thing that holds it to its end.
type Rel string

// The edges of the twin.
const (
	RelRuns       Rel = "runs"        // workload → artifact; host → artifact
	RelContains   Rel = "contains"    // artifact → artifact (index → platform image), service → endpoint
	RelExposes    Rel = "exposes"     // ingress, gateway, API → workload, service
	RelSelects    Rel = "selects"     // service, policy → workload
	RelConnectsTo Rel = "connects-to" // workload, service, flow → workload, data store, SaaS
	RelReads      Rel = "reads"       // workload, flow → data store, dataset
	RelFrom       Rel = "from"        // flow → who begins it
	RelRunsAs     Rel = "runs-as"     // workload → service account
	RelMounts     Rel = "mounts"      // workload → Secret, ConfigMap
	RelGives      Rel = "gives"       // binding → service account, role
	RelBuiltFrom  Rel = "built-from"  // build, artifact → commit; image → base image
	RelProduced   Rel = "produced"    // build → artifact
	RelDescribes  Rel = "describes"   // attestation, tag → artifact; model card → model
	RelOwnedBy    Rel = "owned-by"    // anything → team
	RelProtects   Rel = "protects"    // policy, control → workload
	RelPartOf     Rel = "part-of"     // build of one job → build of the whole run; operation → API
)

// The kinds of things beside those of Kubernetes, whose kinds are its own.
const (
	KindWorkload = "Workload" // only as an end: Name is the service, Scope the environment
	KindArtifact = "Artifact" // only as an end: Name is the artifact's identity
	KindCommit   = "Commit"   // only as an end: REPOSITORY@SHA, see CommitName
	KindTeam     = "Team"     // only as an end
	// KindServiceAccount is whom a workload acts as in its cluster.
	KindServiceAccount = "ServiceAccount"
	KindBuild          = "Build"
	KindAttestation    = "Attestation"
	KindRepository     = "Repository"
	KindImage          = "Image" // what a registry says of a digest
	KindTag            = "Tag"   // what a tag pointed to
	KindAPI            = "API"
	KindOperation      = "Operation" // method and route of an API
	KindSaaS           = "SaaS"
	KindDataStore      = "DataStore"
	KindModel          = "Model"
	KindDataset        = "Dataset"
	KindFlow           = "Flow" // what talks to what
	KindHost           = "Host"
	KindLoaded         = "Loaded" // what of an artifact or host was seen loaded
)

// Global reports whether things of the kind are the same in every scope.
func Global(kind string) bool {
	switch kind {
	case KindArtifact, KindCommit, KindTeam, KindBuild, KindAttestation, KindRepository, KindImage, KindTag, KindSaaS, KindDataStore, KindModel, KindDataset:
		return true
	}
	return false
}

// Self names the resource as the end of an edge.
func (r Resource) Self(scope string) End {
	e := End{Kind: r.Kind, Scope: scope, Name: r.Name}
	if Global(r.Kind) {
		e.Scope = ""
	}
	if r.Namespace != "" {
		e.Name = r.Namespace + "/" + r.Name
	}
	return e
}

// ResourceSubject is the subject of a resource's claims.
func ResourceSubject(kind, namespace, name string) string {
	return "resource/" + kind + "/" + namespace + "/" + name
}

// CutResource reads a subject that ResourceSubject wrote.
func CutResource(subject string) (kind, namespace, name string, ok bool) {
	rest, ok := strings.CutPrefix(subject, "resource/")
	parts := strings.SplitN(rest, "/", 3)
	if !ok || len(parts) != 3 || parts[0] == "" || parts[2] == "" {
		return "", "", "", false
	}
	return parts[0], parts[1], parts[2], true
}

// CommitName is the name of a commit: its repository without scheme, user and
// ".git", and its hash.
func CommitName(repository, sha string) string { return RepositoryName(repository) + "@" + sha }

// RepositoryName is a repository's address as everybody writes it the same:
// "git+https://github.com/a/b.git@refs/heads/main" and "git@github.com:a/b" are
// both "github.com/a/b".
func RepositoryName(address string) string {
	s := strings.TrimPrefix(strings.TrimSpace(address), "git+")
	_, rest, hasScheme := strings.Cut(s, "://")
	if hasScheme {
		s = rest
	}
	path := strings.IndexByte(s, '/')
	if path < 0 {
		path = len(s)
	}
	if at := strings.LastIndexByte(s[:path], '@'); at >= 0 {
		s = s[at+1:]
	}
	if i := strings.IndexAny(s, "?#"); i >= 0 {
		s = s[:i]
	}
	if i := strings.LastIndexByte(s, '@'); i > 0 {
		s = s[:i]
	}
	if !hasScheme {
		host, rest, ok := strings.Cut(s, ":")
		if ok && !strings.Contains(host, "/") {
			s = host + "/" + rest
		}
	}
	s = strings.TrimSuffix(strings.TrimRight(s, "/"), ".git")
	host, rest, ok := strings.Cut(s, "/")
	if !ok {
		return strings.ToLower(s)
	}
	return strings.ToLower(host) + "/" + rest
}

// Moved is what a stretch of the twin's stream concerns, as ids of the store.
type Moved struct {
	Places []int64
	Things []int64 // claims about what is no workload
}
