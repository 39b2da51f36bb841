package registry

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	fake "github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/store"
	"github.com/tidemark/tidemark/internal/twin"
)

// estate is a registry, a store, and the steps between them.
type estate struct {
	t       *testing.T
	db      *store.DB
	step    *Step
	resolve *discover.Resolve
	witness *witness
	reg     *registryServer
	now     time.Time
}

// registryServer is a registry in memory that can be made to fail.
type registryServer struct {
	*httptest.Server
	host string
	mu   sync.Mutex
	hits map[string]int // by method and path
	// before answers instead of the registry where it returns true.
	before func(w http.ResponseWriter, r *http.Request) bool
}

func (r *registryServer) intercept(f func(w http.ResponseWriter, r *http.Request) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.before = f
}

func (r *registryServer) count(part string) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for k, v := range r.hits {
		if strings.Contains(k, part) {
			n += v
		}
	}
	return n
}

func startRegistry(t *testing.T, opts ...fake.Option) *registryServer {
	t.Helper()
	inner := fake.New(append(opts, fake.Logger(log.New(io.Discard, "", 0)))...)
	r := &registryServer{hits: map[string]int{}}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		r.mu.Lock()
		r.hits[q.Method+" "+q.URL.Path]++
		before := r.before
		r.mu.Unlock()
		if before == nil || !before(w, q) {
			inner.ServeHTTP(w, q)
		}
	}))
	t.Cleanup(r.Close)
	r.host = strings.TrimPrefix(r.URL, "http://")
	return r
}

// witness stores what is told, and remembers it.
type witness struct {
	in      *discover.Ingest
	db      *store.DB
	mu      sync.Mutex
	told    []discover.Told
	docs    []Document
	trouble map[string][]twin.Rejection
}

func (w *witness) Tell(ctx context.Context, told discover.Told) ([]twin.Rejection, error) {
	var r discover.Receipt
	err := w.in.IngestTold(ctx, &r, []discover.Told{told})
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = append(w.told, told)
	var bad []twin.Rejection
	for _, x := range r.Rejected {
		bad = append(bad, twin.Rejection(x))
	}
	return bad, err
}

func (w *witness) Attested(_ context.Context, doc Document) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.docs = append(w.docs, doc)
	return nil
}

func (w *witness) Alive(ctx context.Context, b twin.Beat) error {
	return w.db.Heartbeat(ctx, b)
}

func (w *witness) Trouble(_ context.Context, source string, list []twin.Rejection) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.trouble[source] = list
	return nil
}

// parseBill reads what Document writes: enough of CycloneDX for these tests.
func parseBill(b []byte) (twin.SBOM, error) {
	var doc struct {
		Format     string `json:"bomFormat"`
		Components []struct{ Name, Version, Purl string }
	}
	if err := json.Unmarshal(b, &doc); err != nil || doc.Format != "CycloneDX" {
		return twin.SBOM{}, fault.New(fault.Invalid, "this is no bill of materials")
	}
	out := twin.SBOM{Format: doc.Format, Components: []twin.Component{}}
	for _, c := range doc.Components {
		out.Components = append(out.Components, twin.Component{Name: c.Name, Version: c.Version, Purl: c.Purl, Type: "library"})
	}
	return out, nil
}

