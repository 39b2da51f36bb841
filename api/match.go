package api

// Matches is what scan prints: nothing is kept.
type Matches struct {
	Schema    string           `json:"schema"`
	AsOf      Time             `json:"as_of"`
	Items     []Match          `json:"items"`
	Undecided []Undecided      `json:"undecided"`
	Rejected  []RejectedInput  `json:"rejected"`
	Skipped   []RejectedInput  `json:"skipped"` // left out on purpose
	Feeds     []Feed           `json:"feeds"`
	Summary   []ScannedSummary `json:"summary"`
}

// Match is one component of one SBOM with one alias group.
type Match struct {
	SBOM     string   `json:"sbom"` // file as given
	Purl     string   `json:"purl"` // as in the SBOM
	Version  string   `json:"version"`
	Advisory string   `json:"advisory"` // the matching record, distribution or native one first
	Aliases  []string `json:"aliases"`
	Fixed    []string `json:"fixed"`
	Reason   string   `json:"reason"`          // the range that hit and the comparison made
	Path     string   `json:"path,omitempty"`  // the file of the target that names the component
	Layer    string   `json:"layer,omitempty"` // the image's layer that brought it
}

// Undecided is a component about which nothing could be said.
type Undecided struct {
	SBOM      string `json:"sbom"`
	Component string `json:"component"`
	Reason    string `json:"reason"` // no-version, no-purl, unsupported-ecosystem, unparsable-version, no-feed, no-release, git-only, no-range, damaged-feed
	Detail    string `json:"detail,omitempty"`
}

// RejectedInput is a file that could not be read.
type RejectedInput struct {
	SBOM   string `json:"sbom"`
	Reason string `json:"reason"`
}

// ScannedSummary counts one target, or one file of a folder.
type ScannedSummary struct {
	SBOM       string   `json:"sbom"`
	Kind       string   `json:"kind"` // SBOM, lock file, package database, OCI layout, docker archive; in brackets its format
	Components int      `json:"components"`
	Matched    int      `json:"matched"`
	Undecided  int      `json:"undecided"`
	Notes      []string `json:"notes,omitempty"`
}

// ScannedInput is what was read of a target.
type ScannedInput struct {
	Target     string   `json:"target"`
	Kind       string   `json:"kind"`
	Components int      `json:"components"`
	Notes      []string `json:"notes,omitempty"`
}

// Gate is the verdict on a build.
type Gate struct {
	Schema     string      `json:"schema"`
	AsOf       Time        `json:"as_of"`
	Verdict    string      `json:"verdict"` // pass, fail, unknown
	Sentence   string      `json:"sentence"`
	FailOn     []string    `json:"fail_on"`
	Failed     []GateItem  `json:"failed"`
	Suppressed []GateItem  `json:"suppressed"`         // would fail, but a decision of a person stands against it
	Baseline   string      `json:"baseline,omitempty"` // the former answer that it was compared with
	Known      []GateItem  `json:"known"`              // would fail, but the baseline has it
	Vanished   []Vanished  `json:"vanished"`           // the baseline has it, the build has it no more
	Deferred   []GateItem  `json:"deferred,omitempty"` // would fail, but was published less than --grace ago
	Undecided  []Undecided `json:"undecided"`
	Feeds      []Feed      `json:"feeds"`

	Inputs  []ScannedInput  `json:"inputs"`
	Skipped []RejectedInput `json:"skipped"` // files left out on purpose
}

// GateItem is one weakness of the build.
type GateItem struct {
	SBOM      string   `json:"sbom,omitempty"` // file as given
	Weakness  string   `json:"weakness"`
	Aliases   []string `json:"aliases"`
	Component string   `json:"component"`
	Version   string   `json:"version"`
	Decision  string   `json:"decision"`
	Score     int      `json:"score"`
	CVSS      *float64 `json:"cvss"` // base score of its vector; null when no vector is known
	Deadline  *Time    `json:"deadline"`
	Gates     Gates    `json:"gates"`
	Fix       *string  `json:"fix"`
	Reason    string   `json:"reason"`             // which --fail-on it met, or why it is suppressed
	By        string   `json:"by,omitempty"`       // who suppressed it
	Until     *Time    `json:"until,omitempty"`    // when the suppression, or the grace, ends
	Exposure  string   `json:"exposure,omitempty"` // EXP-… it would be
	Why       []string `json:"why,omitempty"`      // how each advisory came to name the component
	Command   string   `json:"command,omitempty"`  // that usually brings the component to the fix
}

// ImageAsk asks for the verdict on an image that was built.
type ImageAsk struct {
	Image       string   // by digest: sha256:…, or a name with @sha256:…
	Environment string   // that it goes to
	Service     string   // that it is for; "": not said
	FailOn      []string // conditions, as of gate; none: act
}

// AdmissionReview is what a Kubernetes API server is answered (admission.k8s.io/v1).
type AdmissionReview struct {
	APIVersion string            `json:"apiVersion"`
	Kind       string            `json:"kind"`
	Response   AdmissionResponse `json:"response"`
}

// AdmissionResponse allows or denies an object.
type AdmissionResponse struct {
	UID      string           `json:"uid"`
	Allowed  bool             `json:"allowed"`
	Status   *AdmissionStatus `json:"status,omitempty"`
	Warnings []string         `json:"warnings,omitempty"`
}

// AdmissionStatus says why an object is denied.
type AdmissionStatus struct {
	Code    int    `json:"code"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

// Vanished is a weakness of the baseline that the build does not have any more.
type Vanished struct {
	Weakness  string   `json:"weakness"`
	Aliases   []string `json:"aliases"`
	Component string   `json:"component"` // as in the baseline
	Version   string   `json:"version"`
}

// Compiled says what an advisory index was made of.
type Compiled struct {
	Schema   string      `json:"schema"`
	AsOf     Time        `json:"as_of"`
	Out      string      `json:"out"` // the file
	Bytes    int64       `json:"bytes"`
	Records  int         `json:"records"`
	Packages int         `json:"packages"`
	Feeds    []Feed      `json:"feeds"`
	Ignored  []Rejection `json:"ignored"`
	Rejected []Rejection `json:"rejected"`
}
