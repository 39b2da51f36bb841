package registry

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	fake "github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/tidemark/tidemark/internal/inventory/image"
	"github.com/tidemark/tidemark/internal/twin"
)

// raw is a manifest as its bytes are.
type raw struct {
	body []byte
	kind types.MediaType
}

func (r raw) RawManifest() ([]byte, error)        { return r.body, nil }
func (r raw) MediaType() (types.MediaType, error) { return r.kind, nil }
func (r raw) Digest() (v1.Hash, error) {
	h, _, err := v1.SHA256(strings.NewReader(string(r.body)))
	return h, err
}
func (r raw) Size() (int64, error) { return int64(len(r.body)), nil }
func rawOf(t *testing.T, kind types.MediaType, v any) raw {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw{b, kind}
}

type object = map[string]any

// TestHugeIndex: an index of thousands of entries is cut, and says so.
func TestHugeIndex(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	img := imageOf(t, "linux/amd64", nil, layerOf(t, system("curl", "7.88")))
	e.push("app:part", img)
	entries := []object{{"mediaType": types.OCIManifestSchema1, "digest": digestOf(t, img), "size": 1, "platform": object{"os": "linux", "architecture": "amd64"}}}
	for i := range 5000 {
		entries = append(entries, object{"mediaType": types.OCIManifestSchema1, "digest": fmt.Sprintf("sha256:%064x", i), "size": 1, "platform": object{"os": "linux", "architecture": fmt.Sprint("a", i)}})
	}
	entries = append(entries, object{"mediaType": types.OCIManifestSchema1, "digest": "sha256:no", "size": 1})
	digest := e.pushRaw("app", rawOf(t, types.OCIImageIndex, object{"schemaVersion": 2, "mediaType": types.OCIImageIndex, "manifests": entries}))
	e.runs("prod", e.reg.host+"/app@"+digest)
	got := things[twin.Image](e, twin.KindImage)[digest]
	if len(got.Platforms) != maxPlatforms || got.LeftOut != 5002-maxPlatforms || got.Contents.From != twin.ContentsMade {
		t.Errorf("%d %d %+v", len(got.Platforms), got.LeftOut, got.Contents)
	}
}

