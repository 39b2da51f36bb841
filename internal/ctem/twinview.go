package ctem

import (
	"time"

	"github.com/tidemark/tidemark/internal/twin"
)

// Workload is a service in an environment as all its sources together say it is
// at the time asked for.
type Workload struct {
	Place                int64
	Service, Environment string
	Kind, Namespace      string
	Images               []twin.ArtifactRef
	Replicas             int
	Running, Reachable   Tri
	Class                twin.Class // observed when any run-time source says so
	Sources              []string
	Freshness            twin.Freshness // of the freshest source that says so
	SeenAt               time.Time      // its last sign of life
	Since                time.Time      // from when it is as it is, by the oldest claim
	SBOM                 Part           // are its images' contents known
	Doors                []twin.Door
	Owner, OwnerRule     string // by the rules in force now; "": nobody
	// Provenance says of how many of its images a build or an attestation tells:
	// yes, partial, no; unknown where no digest was seen.
	Provenance Part
	// Claims are what its sources say: first those whose containers count, then
	// declarations that add doors only. They are shared, and not to be changed.
	Claims []twin.Claim
}

// PlaceCount counts the live exposures of a service in an environment with one
// decision ("": undecided).
type PlaceCount struct {
	Service, Environment string
	Word                 Word
	Count                int
}

// Part says how much of something there is.
type Part string

// The parts.
const (
	All  Part = "yes"
	Some Part = "partial"
	None Part = "no"
	// PartUnknown is for what cannot be asked.
	PartUnknown Part = "unknown"
)

// WorkloadPage is a page of workloads.
type WorkloadPage = Page[Workload]

// ArtifactItem is an artifact in a list, with the SBOM in force at the time asked for.
type ArtifactItem struct {
	twin.Artifact
	SBOM       bool
	Components int
	ObservedAt time.Time // of that SBOM
	Quality    twin.Quality
}

// ArtifactPage is a page of artifacts.
type ArtifactPage = Page[ArtifactItem]

// ComponentItem is a component in a list.
type ComponentItem struct {
	twin.Component
	ID        int64
	Artifacts int // that hold it now
}

// ComponentPage is a page of components.
type ComponentPage = Page[ComponentItem]

// Service is a deployable unit with the environments it is in.
type Service struct {
	Name         string
	Environments []string
	Workloads    int
	Owner        string // by the scope in force now; "": nobody
}

// Source is who gives evidence about a scope, and how fresh it is.
type Source struct {
	twin.Coverage
	Freshness   twin.Freshness
	Rejected    int // forged replays
	Quarantined int // rows of evidence that could not be read
}
