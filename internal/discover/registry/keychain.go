package registry

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/hostile"
)

// keychain finds the credentials of a registry: in the configuration, in the
// environment, in a file of "docker login"; and, where that is allowed, by the
// helpers which that names.
type keychain struct {
	cfg Config
	env func(string) string
}

// login is a file that "docker login" writes, as far as it holds credentials.
type login struct {
	Auths map[string]struct {
		Auth          ctem.Secret `json:"auth"`
		Username      string      `json:"username"`
		Password      ctem.Secret `json:"password"`
		IdentityToken ctem.Secret `json:"identitytoken"`
		RegistryToken ctem.Secret `json:"registrytoken"`
	} `json:"auths"`
}

func (k keychain) of(h Host) (authn.Authenticator, error) {
	if h.Token != "" || h.Username != "" {
		return authn.FromConfig(authn.AuthConfig{Username: h.Username, Password: string(h.Password), RegistryToken: string(h.Token)}), nil
	}
	user, password, token := k.env(variable(h.Name, "USERNAME")), k.env(variable(h.Name, "PASSWORD")), k.env(variable(h.Name, "TOKEN"))
	if user != "" && password != "" || token != "" {
		return authn.FromConfig(authn.AuthConfig{Username: user, Password: password, RegistryToken: token}), nil
	}
	if k.cfg.DockerConfig != "" {
		a, found, err := k.loggedIn(h.Name)
		if err != nil || found {
			return a, err
		}
	}
	if !k.cfg.Helpers {
		return authn.Anonymous, nil
	}
	reg, err := name.NewRegistry(h.Name)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the registry %s", h.Name)
	}
	a, err := authn.DefaultKeychain.Resolve(reg)
	return a, fault.Wrap(fault.Unavailable, err, "credentials of %s", h.Name)
}

// loggedIn reads the file anew each time: whoever logs in need not restart us.
func (k keychain) loggedIn(host string) (authn.Authenticator, bool, error) {
	f, err := os.Open(k.cfg.DockerConfig)
	if err != nil {
		return nil, false, fault.Wrap(fault.Invalid, err, "read credentials")
	}
	b, err := io.ReadAll(io.LimitReader(f, maxConfig))
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return nil, false, fault.Wrap(fault.Invalid, err, "read credentials")
	}
	return credentials(b, host)
}

// credentials finds those of a registry in a file of "docker login".
func credentials(b []byte, host string) (a authn.Authenticator, found bool, err error) {
	if err := hostile.CheckJSON(b, hostile.Limits{}); err != nil {
		return nil, false, fault.Wrap(fault.Invalid, err, "the file of credentials")
	}
	var in login
	if json.Unmarshal(b, &in) != nil { // what it says may quote a secret
		return nil, false, fault.New(fault.Invalid, "the file of credentials is not as docker writes it")
	}
	for _, key := range slices.Sorted(maps.Keys(in.Auths)) {
		if registryOf(key) != host {
			continue
		}
		a := in.Auths[key]
		cfg := authn.AuthConfig{Username: a.Username, Password: string(a.Password), IdentityToken: string(a.IdentityToken), RegistryToken: string(a.RegistryToken)}
		if a.Auth != "" {
			plain, err := base64.StdEncoding.DecodeString(string(a.Auth))
			user, password, ok := strings.Cut(string(plain), ":")
			if err != nil || !ok {
				return nil, false, fault.New(fault.Invalid, "the credentials of %q in the file are not as docker writes them", key)
			}
			cfg.Username, cfg.Password = user, strings.TrimRight(password, "\x00")
		}
		if cfg != (authn.AuthConfig{}) {
			return authn.FromConfig(cfg), true, nil
		}
	}
	return nil, false, nil
}

// registryOf reads a key of such a file: a host, or an address.
func registryOf(key string) string {
	if _, rest, ok := strings.Cut(key, "://"); ok {
		key = rest
	}
	host, _, _ := strings.Cut(key, "/")
	return hostName(host)
}

// String hides what is secret in a host.
func (h Host) String() string { return fmt.Sprintf("%s (user %q)", h.Name, h.Username) }