// TestPoison: an image that makes no sense is put off by itself, with its reason,
// and its neighbours are read.
func TestPoison(t *testing.T) {
	t.Parallel()
	good := imageOf(t, "linux/amd64", nil, layerOf(t, system("curl", "7.88")))
	tests := map[string]struct {
		make func(e *estate) (digest string)
		want string
	}{
		"duplicate_keys": {func(e *estate) string {
			return e.pushRaw("bad", raw{[]byte(`{"schemaVersion":2,"config":{},"config":{},"layers":[]}`), types.OCIManifestSchema1})
		}, "twice"},
		"both": {func(e *estate) string {
			return e.pushRaw("bad", rawOf(t, types.OCIManifestSchema1, object{"config": object{"digest": "x"}, "manifests": []object{{"digest": "y"}}}))
		}, "at once"},
		"other_bytes": {func(e *estate) string {
			digest := e.push("bad:1", imageOf(t, "linux/amd64", nil, layerOf(t, files{"other": "one"})))
			e.reg.intercept(func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method != http.MethodGet || !strings.Contains(r.URL.Path, "/bad/manifests/") {
					return false
				}
				w.Header().Set("Content-Type", string(types.OCIManifestSchema1))
				_, _ = w.Write([]byte(`{"schemaVersion":2}`))
				return true
			})
			return digest
		}, "does not match"},
		"endless_manifest": {func(e *estate) string {
			digest := e.push("bad:1", imageOf(t, "linux/amd64", nil, layerOf(t, files{"other": "one"})))
			e.reg.intercept(func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method != http.MethodGet || !strings.Contains(r.URL.Path, "/bad/manifests/") {
					return false
				}
				w.Header().Set("Content-Type", string(types.OCIManifestSchema1))
				for range 12 {
					_, _ = w.Write(make([]byte, 1<<20))
				}
				return true
			})
			return digest
		}, "more than 8 MiB"},
		"huge_config": {func(e *estate) string {
			return e.pushRaw("bad", rawOf(t, types.OCIManifestSchema1, object{
				"config": object{"mediaType": types.OCIConfigJSON, "digest": "sha256:" + strings.Repeat("0", 64), "size": maxBlob + 1}, "layers": []object{},
			}))
		}, "more than"},
		"bomb": {func(e *estate) string {
			e.step.Limits = image.Limits{Ratio: 10}
			return e.push("bad:1", imageOf(t, "linux/amd64", nil, layerOf(t, files{"zeros": strings.Repeat("\x00", 80<<20)})))
		}, "times its size"},
		"layer_exchanged": {func(e *estate) string {
			layer := layerOf(t, files{"a": "b"})
			exchanged := digestOf(t, layer)
			digest := e.push("bad:1", imageOf(t, "linux/amd64", nil, layer))
			e.reg.intercept(func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method != http.MethodGet || !strings.HasSuffix(r.URL.Path, "/bad/blobs/"+exchanged) {
					return false
				}
				_, _ = w.Write([]byte("something else"))
				return true
			})
			return digest
		}, "verif"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEstate(t)
			fine := e.push("good:1", good)
			digest := tt.make(e)
			e.runs("prod", e.reg.host+"/bad@"+digest, e.reg.host+"/good@"+fine)
			if got := e.purls(fine); got == "" {
				t.Error("the neighbour was not read")
			}
			if e.purls(digest) != "" {
				t.Error("it has contents")
			}
			if said := e.witness.trouble[Source(e.reg.host)]; len(said) != 1 || !strings.Contains(said[0].Where, "/bad@") || !strings.Contains(said[0].Reason, tt.want) {
				t.Errorf("shown at its source: %v", said)
			}
			list := strings.Join(e.look(), "\n")
			if !strings.Contains(list, "HOST/bad@"+digest+" failures=1") || !strings.Contains(list, tt.want) {
				t.Errorf("%s, want %q", list, tt.want)
			}
		})
	}
}

func digestOf(t *testing.T, of interface{ Digest() (v1.Hash, error) }) string {
	t.Helper()
	h, err := of.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return h.String()
}

// TestDeepIndex: indexes in indexes end somewhere.
func TestDeepIndex(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	digest := e.push("app:part", imageOf(t, "linux/amd64", nil, layerOf(t, system("curl", "7.88"))))
	kind := types.OCIManifestSchema1
	for range maxDepth + 2 {
		digest = e.pushRaw("app", rawOf(t, types.OCIImageIndex, object{"schemaVersion": 2, "mediaType": types.OCIImageIndex, "manifests": []object{{"mediaType": kind, "digest": digest, "size": 1}}}))
		kind = types.OCIImageIndex
	}
	e.runs("prod", e.reg.host+"/app@"+digest)
	got := things[twin.Image](e, twin.KindImage)[digest]
	if len(got.Notes) == 0 || !strings.Contains(got.Notes[0], "deeper than 3") || got.Contents.From != twin.ContentsNone {
		t.Errorf("%+v", got)
	}
}

// TestChart: what is no container image is known as what it is.
func TestChart(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	img := mutate.ConfigMediaType(imageOf(t, "linux/amd64", nil, static.NewLayer([]byte("chart"), "application/vnd.cncf.helm.chart.content.v1.tar+gzip")), "application/vnd.cncf.helm.config.v1+json")
	digest := e.push("chart:1", img)
	e.runs("prod", e.reg.host+"/chart@"+digest)
	got := things[twin.Image](e, twin.KindImage)[digest]
	if got.Contents.From != twin.ContentsNone || len(got.Notes) != 1 || !strings.Contains(got.Notes[0], "helm.config") {
		t.Errorf("%+v", got)
	}
}