func newEstate(t *testing.T, opts ...fake.Option) *estate {
	t.Helper()
	db, err := store.Open(t.Context(), store.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	e := &estate{t: t, db: db, reg: startRegistry(t, opts...), now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return e.now }
	e.resolve = &discover.Resolve{Read: e.db, Write: e.db, ParseSBOM: parseBill, Now: clock}
	e.witness = &witness{in: &discover.Ingest{Evidence: e.db, ParseSBOM: parseBill, Now: clock}, db: e.db, trouble: map[string][]twin.Rejection{}}
	e.step = &Step{Twin: e.db, Looks: e.db, Memory: e.db, Witness: e.witness, ParseSBOM: parseBill, Now: clock}
	e.configure(Config{Hosts: []Host{{Name: e.reg.host, Private: true, Plain: true, PerSecond: 10_000}}})
	return e
}

func (e *estate) configure(c Config) {
	e.t.Helper()
	a, err := NewAsker(c, AskerOptions{Agent: "tidemark/test"})
	if err != nil {
		e.t.Fatal(err)
	}
	e.step.Asker = a
}

// runs says what runs in an environment, all of it.
func (e *estate) runs(environment string, images ...string) {
	e.t.Helper()
	e.now = e.now.Add(time.Second)
	s := twin.Snapshot{Source: "kube/" + environment, Scope: environment, Class: twin.Observed, ObservedAt: e.now, Members: nil}
	for i, text := range images {
		ref, err := twin.ParseRef(text)
		if err != nil {
			e.t.Fatal(err)
		}
		w := twin.Workload{Service: fmt.Sprint("svc-", i), Kind: "Deployment", Replicas: 1, Containers: []twin.Container{{Image: ref, Replicas: 1}}}
		body, err := json.Marshal(w)
		if err != nil {
			e.t.Fatal(err)
		}
		s.Members = append(s.Members, twin.Observation{
			Source: s.Source, Scope: s.Scope, Kind: twin.Member, Class: s.Class, Media: twin.MediaWorkload, ObservedAt: e.now,
			Subject: twin.WorkloadSubject(w.Kind, "", w.Service), Hash: twin.HashBytes(body), Body: body,
		})
	}
	did, err := e.db.AppendSnapshot(e.t.Context(), []twin.Snapshot{s}, e.now)
	if err != nil || len(did[0].Rejected) > 0 {
		e.t.Fatal(err, did)
	}
	e.drain()
}

// drain runs resolve and the registry until both are quiet.
func (e *estate) drain() {
	e.t.Helper()
	for range 100 {
		a, err := e.resolve.Run(e.t.Context())
		if err != nil {
			e.t.Fatal(err)
		}
		b, err := e.step.Run(e.t.Context())
		if err != nil {
			e.t.Fatal(err)
		}
		if a+b == 0 {
			return
		}
	}
	e.t.Fatal("the steps do not become quiet")
}

// later lets time pass.
func (e *estate) later(d time.Duration) {
	e.t.Helper()
	e.now = e.now.Add(d)
	e.drain()
}

// things are the newest of a kind that were told, by name.
func things[T any](e *estate, kind string) map[string]T {
	e.t.Helper()
	out := map[string]T{}
	for _, told := range e.witness.told {
		for _, r := range told.Things {
			if r.Kind != kind {
				continue
			}
			var v T
			if err := json.Unmarshal(r.Spec, &v); err != nil {
				e.t.Fatal(err)
			}
			out[r.Name] = v
		}
	}
	return out
}

// look is what is noted of the one image in use.
func (e *estate) look() (out []string) {
	e.t.Helper()
	list, err := e.db.DueImages(e.t.Context(), nil, e.now.Add(1000*time.Hour), 100)
	if err != nil {
		e.t.Fatal(err)
	}
	for _, l := range list {
		out = append(out, fmt.Sprintf("%s failures=%d next=%s error=%s", strings.ReplaceAll(l.Image, e.reg.host, "HOST"), l.Failures, l.Next.Sub(e.now), l.Error))
	}
	return out
}

// purls are the components that the store has of an artifact.
func (e *estate) purls(digest string) string {
	e.t.Helper()
	list, err := e.db.Artifacts(e.t.Context(), []string{digest})
	if err != nil {
		e.t.Fatal(err)
	}
	a, ok := list[digest]
	if !ok || len(a.Contents) == 0 {
		return ""
	}
	parts, err := e.db.Components(e.t.Context(), a.Contents[len(a.Contents)-1].Components)
	if err != nil {
		e.t.Fatal(err)
	}
	var out []string
	for _, id := range a.Contents[len(a.Contents)-1].Components {
		out = append(out, parts[id].Purl)
	}
	return strings.Join(out, " ")
}

type files map[string]string

// layerOf packs files as a layer.
func layerOf(t *testing.T, in files) v1.Layer {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for name, body := range in {
		if err := w.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Size: int64(len(body)), Mode: 0o755}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	l, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.Bytes())), nil })
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func system(pkg, version string) files {
	return files{
		"etc/os-release":      "ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n",
		"var/lib/dpkg/status": "Package: " + pkg + "\nStatus: install ok installed\nVersion: " + version + "\nArchitecture: amd64\n\n",
	}
}

// imageOf makes an image for a platform with labels.
func imageOf(t *testing.T, platform string, labels map[string]string, layers ...v1.Layer) v1.Image {
	t.Helper()
	img, err := mutate.AppendLayers(empty.Image, layers...)
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	cfg = cfg.DeepCopy()
	cfg.OS, cfg.Architecture, _ = strings.Cut(platform, "/")
	cfg.Config.Labels = labels
	if img, err = mutate.ConfigFile(img, cfg); err != nil {
		t.Fatal(err)
	}
	return img
}

// push stores an image or an index under a name, and returns its digest.
func (e *estate) push(ref string, what remote.Taggable) string {
	e.t.Helper()
	e.reg.intercept(nil)
	r, err := name.ParseReference(e.reg.host+"/"+ref, name.Insecure)
	if err != nil {
		e.t.Fatal(err)
	}
	switch x := what.(type) {
	case v1.Image:
		err = remote.Write(r, x)
	case v1.ImageIndex:
		err = remote.WriteIndex(r, x)
	default:
		err = remote.Put(r, what)
	}
	if err != nil {
		e.t.Fatal(err)
	}
	d, err := remote.Head(r)
	if err != nil {
		e.t.Fatal(err)
	}
	return d.Digest.String()
}

// pushRaw stores a manifest under its digest.
func (e *estate) pushRaw(repo string, m raw) string {
	e.t.Helper()
	h, err := m.Digest()
	if err != nil {
		e.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(e.t.Context(), http.MethodPut, e.reg.URL+"/v2/"+repo+"/manifests/"+h.String(), bytes.NewReader(m.body))
	if err != nil {
		e.t.Fatal(err)
	}
	// An index must name what is there: a registry would refuse this one.
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		e.t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		e.t.Fatal(resp.Status)
	}
	return h.String()
}

// head is what the registry says of a reference.
func (e *estate) head(ref string) v1.Descriptor {
	e.t.Helper()
	r, err := name.ParseReference(e.reg.host+"/"+ref, name.Insecure)
	if err != nil {
		e.t.Fatal(err)
	}
	d, err := remote.Head(r)
	if err != nil {
		e.t.Fatal(err)
	}
	return *d
}

// attach stores a document as an artifact that refers to a digest.
func (e *estate) attach(ref, digest, kind string, body []byte) {
	e.t.Helper()
	layer := static.NewLayer(body, types.MediaType(kind))
	img, err := mutate.AppendLayers(mutate.MediaType(empty.Image, types.OCIManifestSchema1), layer)
	if err != nil {
		e.t.Fatal(err)
	}
	img = mutate.ConfigMediaType(img, types.MediaType(kind))
	with, ok := mutate.Subject(img, e.head("app@"+digest)).(v1.Image)
	if !ok {
		e.t.Fatal("no image")
	}
	e.push(ref, with)
}
