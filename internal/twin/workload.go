package twin

import "time"

// NoEnvironment is where the exposures of artifacts stand that are deployed nowhere.
const NoEnvironment = "(none)"

// Workload is what one source says about a service in an environment: the
// state of one twin claim. Its canonical JSON (fields in this order, slices
// sorted by the writer) is the evidence body.
type Workload struct {
	Service    string      `json:"service"`
	Kind       string      `json:"kind"`                // Deployment, StatefulSet, …; "Record" for a deployment record
	Namespace  string      `json:"namespace,omitempty"` // of the cluster, where the source has one
	Replicas   int         `json:"replicas"`            // > 0: zero ends the claim
	Containers []Container `json:"containers"`
	Doors      []Door      `json:"doors,omitempty"`
	// DoorsComplete says that Doors are all there are: only then does their
	// absence mean "not reachable".
	DoorsComplete bool `json:"doors_complete,omitempty"`
	// Pod is what its pods are like; nil where the source does not say.
	Pod *Pod `json:"pod,omitempty"`
}

// Container is one image of a workload.
type Container struct {
	Name     string      `json:"name,omitempty"`
	Image    ArtifactRef `json:"image"`
	Replicas int         `json:"replicas"`
	Init     bool        `json:"init,omitempty"` // runs before the others, then ends
	Role     string      `json:"role,omitempty"` // RoleSidecar, RoleEphemeral; "": an ordinary one
	// Wanted is the image as it was declared, where that is not what runs: a tag
	// that moved, or another digest.
	Wanted   string    `json:"wanted,omitempty"`
	Security *Security `json:"security,omitempty"`
}

// Door is an address at which a workload can be reached.
type Door struct {
	Address string `json:"address"`
	Public  bool   `json:"public"`
	Via     string `json:"via,omitempty"` // the declaring object: "Ingress/shop/front", "Service/shop/front-end (NodePort)"
	// Closed says why what comes in here does not reach its pods. No source says
	// it: it is worked out, and never part of evidence.
	Closed string `json:"closed,omitempty"`
}

// WorkloadSubject is the subject of a workload's claims within its source and scope.
func WorkloadSubject(kind, namespace, service string) string {
	return "workload/" + kind + "/" + namespace + "/" + service
}

// Claim is one stretch of time in which one source said that a workload was so.
// Half-open: From <= t < To; a zero To means still so.
type Claim struct {
	Source       string
	Scope        string // the environment
	Class        Class
	From, To     time.Time
	RecordedFrom time.Time
	Workload     Workload
}

// ValidAt reports whether the claim holds at t.
func (c Claim) ValidAt(t time.Time) bool {
	return !c.From.After(t) && (c.To.IsZero() || t.Before(c.To))
}

// Place is a service in an environment with everything that is known now
// about its workloads, all sources, all time, ordered by From. Where
// Environment is NoEnvironment it stands for the artifacts of one name that are
// deployed nowhere: Service is that name, Artifacts holds them (each with
// DeployedAt once a workload links to it), Claims is empty. They share one
// place because an exposure is known by service and environment, not by build.
type Place struct {
	ID                   int64
	Service, Environment string
	Artifacts            []Artifact // ordered by ID; only where Environment is NoEnvironment
	Claims               []Claim
}

// Artifact is something that was built, with its contents over time.
type Artifact struct {
	ID         string // digest, else normalised name:tag
	Ref        ArtifactRef
	NameTag    string
	Contents   []Contents // ordered by From; empty: no SBOM, a visible gap
	Deployed   bool       // some workload references it now or did
	DeployedAt time.Time  // when the first workload that links to it began; zero while none does
}

// KeptSBOM is a bill of materials as it came.
type KeptSBOM struct {
	Format, Version string // CycloneDX, SPDX; of the format
	Hash            string // SHA-256 of the body, in hexadecimal
	Body            []byte // nil: it is kept no longer
}

// Contents is what an artifact was known to be made of from one SBOM until
// the next. The first reaches back without limit: what is in a build does not
// depend on when somebody listed it.
type Contents struct {
	SBOM       int64 // id of the stored SBOM
	From, To   time.Time
	RecordedAt time.Time
	Components []int64 // store ids of components
}