// TestRateLimit: a registry that wants to be left alone is, also after a restart.
func TestRateLimit(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	digest := e.push("app:1", imageOf(t, "linux/amd64", nil, layerOf(t, system("curl", "7.88"))))
	e.reg.intercept(func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Retry-After", "900")
		w.WriteHeader(http.StatusTooManyRequests)
		return true
	})
	e.runs("prod", e.reg.host+"/app@"+digest, e.reg.host+"/app:1@"+digest)
	before := e.reg.count("")
	e.configure(Config{Hosts: []Host{{Name: e.reg.host, Private: true, Plain: true, PerSecond: 10_000}}}) // a new process
	e.later(10 * time.Minute)
	if got := e.reg.count("") - before; got != 0 {
		t.Errorf("%d requests while it wants none", got)
	}
	e.reg.intercept(nil)
	e.later(6 * time.Minute)
	if got := e.purls(digest); got == "" {
		t.Error(e.look())
	}
	pauses, err := e.db.HostPauses(t.Context())
	if err != nil || len(pauses) > 0 {
		t.Error(pauses, err)
	}
}

// TestDown: a registry that cannot be reached is tried again, ever more seldom.
func TestDown(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	digest := e.push("app:1", imageOf(t, "linux/amd64", nil, layerOf(t, files{"a": "b"})))
	e.reg.Close()
	e.runs("prod", e.reg.host+"/app@"+digest)
	for range 4 {
		e.later(2 * time.Hour)
	}
	if got := strings.Join(e.look(), "\n"); !strings.Contains(got, "failures=5 next=16m0s") || !strings.Contains(got, "connection refused") {
		t.Error(got)
	}
}

// TestCut: a layer that breaks off is no fault of the image: it is read again.
func TestCut(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	layer := layerOf(t, system("curl", "7.88"))
	digest := e.push("app:1", imageOf(t, "linux/amd64", nil, layer))
	h := digestOf(t, layer)
	e.reg.intercept(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet || !strings.HasSuffix(r.URL.Path, h) {
			return false
		}
		w.Header().Set("Content-Length", "1000000")
		_, _ = w.Write([]byte("\x1f\x8b"))
		panic(http.ErrAbortHandler)
	})
	e.runs("prod", e.reg.host+"/app@"+digest)
	if got := strings.Join(e.look(), "\n"); !strings.Contains(got, "failures=1 next=1m0s") {
		t.Error(got)
	}
	e.reg.intercept(nil)
	e.later(2 * time.Minute)
	if got := e.purls(digest); got == "" {
		t.Error(e.look())
	}
}

// TestLogin: a registry that wants a token gets one for the user of its own, and
// nobody else does.
func TestLogin(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	digest := e.push("app:1", imageOf(t, "linux/amd64", nil, layerOf(t, system("curl", "7.88"))))
	guard := func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/token" {
			if user, password, _ := r.BasicAuth(); user != "robin" || password != "s3cret-pw" {
				w.WriteHeader(http.StatusUnauthorized)
				return true
			}
			_, _ = w.Write([]byte(`{"token":"t0ken"}`))
			return true
		}
		if r.Header.Get("Authorization") == "Bearer t0ken" {
			return false
		}
		w.Header().Set("WWW-Authenticate", `Bearer realm="`+e.reg.URL+`/token",service="test"`)
		w.WriteHeader(http.StatusUnauthorized)
		return true
	}
	e.reg.intercept(guard)
	e.runs("prod", e.reg.host+"/app@"+digest)
	if got := strings.Join(e.look(), "\n"); !strings.Contains(got, "failures=1 next=1h0m0s") || !strings.Contains(got, "401") {
		t.Error(got)
	}
	e.configure(Config{Hosts: []Host{{Name: e.reg.host, Private: true, Plain: true, PerSecond: 10_000, Username: "robin", Password: "wrong-pw"}}})
	e.later(61 * time.Minute)
	if got := strings.Join(e.look(), "\n"); !strings.Contains(got, "failures=2") || strings.Contains(got, "wrong-pw") {
		t.Error(got)
	}
	e.configure(Config{Hosts: []Host{{Name: e.reg.host, Private: true, Plain: true, PerSecond: 10_000, Username: "robin", Password: "s3cret-pw"}}})
	e.later(61 * time.Minute)
	if got := e.purls(digest); got == "" {
		t.Error(e.look())
	}
}

