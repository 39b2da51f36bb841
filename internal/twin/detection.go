package twin

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Detected is the class of what a sensor raised. It says that something happened,
// never what is there or absent: a sensor does not list what runs.
const Detected Class = "detected"

// MediaDetection is the canonical JSON of a Detection.
const MediaDetection Media = "detection"

// ScopeAnywhere is the scope of detections that name no environment.
const ScopeAnywhere = "(anywhere)"

// DetectionCounts is for how long a detection counts as an attack seen here: as
// far as the score looks ahead.
const DetectionCounts = 30 * 24 * time.Hour

// Detection is what a sensor saw at run time: an attack, or what looks like one.
// Alerts that say the same of the same workload are one, from First to Last. It
// has no count: who sends the same alerts again says nothing new.
type Detection struct {
	Tool       string    `json:"tool"` // "falco", or the product that OCSF names
	Rule       string    `json:"rule"`
	Severity   string    `json:"severity,omitempty"`
	Techniques []string  `json:"techniques,omitempty"` // of ATT&CK, sorted
	Weaknesses []string  `json:"weaknesses,omitempty"` // CVEs that the rule is about, sorted
	Namespace  string    `json:"namespace,omitempty"`
	Names      []string  `json:"names,omitempty"` // the service may be called so; likelier ones first
	Container  string    `json:"container,omitempty"`
	Image      string    `json:"image,omitempty"` // NAME[:TAG]
	Digest     string    `json:"digest,omitempty"`
	Process    string    `json:"process,omitempty"`
	Host       string    `json:"host,omitempty"`
	First      time.Time `json:"first"`
	Last       time.Time `json:"last"`
}

// Join takes the times of a detection that says the same.
func (d *Detection) Join(o Detection) {
	if o.First.Before(d.First) {
		d.First = o.First
	}
	if o.Last.After(d.Last) {
		d.Last = o.Last
	}
}

// Key is the same for detections that say the same of the same workload.
func (d Detection) Key() string {
	parts := []string{d.Tool, d.Rule, strings.Join(d.Weaknesses, ","), d.Namespace, strings.Join(d.Names, ","), d.Container, d.Image, d.Digest, d.Process}
	if d.Namespace == "" && d.Image == "" && d.Digest == "" && len(d.Names) == 0 {
		parts = append(parts, d.Host)
	}
	return HashBytes([]byte(strings.Join(parts, "\x00")))[:24]
}

// DetectionSubject is the subject of a detection's evidence.
func DetectionSubject(key string) string { return "detection/" + key }

// Sighted is a detection with whose it is.
type Sighted struct {
	Watch     int64 // the store's id of source and scope
	Source    string
	Scope     string // the environment, or ScopeAnywhere
	Subject   string
	Detection Detection
}

// Until is when it no longer counts.
func (s Sighted) Until() time.Time { return s.Detection.Last.Add(DetectionCounts) }

// Names reports whether the detection is about a weakness with one of the names.
func (s Sighted) Names(names []string) bool {
	return slices.ContainsFunc(s.Detection.Weaknesses, func(w string) bool { return slices.Contains(names, w) })
}

// Words say what was seen and by whom, without its time.
func (s Sighted) Words() string {
	return fmt.Sprintf("%s of %s saw %q", s.Detection.Tool, s.Source, s.Detection.Rule)
}

// Spot is a service in an environment, as a detection may be about it.
type Spot struct {
	ID                   int64
	Service, Environment string
}

// Clues are the places that fit what a detection says: those that run its image
// by digest or by name and tag, and those that are called as it says, in the
// order of its names.
type Clues struct{ ByDigest, ByTag, ByName []Spot }

// Locate finds the one place that a detection is about, or says why there is
// none: a wrong place would be worse.
func (s Sighted) Locate(c Clues) (Spot, string) {
	image := c.ByDigest
	if len(image) == 0 {
		image = c.ByTag
	}
	image, named := s.within(image), s.within(c.ByName)
	if s.Detection.Digest == "" && s.Detection.Image == "" && len(s.Detection.Names) == 0 {
		return Spot{}, "it names no image and no workload"
	}
	found := image
	switch {
	case len(image) == 0 && len(named) == 0:
		return Spot{}, "nothing that is known to be deployed" + s.where() + " has its image or its name"
	case len(image) == 0:
		found = named
	case len(named) > 0:
		found = slices.DeleteFunc(slices.Clone(image), func(p Spot) bool { return !slices.Contains(named, p) })
		if len(found) == 0 {
			return Spot{}, fmt.Sprintf("its image is that of %s, its name that of %s", spoken(image), spoken(named))
		}
	}
	if len(found) > 1 {
		return Spot{}, fmt.Sprintf("it fits %d places: %s", len(found), spoken(found))
	}
	return found[0], ""
}

func (s Sighted) where() string {
	if s.Scope == ScopeAnywhere {
		return ""
	}
	return " in " + s.Scope
}

// within keeps the deployed places of the environment, each once.
func (s Sighted) within(list []Spot) []Spot {
	list = slices.DeleteFunc(slices.Clone(list), func(p Spot) bool {
		return p.Environment == NoEnvironment || s.Scope != ScopeAnywhere && p.Environment != s.Scope
	})
	slices.SortFunc(list, func(a, b Spot) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Environment, b.Environment), cmp.Compare(a.ID, b.ID))
	})
	return slices.Compact(list)
}

const maxSpoken = 3

func spoken(list []Spot) string {
	var words []string
	for i, p := range list {
		if i == maxSpoken {
			words = append(words, fmt.Sprintf("%d more", len(list)-i))
			break
		}
		words = append(words, p.Service+" in "+p.Environment)
	}
	return strings.Join(words, ", ")
}

// Unplaced is a detection of which nobody knows where it was, and why.
type Unplaced struct {
	Sighted
	Reason string
}
