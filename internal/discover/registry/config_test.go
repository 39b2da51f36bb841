package registry

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/hostile"
	"github.com/tidemark/tidemark/internal/twin"
)

const sample = `{"registries":[
	{"host":"ghcr.io","username":"robin","password":"hunter2"},
	{"host":"index.docker.io","token":"abc"},
	{"host":"registry.corp:5000","private":true,"plain_http":true,"per_second":0.5,"together":3},
	{"host":"*"}],"every":"1h","docker_config":"/etc/docker.json","make_sboms":false}`

func TestParseConfig(t *testing.T) {
	t.Parallel()
	got, err := ParseConfig([]byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	want := Config{Every: time.Hour, DockerConfig: "/etc/docker.json", NoSBOM: true, Hosts: []Host{
		{Name: "ghcr.io", Username: "robin", Password: "hunter2"},
		{Name: "docker.io", Token: "abc"},
		{Name: "registry.corp:5000", Private: true, Plain: true, PerSecond: 0.5, Together: 3},
		{Name: "*"},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if h, ok := got.Host("quay.io"); !ok || h.Name != "quay.io" || got.hosts() != nil {
		t.Errorf("%v %t", h, ok)
	}
	if text := fmt.Sprintf("%v %+v %#v", got, got, got); strings.Contains(text, "hunter2") || strings.Contains(text, "abc") {
		t.Error("a secret is shown:", text)
	}
}

func TestParseConfigRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ in, want string }{
		"unknown":    {`{"registry":[]}`, "unknown field"},
		"twice":      {`{"registries":[{"host":"a.io"},{"host":"a.io"}]}`, "twice"},
		"name":       {`{"registries":[{"host":"https://a.io/v2"}]}`, "no name of a registry"},
		"plain":      {`{"registries":[{"host":"a.io","plain_http":true}]}`, "set private too"},
		"star":       {`{"registries":[{"host":"*","token":"x"}]}`, "one registry"},
		"star_wide":  {`{"registries":[{"host":"*","private":true}]}`, "by name"},
		"half":       {`{"registries":[{"host":"a.io","username":"x"}]}`, "needs a password"},
		"rate":       {`{"registries":[{"host":"a.io","per_second":-1}]}`, "no rates"},
		"every":      {`{"every":"1s"}`, "no time of a minute"},
		"no_json":    {`[`, "the list of registries"},
		"same_key":   {`{"every":"1h","every":"2h"}`, "twice"},
		"everything": {`{"every":"x","registries":[{"host":"a/b"},{"host":"b.io","password":"pw"}]}`, "needs a password"},
	} {
		_, err := ParseConfig([]byte(tt.in))
		if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "pw") && name == "everything" {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}

func TestKeychain(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "config.json")
	auth := base64.StdEncoding.EncodeToString([]byte("sam:pw:with:colons"))
	body := `{"auths":{"https://index.docker.io/v1/":{"auth":"` + auth + `"},"ghcr.io":{"identitytoken":"id"},"empty.io":{}},"credHelpers":{"quay.io":"x"},"credsStore":"y"}`
	if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"TIDEMARK_REGISTRY_REGISTRY_CORP_5000_TOKEN": "envtoken"}
	k := keychain{Config{DockerConfig: path}, func(s string) string { return env[s] }}
	for host, want := range map[string]string{
		"docker.io": "sam pw:with:colons  ", "ghcr.io": "  id ", "registry.corp:5000": "   envtoken", "quay.io": "   ", "empty.io": "   ",
	} {
		a, err := k.of(Host{Name: host})
		if err != nil {
			t.Fatal(host, err)
		}
		c, err := a.Authorization()
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join([]string{c.Username, c.Password, c.IdentityToken, c.RegistryToken}, " "); got != want {
			t.Errorf("%s: %q, want %q", host, got, want)
		}
	}
	own, err := k.of(Host{Name: "docker.io", Username: "u", Password: "p"})
	if err != nil {
		t.Fatal(err)
	}
	if c, err := own.Authorization(); err != nil || c.Username != "u" {
		t.Error(c, err)
	}
	for _, bad := range []string{`{"auths":{"docker.io":{"auth":"secret!"}}}`, `{"auths":[]}`, `{`} {
		if _, _, err := credentials([]byte(bad), "docker.io"); err == nil || strings.Contains(err.Error(), "secret!") {
			t.Error(bad, err)
		}
	}
}

func TestHostOf(t *testing.T) {
	t.Parallel()
	for image, want := range map[string]string{
		"nginx": "docker.io", "docker.io/library/nginx:1": "docker.io", "ghcr.io/a/b@sha256:" + strings.Repeat("0", 64): "ghcr.io",
		"localhost:5000/a": "localhost:5000", "a b": "", "UPPER/case": "",
	} {
		if got := HostOf(image); got != want {
			t.Errorf("%s: %q, want %q", image, got, want)
		}
	}
}

// FuzzConfig: no file of registries or credentials ends the program, and what is
// taken can be asked.
func FuzzConfig(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte(`{"auths":{"docker.io":{"auth":"YTpi"}}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, err := ParseConfig(b); err == nil {
			if _, err := NewAsker(c, AskerOptions{}); err != nil {
				t.Error(err)
			}
		}
		_, _, _ = credentials(b, "docker.io")
	})
}

// FuzzManifest: no manifest and no config ends the program, and what is kept of
// one is bounded.
func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"digest":"sha256:0"},"layers":[{"size":-1}],"annotations":{"a":"b"}}`))
	f.Add([]byte(`{"manifests":[{"digest":"x","platform":{"os":"linux","architecture":"arm64","variant":"v8"}}]}`))
	f.Add([]byte(`{"os":"linux","config":{"Labels":{"org.opencontainers.image.source":"git@a:b/c","org.opencontainers.image.created":"2026-01-01T00:00:00Z"}},"rootfs":{"diff_ids":["sha256:1"]}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := manifest{body: b}.parse()
		if err == nil {
			for _, e := range p.Manifests {
				_, _ = platformOf(e), isAttestation(e)
			}
			if out, _ := kept(p.Annotations); len(out) > maxLabels {
				t.Error(len(out))
			}
		}
		if hostile.CheckJSON(b, hostile.Limits{}) != nil {
			return
		}
		d := described{layers: make([]entry, 1), Image: twin.Image{Layers: make([]twin.Layer, 1)}}
		if d.config(b) == nil {
			if _, err := d.Resource("sha256:x"); err != nil {
				t.Error(err)
			}
		}
		_ = tellsContents(b)
	})
}