// TestAttached: a bill of materials that is attached is taken; a signed statement
// is handed on, and a bill of materials is made only when none came of it.
func TestAttached(t *testing.T) {
	t.Parallel()
	for name, referrers := range map[string]bool{"api": true, "fallback_tag": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEstate(t, fake.WithReferrersSupport(referrers))
			img := imageOf(t, "linux/amd64", nil, layerOf(t, system("curl", "7.88")))
			digest := e.push("app:1", img)
			bill := []byte(`{"bomFormat":"CycloneDX","specVersion":"1.5","components":[{"name":"told","version":"1","purl":"pkg:npm/told@1"}]}`)
			e.attach("app:bill", digest, "application/vnd.cyclonedx+json", bill)
			e.runs("prod", e.reg.host+"/app@"+digest)
			if got := e.purls(digest); got != "pkg:npm/told@1" {
				t.Error(got, e.look())
			}
			got := things[twin.Image](e, twin.KindImage)[digest]
			if got.Contents != (twin.ImageContents{From: twin.ContentsAttached, Components: 1}) || len(got.Attached) != 1 || got.Attached[0].Via != twin.ViaReferrers {
				t.Errorf("%+v", got)
			}
			told, reads := len(e.witness.told), e.reg.count("/blobs/")
			e.later(DefaultEvery + time.Minute)
			if len(e.witness.told) != told || e.reg.count("/blobs/")-reads > 1 {
				t.Errorf("told again: %d, %d", len(e.witness.told), e.reg.count("/blobs/")-reads)
			}
		})
	}
}

// TestUnreadable: an attached document that cannot be read is said, now and later,
// and the image is read all the same.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	e := newEstate(t, fake.WithReferrersSupport(true))
	digest := e.push("app:1", imageOf(t, "linux/amd64", nil, layerOf(t, system("curl", "7.88"))))
	e.attach("app:bill", digest, "application/vnd.cyclonedx+json", []byte("no bill"))
	e.runs("prod", e.reg.host+"/app@"+digest)
	for range 2 {
		if got := e.purls(digest); !strings.Contains(got, "curl") {
			t.Error(got)
		}
		if got := strings.Join(e.look(), "\n"); !strings.Contains(got, "failures=0") || !strings.Contains(got, "no bill of materials") {
			t.Error(got)
		}
		e.later(DefaultEvery + time.Minute)
	}
}

func TestAttested(t *testing.T) {
	t.Parallel()
	e := newEstate(t, fake.WithReferrersSupport(true))
	digest := e.push("app:1", imageOf(t, "linux/amd64", nil, layerOf(t, system("curl", "7.88"))))
	statement := base64.StdEncoding.EncodeToString([]byte(`{"_type":"https://in-toto.io/Statement/v1","predicateType":"https://cyclonedx.org/bom","subject":[],"predicate":{}}`))
	envelope := []byte(`{"payloadType":"application/vnd.in-toto+json","payload":"` + statement + `","signatures":[]}`)
	e.push("app:"+strings.Replace(digest, ":", "-", 1)+".att", imageOf(t, "linux/amd64", nil, static.NewLayer(envelope, "application/vnd.dsse.envelope.v1+json")))
	e.runs("prod", e.reg.host+"/app@"+digest)
	if len(e.witness.docs) != 1 || string(e.witness.docs[0].Body) != string(envelope) || e.witness.docs[0].Artifact.Digest != digest {
		t.Fatalf("%+v", e.witness.docs)
	}
	if got := e.purls(digest); got != "" {
		t.Error("it was made before the attested one could be read:", got)
	}
	e.later(time.Minute)
	if got := e.purls(digest); !strings.Contains(got, "curl") || len(e.witness.docs) != 1 {
		t.Error(got, len(e.witness.docs))
	}
}

// TestEmptyImage: an image without layers has nothing in it, and that is known.
func TestEmptyImage(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	digest := e.push("app:1", empty.Image)
	e.runs("prod", e.reg.host+"/app@"+digest)
	if got := things[twin.Image](e, twin.KindImage)[digest]; got.Contents.From != twin.ContentsNone {
		t.Errorf("%+v", got)
	}
}
