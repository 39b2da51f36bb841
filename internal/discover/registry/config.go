package registry

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/hostile"
)

// Config says which registries are asked, and how. The zero value asks none.
type Config struct {
	Hosts []Host
	// Every is the time between two looks at an image; 0: DefaultEvery.
	Every time.Duration
	// DockerConfig is a file with credentials as "docker login" writes it; "": none.
	DockerConfig string
	// Helpers allows to run the credential helpers that such a file names.
	Helpers bool
	// NoSBOM keeps layers from being read where nobody says what an image is made of.
	NoSBOM bool
}

// Host is one registry.
type Host struct {
	Name     string // ghcr.io, registry.example.org:5000; AnyHost: every one that images name
	Username string
	Password ctem.Secret
	Token    ctem.Secret // a bearer token, where there is no user
	// Private allows addresses of private networks and of this machine.
	Private   bool
	Plain     bool    // plain http; only with Private
	PerSecond float64 // requests; 0: DefaultPerSecond
	Together  int     // images that are looked at together; 0: DefaultTogether
}

// AnyHost stands for every registry that is not named.
const AnyHost = "*"

// The defaults of a configuration.
const (
	DefaultEvery     = 6 * time.Hour
	DefaultPerSecond = 10
	DefaultTogether  = 2
)

// maxConfig bounds the file.
const maxConfig = 1 << 20

// file is a configuration as it is written: registries.json.
type file struct {
	Registries []struct {
		Name      string      `json:"host"`
		Username  string      `json:"username"`
		Password  ctem.Secret `json:"password"`
		Token     ctem.Secret `json:"token"`
		Private   bool        `json:"private"`
		Plain     bool        `json:"plain_http"`
		PerSecond float64     `json:"per_second"`
		Together  int         `json:"together"`
	} `json:"registries"`
	Every        string `json:"every"`
	DockerConfig string `json:"docker_config"`
	Helpers      bool   `json:"helpers"`
	MakeSBOMs    *bool  `json:"make_sboms"`
}

// ParseConfig reads registries.json. It names every fault at once, and shows no secret.
func ParseConfig(b []byte) (Config, error) {
	if len(b) > maxConfig {
		return Config{}, fault.New(fault.Invalid, "the list of registries has more than %d bytes", maxConfig)
	}
	if err := hostile.CheckJSON(b, hostile.Limits{}); err != nil {
		return Config{}, fault.Wrap(fault.Invalid, err, "the list of registries")
	}
	var in file
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return Config{}, fault.Wrap(fault.Invalid, err, "the list of registries")
	}
	c := Config{DockerConfig: in.DockerConfig, Helpers: in.Helpers, NoSBOM: in.MakeSBOMs != nil && !*in.MakeSBOMs}
	var bad []error
	if in.Every != "" {
		var err error
		if c.Every, err = time.ParseDuration(in.Every); err != nil || c.Every < time.Minute {
			bad = append(bad, fmt.Errorf("every: %q is no time of a minute or more", in.Every))
		}
	}
	for _, r := range in.Registries {
		c.Hosts = append(c.Hosts, Host(r))
	}
	bad = append(bad, c.faults()...)
	return c, fault.Wrap(fault.Invalid, errors.Join(bad...), "the list of registries")
}

// Validate names every fault of a configuration at once.
func (c Config) Validate() error {
	return fault.Wrap(fault.Invalid, errors.Join(c.faults()...), "the registries")
}

func (c Config) faults() (bad []error) {
	seen := map[string]bool{}
	for i := range c.Hosts {
		h := &c.Hosts[i]
		h.Name = hostName(h.Name)
		if _, err := name.NewRegistry(h.Name, name.StrictValidation); err != nil && h.Name != AnyHost {
			bad = append(bad, fmt.Errorf("%q is no name of a registry", h.Name))
		}
		if seen[h.Name] {
			bad = append(bad, fmt.Errorf("%s stands there twice", h.Name))
		}
		seen[h.Name] = true
		bad = append(bad, h.faults()...)
	}
	return bad
}

func (h *Host) faults() (bad []error) {
	switch {
	case h.Plain && !h.Private:
		bad = append(bad, fmt.Errorf("%s: plain http is for private networks: set private too", h.Name))
	case h.Name == AnyHost && (h.Username != "" || h.Password != "" || h.Token != ""):
		bad = append(bad, errors.New("credentials are for one registry, not for any"))
	case h.Name == AnyHost && (h.Private || h.Plain):
		bad = append(bad, errors.New("private addresses are allowed to registries by name, not to any"))
	case (h.Username == "") != (h.Password == ""):
		bad = append(bad, fmt.Errorf("%s: a user needs a password, and a password a user", h.Name))
	case h.PerSecond < 0 || h.Together < 0 || h.Together > 64:
		bad = append(bad, fmt.Errorf("%s: per_second and together are no rates", h.Name))
	}
	return bad
}

// Host is how a registry is asked; false: it is not.
func (c Config) Host(registry string) (Host, bool) {
	var wide *Host
	for i := range c.Hosts {
		if c.Hosts[i].Name == registry {
			return c.Hosts[i], true
		}
		if c.Hosts[i].Name == AnyHost {
			wide = &c.Hosts[i]
		}
	}
	if wide == nil || registry == "" {
		return Host{}, false
	}
	h := *wide
	h.Name = registry
	return h, true
}

// hosts are the registries that are asked; nil: all.
func (c Config) hosts() []string {
	out := make([]string, 0, len(c.Hosts))
	for _, h := range c.Hosts {
		if h.Name == AnyHost {
			return nil
		}
		out = append(out, h.Name)
	}
	return out
}

// variable is the name of an environment variable with a credential of a
// registry: TIDEMARK_REGISTRY_GHCR_IO_TOKEN.
func variable(host, what string) string {
	clean := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToLower(host))
	return "TIDEMARK_REGISTRY_" + strings.ToUpper(clean) + "_" + what
}
