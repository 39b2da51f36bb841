package demo

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/internal/fault"
)

//go:embed data
var data embed.FS

// table is the embedded estate.
type table struct {
	Company      string              `json:"company"`
	Registry     string              `json:"registry"`
	Products     []product           `json:"products"`
	Environments []environment       `json:"environments"`
	Layers       map[string][]string `json:"layers"`     // components that several services share
	Ecosystems   []string            `json:"ecosystems"` // whose archives are loaded
	Services     []service           `json:"services"`
}

// product is what the company sells. One without an owner leaves its services
// to theirs.
type product struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	Owner string `json:"owner"`
	Tier  int    `json:"tier"`
}

// environment is where services run, and who says so.
type environment struct {
	Name     string `json:"name"`
	Source   string `json:"source"`
	Declared bool   `json:"declared"`     // nobody looks at run time: manifests only
	Silent   int    `json:"silent_hours"` // since its source last spoke
}

type service struct {
	Name     string    `json:"name"`
	Product  string    `json:"product"`
	Owner    string    `json:"owner"` // "": nobody has claimed it
	Tier     int       `json:"tier"`
	Data     []string  `json:"data"` // classes
	Version  string    `json:"version"`
	First    int       `json:"first"`  // week of the first rollout
	Layers   []string  `json:"layers"` // names of shared components
	Parts    []string  `json:"parts"`  // its own components
	Envs     []string  `json:"envs"`
	Run      run       `json:"-"`
	Releases []release `json:"releases"`
}

// run is how a service shows to a run-time source.
type run struct {
	Replicas      int    `json:"replicas"`
	Doors         []door `json:"doors"`
	DoorsComplete bool   `json:"doors_complete"`
	SBOM          *bool  `json:"sbom"` // false: nobody made one
}

type door struct {
	Address string `json:"address"`
	Public  bool   `json:"public"`
}

// UnmarshalJSON reads a service whose run-time fields stand beside the others.
func (s *service) UnmarshalJSON(b []byte) error {
	type plain service
	if err := json.Unmarshal(b, (*plain)(s)); err != nil {
		return err
	}
	return json.Unmarshal(b, &s.Run)
}

func (s *service) hasSBOM() bool { return s.Run.SBOM == nil || *s.Run.SBOM }

func (s *service) public() bool {
	return slices.ContainsFunc(s.Run.Doors, func(d door) bool { return d.Public })
}

// release is a version that replaces the one before; what it does not name
// stays as it was.
type release struct {
	Week     int      `json:"week"`
	Version  string   `json:"version"`
	Rollback string   `json:"rollback"` // an earlier version that comes back instead
	Layers   []string `json:"layers"`
	Set      []string `json:"set"`
	Only     []string `json:"only"`     // environments that got it; none: all
	ProdDay  int      `json:"prod_day"` // of its week, when it goes to where customers are; 0: the usual one
}

func load() (*table, error) {
	b, err := data.ReadFile("data/estate.json")
	if err != nil {
		return nil, fmt.Errorf("the demo's estate: %w", err)
	}
	var t table
	if err := json.NewDecoder(bytes.NewReader(b)).Decode(&t); err != nil {
		return nil, fmt.Errorf("the demo's estate: %w", err)
	}
	return &t, nil
}

// component is one part of an artifact.
type component struct{ key, purl, group, name, version string }

// parse reads KIND:NAME@VERSION; a Debian package of another source is
// deb:PACKAGE|SOURCE@VERSION.
func parse(spec string) (component, error) {
	kind, rest, ok := strings.Cut(spec, ":")
	at := strings.LastIndexByte(rest, '@')
	if !ok || at < 1 {
		return component{}, fault.New(fault.Internal, "the demo's component %q is no KIND:NAME@VERSION", spec)
	}
	c := component{key: kind + ":" + rest[:at], name: rest[:at], version: rest[at+1:]}
	version := strings.NewReplacer("+", "%2B", ":", "%3A").Replace(c.version)
	switch kind {
	case "npm":
		c.purl = "pkg:npm/" + strings.Replace(c.name, "@", "%40", 1) + "@" + version
	case "mvn":
		c.group, c.name, _ = strings.Cut(c.name, "/")
		c.purl = "pkg:maven/" + c.group + "/" + c.name + "@" + version
	case "py":
		c.purl = "pkg:pypi/" + c.name + "@" + version
	case "go":
		c.purl = "pkg:golang/" + c.name + "@" + version
	case "deb":
		var source string
		c.name, source, _ = strings.Cut(c.name, "|")
		c.purl = "pkg:deb/debian/" + c.name + "@" + version + "?arch=amd64&distro=debian-11"
		if source != "" {
			c.purl += "&upstream=" + source
		}
	default:
		return component{}, fault.New(fault.Internal, "the demo's component %q is of no known kind", spec)
	}
	return c, nil
}
