package twin

import "time"

// Deployments is what one input says about what is deployed: its manifests
// (Class Declared: Workloads and Resources) or its deployment records (Class
// Observed: Records). An input that holds both gives two of these.
type Deployments struct {
	Input  string // the argument as given
	Origin string // its absolute path: the source where nothing else names one
	Class  Class

	Workloads []Workload
	Resources []Resource
	Records   []DeploymentRecord

	Ignored []Rejection // files and objects that were not read, and why
	Notes   []Rejection // what is odd about those that were
}

// DeploymentRecord is one statement that an artifact runs (or, with Replicas 0,
// no longer runs) as part of a service. What it leaves open is zero.
type DeploymentRecord struct {
	Where         string // the input and the place in it
	Service       string
	Environment   string
	Source        string
	Artifact      ArtifactRef
	Replicas      int
	ObservedAt    time.Time
	Doors         []Door
	DoorsComplete bool
}

// RecordKind is the Kind of the workload that deployment records make up.
const RecordKind = "Record"
