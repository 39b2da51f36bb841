package api

// Workload is a service running, or declared to run, in an environment.
type Workload struct {
	Service     string   `json:"service"`
	Environment string   `json:"environment"`
	Kind        string   `json:"kind"`
	Namespace   string   `json:"namespace,omitempty"`
	Images      []string `json:"images"`
	Replicas    int      `json:"replicas"`
	Running     string   `json:"running"`   // yes, no, unknown
	Reachable   string   `json:"reachable"` // yes, no, unknown
	Class       string   `json:"class"`     // declared, observed
	Sources     []string `json:"sources"`
	Freshness   string   `json:"freshness"`
	SeenAt      *Time    `json:"seen_at"`
	Since       *Time    `json:"since"`
	SBOM        string   `json:"sbom"` // yes, partial, no: are its images' contents known
	Doors       []Door   `json:"doors"`
	Owner       string   `json:"owner"`      // by the rules in force now; "": nobody
	OwnerRule   string   `json:"owner_rule"` // that says so
}

// Artifact is something that was built.
type Artifact struct {
	ID         string   `json:"id"` // digest, else name:tag
	Name       string   `json:"name"`
	Tag        string   `json:"tag"`
	Digest     string   `json:"digest"`
	SBOM       bool     `json:"sbom"`
	Components int      `json:"components"`
	ObservedAt *Time    `json:"observed_at"` // of its newest SBOM
	Deployed   bool     `json:"deployed"`
	Quality    *Quality `json:"quality,omitempty"`
}

// SchemaSBOM is the document about one bill of materials.
const SchemaSBOM = "tidemark.sbom/v1"

// SBOM is a bill of materials as it came: the one that tells what its artifact is
// made of at the time asked for.
type SBOM struct {
	Schema   string   `json:"schema"`
	AsOf     Time     `json:"as_of"`
	KnownAt  *Time    `json:"known_at"`
	Computed Computed `json:"computed"`
	Artifact string   `json:"artifact"`
	Format   string   `json:"format"`      // CycloneDX, SPDX
	Version  string   `json:"version"`     // of the format
	Media    string   `json:"media_type"`  // application/vnd.cyclonedx+json, …
	File     string   `json:"file"`        // a name for it
	Hash     string   `json:"sha256"`      // of the document
	Size     int      `json:"bytes"`       // of the document
	Observed *Time    `json:"observed_at"` // since when it tells what the artifact is made of
	Body     []byte   `json:"document"`    // base64
}

// Component is a part of artifacts.
type Component struct {
	Purl      string `json:"purl"`
	Name      string `json:"name"`
	Version   string `json:"version"`
	Type      string `json:"type"`
	Artifacts int    `json:"artifacts"` // that hold it now
}

// Service is a deployable unit with the environments it is in.
type Service struct {
	Service      string   `json:"service"`
	Environments []string `json:"environments"`
	Workloads    int      `json:"workloads"`
	Owner        string   `json:"owner"` // by the scope in force now; "": nobody
}

// Source is who gives evidence, and how fresh it is.
type Source struct {
	Source      string `json:"source"`
	Scope       string `json:"scope"`
	Class       string `json:"class"`
	Since       *Time  `json:"since"`
	SeenAt      *Time  `json:"seen_at"`
	Every       int64  `json:"every"` // expected interval in seconds; 0: does not age
	Freshness   string `json:"freshness"`
	Rejected    int    `json:"rejected"` // replays that were refused
	Quarantined int    `json:"quarantined"`
	// Unplaced are detections that count and fit no known workload, or several;
	// UnplacedLike the newest few of them, with their reasons.
	Unplaced     int         `json:"unplaced"`
	UnplacedLike []Rejection `json:"unplaced_like"`
}
