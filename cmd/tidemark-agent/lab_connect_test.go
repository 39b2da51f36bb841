//go:build integration

package main

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/imagelab"
	"github.com/tidemark/tidemark/internal/kubelab"
)

// write makes a file with its folders.
func (r *real) write(path string, body []byte) {
	r.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		r.Fatal(err)
	}
	if err := os.WriteFile(path, body, 0o600); err != nil {
		r.Fatal(err)
	}
}

// advisories are what the world knows in this test: left of npm, and curl of Debian.
func advisories() map[string]string {
	return map[string]string{
		"npm/GHSA-left-left-left.json": `{"schema_version":"1.7.3","id":"GHSA-left-left-left","modified":"2026-01-03T00:00:00Z","published":"2026-01-02T00:00:00Z","aliases":["CVE-2026-0001"],"summary":"left is weak",
			"affected":[{"package":{"ecosystem":"npm","name":"left"},"ranges":[{"type":"SEMVER","events":[{"introduced":"1.0.0"},{"fixed":"1.2.5"}]}]}]}`,
		"Debian/DEBIAN-CVE-2026-0002.json": `{"schema_version":"1.7.3","id":"DEBIAN-CVE-2026-0002","modified":"2026-01-03T00:00:00Z","published":"2026-01-02T00:00:00Z","upstream":["CVE-2026-0002"],"details":"curl is weak",
			"affected":[{"package":{"ecosystem":"Debian:12","name":"curl"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"7.88.1-11"}]}]}]}`,
	}
}

// learn compiles the intelligence from a folder of advisories.
func (r *real) learn() {
	r.Helper()
	dir := r.TempDir()
	zips := map[string]*bytes.Buffer{}
	for name, text := range advisories() {
		ecosystem, file, _ := strings.Cut(name, "/")
		b := &bytes.Buffer{}
		z := zip.NewWriter(b)
		w, err := z.Create(file)
		if err != nil {
			r.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			r.Fatal(err)
		}
		if err := z.Close(); err != nil {
			r.Fatal(err)
		}
		zips[ecosystem] = b
	}
	for ecosystem, b := range zips {
		r.write(filepath.Join(dir, ecosystem, "all.zip"), b.Bytes())
	}
	r.do("--data", r.data(), "intel", "update", "--from", dir)
}

// fleet is what the images of the test are, and what is to be found in them.
type fleet struct {
	images []string // references, by number
	want   []string // "SERVICE WEAKNESS", sorted
	made   int      // images without an SBOM of anybody
}

const fleetSize = 50

// serviceOf is the service that runs image i, and the namespace it runs in.
func serviceOf(i int) (service, namespace string) {
	return fmt.Sprintf("svc-%02d", i), fmt.Sprintf("shop-%d", i%5)
}

// push makes fifty images: five with an SBOM that hangs on them, five with one that
// is signed by a key that is trusted, and forty without any. Those with an SBOM
// have nothing else that could be read.
func push(r *real) *fleet {
	r.Helper()
	registry := imagelab.Start(r)
	config := fmt.Sprintf(`{"registries":[{"host":%q,"private":true,"plain_http":true}]}`, registry.Host)
	r.write(filepath.Join(r.data(), "registries.json"), []byte(config))
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		r.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		r.Fatal(err)
	}
	r.write(filepath.Join(r.data(), "trust", "release.pem"), pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	f := &fleet{}
	for i := range fleetSize {
		service, _ := serviceOf(i)
		left, curl := "1.2.5", "7.88.1-12"
		if i%3 == 0 {
			left = "1.2.0"
			f.want = append(f.want, service+" CVE-2026-0001")
		}
		if i%5 == 4 && i >= 10 {
			curl = "7.88.1-10"
			f.want = append(f.want, service+" CVE-2026-0002")
		}
		files := map[string][]byte{"etc/motd": []byte(service)}
		if i >= 10 {
			f.made++
			files["app/node_modules/left/package.json"] = []byte(`{"name":"left","version":"` + left + `"}`)
			files["etc/os-release"] = []byte("ID=debian\nVERSION_ID=\"12\"\n")
			files["var/lib/dpkg/status"] = []byte("Package: curl\nStatus: install ok installed\nVersion: " + curl + "\nArchitecture: amd64\n\n")
			files["usr/share/noise"] = bytes.Repeat([]byte(service), 1<<17)
		}
		image := registry.Push(r, "shop/"+service, files)
		f.images = append(f.images, image.Ref)
		bom := `{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"components":[{"type":"library","name":"left","version":"` + left + `","purl":"pkg:npm/left@` + left + `"}]}`
		switch {
		case i < 5:
			registry.Refer(r, image, "application/vnd.cyclonedx+json", bom)
		case i < 10:
			registry.Attest(r, image, sealed(r, key, image, bom))
		}
	}
	slices.Sort(f.want)
	return f
}

// sealed is a statement with an SBOM, signed.
func sealed(r *real, key ed25519.PrivateKey, of imagelab.Image, bom string) string {
	const kind = "application/vnd.in-toto+json"
	payload := `{"_type":"https://in-toto.io/Statement/v1","predicateType":"https://cyclonedx.org/bom","subject":[{"name":"x","digest":{"sha256":"` +
		strings.TrimPrefix(of.Digest, "sha256:") + `"}}],"predicate":` + bom + `}`
	sig := ed25519.Sign(key, fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(kind), kind, len(payload), payload))
	out, err := json.Marshal(map[string]any{
		"payloadType": kind, "payload": base64.StdEncoding.EncodeToString([]byte(payload)),
		"signatures": []any{map[string]any{"keyid": "release", "sig": base64.StdEncoding.EncodeToString(sig)}},
	})
	if err != nil {
		r.Fatal(err)
	}
	return string(out)
}

// node makes a node that has room for all.
func (r *real) node(name string) {
	r.Helper()
	r.make("/api/v1/nodes", fmt.Sprintf("{apiVersion: v1, kind: Node, metadata: {name: %s}}", name))
	const room = `{"cpu":"10000","memory":"100000Gi","pods":"20000"}`
	r.patch("/api/v1/nodes/"+name+"/status", `{"status":{"capacity":`+room+`,"allocatable":`+room+
		`,"nodeInfo":{"kubeletVersion":"v1.36.3","operatingSystem":"linux","architecture":"amd64"},"conditions":[{"type":"Ready","status":"True"}]}}`)
}

func (r *real) patch(path, body string) {
	r.Helper()
	if a := r.Ask(r, kubelab.Request{Method: http.MethodPatch, Path: path, Body: body, Type: "application/merge-patch+json"}); a.Status != http.StatusOK {
		r.Fatalf("PATCH %s: %d %s", path, a.Status, a.Body)
	}
}

func (r *real) namespace(name string) {
	r.Helper()
	r.make("/api/v1/namespaces", "{apiVersion: v1, kind: Namespace, metadata: {name: "+name+"}}")
	r.until("the account of "+name, func() bool {
		return r.Ask(r, kubelab.Request{Method: http.MethodGet, Path: "/api/v1/namespaces/" + name + "/serviceaccounts/default"}).Status == http.StatusOK
	})
}

// listedPod is what the test's kubelet sees of a pod.
type listedPod struct {
	Metadata struct{ Namespace, Name, DeletionTimestamp string }
	Spec     struct {
		NodeName   string
		Containers []struct{ Name, Image string }
	}
	Status struct{ Phase string }
}

// kubelet says once of all pods that have a node that they run, and counts those
// that do. An image with a digest runs by it.
func (r *real) kubelet() (running int) {
	r.Helper()
	var list struct{ Items []listedPod }
	if err := json.Unmarshal([]byte(r.Ask(r, kubelab.Request{Method: http.MethodGet, Path: "/api/v1/pods"}).Body), &list); err != nil {
		r.Fatal(err)
	}
	for i, p := range list.Items {
		switch {
		case p.Spec.NodeName == "" || p.Metadata.DeletionTimestamp != "":
			continue
		case p.Status.Phase == "Running":
			running++
			continue
		}
		at, ip := time.Now().UTC().Format(time.RFC3339), fmt.Sprintf("10.1.%d.%d", i/250, i%250+1)
		var states []map[string]any
		for _, c := range p.Spec.Containers {
			name, digest, _ := strings.Cut(c.Image, "@")
			if !strings.Contains(name[strings.LastIndex(name, "/")+1:], ":") {
				name += ":latest"
			}
			if digest == "" {
				digest = fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(name)))
			}
			states = append(states, map[string]any{
				"name": c.Name, "image": c.Image, "imageID": name[:strings.LastIndex(name, ":")] + "@" + digest, "ready": true, "restartCount": 0,
				"state": map[string]any{"running": map[string]any{"startedAt": at}},
			})
		}
		body, err := json.Marshal(map[string]any{"status": map[string]any{
			"phase": "Running", "startTime": at, "podIP": ip, "podIPs": []any{map[string]any{"ip": ip}}, "containerStatuses": states,
			"conditions": []any{map[string]any{"type": "Ready", "status": "True", "lastTransitionTime": at}},
		}})
		if err != nil {
			r.Fatal(err)
		}
		r.patch("/api/v1/namespaces/"+p.Metadata.Namespace+"/pods/"+p.Metadata.Name+"/status", string(body))
		running++
	}
	return running
}

// deploy runs each image of a fleet as a deployment of its own.
func (r *real) deploy(f *fleet) {
	r.Helper()
	r.node("node-1")
	for i := range 5 {
		r.namespace(fmt.Sprint("shop-", i))
	}
	for i, image := range f.images {
		service, namespace := serviceOf(i)
		r.make("/apis/apps/v1/namespaces/"+namespace+"/deployments", fmt.Sprintf(`{apiVersion: apps/v1, kind: Deployment, metadata: {name: %[1]s}, spec: {replicas: 1, selector: {matchLabels: {app: %[1]s}},
  template: {metadata: {labels: {app: %[1]s}}, spec: {containers: [{name: c, image: %[2]q}]}}}}`, service, image))
	}
	r.until("all pods run", func() bool { return r.kubelet() == len(f.images) })
}

// found are the live exposures of what a cluster runs, as "SERVICE WEAKNESS".
func (r *real) found(cluster string) (out []string) {
	r.Helper()
	var got struct {
		Items []struct {
			Service, Weakness string
			Gates             struct{ Running string }
		}
	}
	if err := json.Unmarshal([]byte(r.ask("exposures", "list", "--limit", "all", "-q", "source:kube/"+cluster)), &got); err != nil {
		r.Fatal(err)
	}
	for _, x := range got.Items {
		if x.Gates.Running != "yes" {
			r.Errorf("%s of %s is exposed, and running is %s", x.Weakness, x.Service, x.Gates.Running)
		}
		out = append(out, x.Service+" "+x.Weakness)
	}
	slices.Sort(out)
	return out
}

// connect starts "tidemark connect kube", as somebody with a kubeconfig would.
func (r *real) connect(more ...string) {
	r.Helper()
	ctx, stop := context.WithCancel(r.Context())
	r.running = exec.CommandContext(ctx, r.tidemark, append([]string{
		"--server", r.url, "--token-file", filepath.Join(r.dir, "admin"), "connect", "kube", "--state", filepath.Join(r.dir, "mine"),
		"--kubeconfig", r.Config, "--cluster", "lab", "--agent", r.agent, "--listen", "127.0.0.1:0",
	}, more...)...)
	r.running.Cancel = func() error { return r.running.Process.Signal(os.Interrupt) }
	r.running.WaitDelay = 15 * time.Second
	r.running.Stdout, r.running.Stderr = &r.said, &r.said
	if err := r.running.Start(); err != nil {
		r.Fatal(err)
	}
	r.ended = make(chan struct{})
	go func() {
		defer close(r.ended)
		_ = r.running.Wait()
	}()
	r.Cleanup(func() {
		stop()
		<-r.ended
	})
}

// One command connects a real cluster: fifty images, most without an SBOM of
// anybody, are looked at in their registry, and what is weak in them is exposed
// where it runs.
func TestLabConnectKube(t *testing.T) {
	t.Parallel()
	var f *fleet
	r := startReal(t, kubelab.Options{Controllers: true}, func(r *real) {
		r.learn()
		f = push(r)
	})
	r.deploy(f)
	began := time.Now()
	r.write(filepath.Join(r.dir, "mine", "token"), []byte("tdm_of-a-server-that-was-thrown-away"))
	r.connect()
	r.within(5*time.Minute, "a first exposure", func() bool { return len(r.found("lab")) > 0 })
	t.Logf("connect to the first exposure: %s", time.Since(began).Round(100*time.Millisecond))
	r.within(5*time.Minute, "all exposures", func() bool { return len(r.found("lab")) >= len(f.want) && r.covered() == fleetSize })
	t.Logf("connect to all %d exposures of %d images, %d of them without an SBOM: %s", len(f.want), fleetSize, f.made, time.Since(began).Round(100*time.Millisecond))
	if d := cmp.Diff(f.want, r.found("lab")); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	for _, x := range []string{"svc-00", "svc-06"} { // of what hangs on the image, and of what was signed
		if !strings.Contains(strings.Join(r.found("lab"), "\n"), x+" CVE-2026-0001") {
			t.Errorf("%s is not exposed by the SBOM that came with it", x)
		}
	}
	r.until("it says that all is known", func() bool { return strings.Contains(r.said.String(), "the contents of all of them are known") })
	said := r.said.String()
	for _, text := range []string{"50 workloads in the twin, the contents of 50 known, ", fmt.Sprintf(" %d exposures", len(f.want)), "tidemark exposures list -q source:kube/lab", r.url + "/exposures?q=source%3Akube%2Flab"} {
		if !strings.Contains(said, text) {
			t.Errorf("it does not say %q", text)
		}
	}
	r.quiet()
	t.Logf("it said:\n%s", said)
}

// covered is the number of workloads whose contents are known.
func (r *real) covered() int {
	r.Helper()
	var got struct {
		Measures []struct {
			What string
			Yes  struct{ Count int }
		}
	}
	if err := json.Unmarshal([]byte(r.ask("twin", "coverage")), &got); err != nil {
		r.Fatal(err)
	}
	for _, m := range got.Measures {
		if m.What == "sbom" {
			return m.Yes.Count
		}
	}
	r.Fatal("no measure of SBOMs")
	return 0
}

// The manifests that the command prints are taken by a real cluster; with what is
// in them, and no more, the agent tells what runs.
func TestLabConnectManifest(t *testing.T) {
	t.Parallel()
	r := startReal(t, kubelab.Options{Controllers: true}, nil)
	r.node("node-1")
	text := r.do("--server", r.url, "--token-file", filepath.Join(r.dir, "admin"), "connect", "kube", "--cluster", "lab", "--manifest", "--image", "example.org/tidemark-agent:1")
	r.apply(text)
	r.until("the agent's pod runs", func() bool { return r.kubelet() == 1 })

	const home = "/api/v1/namespaces/tidemark-agent/"
	var secret struct{ Data map[string][]byte }
	var asked struct{ Status struct{ Token string } }
	for _, x := range []struct {
		kubelab.Request
		into any
	}{
		{kubelab.Request{Method: http.MethodGet, Path: home + "secrets/tidemark-agent"}, &secret},
		{kubelab.Request{Method: http.MethodPost, Path: home + "serviceaccounts/tidemark-agent/token", Body: `{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{"expirationSeconds":3600}}`}, &asked},
	} {
		if a := r.Ask(t, x.Request); json.Unmarshal([]byte(a.Body), x.into) != nil || a.Status >= http.StatusBadRequest {
			t.Fatalf("%s: %d %s", x.Path, a.Status, a.Body)
		}
	}
	if strings.Contains(text, "REPLACE") || !strings.Contains(text, "--server="+r.url) || len(secret.Data["token"]) == 0 {
		t.Fatalf("%d bytes of a token in\n%s", len(secret.Data["token"]), text)
	}
	r.write(filepath.Join(r.dir, "in-the-secret"), secret.Data["token"])
	r.as(asked.Status.Token)
	r.start("in-the-secret")
	r.until("it tells of itself", func() bool { return r.runs("lab/tidemark-agent") == "tidemark-agent" })
	r.quiet()
}

// as changes the kubeconfig to another token.
func (r *real) as(token string) {
	r.Helper()
	raw, err := os.ReadFile(r.Config)
	if err != nil {
		r.Fatal(err)
	}
	path := filepath.Join(r.dir, "kubeconfig")
	r.write(path, bytes.ReplaceAll(raw, []byte(kubelab.Token), []byte(token)))
	r.Config = path
}

// quiet reports what the agent should not have said.
func (r *real) quiet() {
	r.Helper()
	if s := r.said.String(); strings.Contains(s, "level=WARN") || strings.Contains(s, "level=ERROR") || strings.Contains(s, "tdm_") {
		r.Error(s)
	}
}

// Who may see nothing of a cluster is told so, and so is who asks at the source.
func TestLabConnectWithoutRights(t *testing.T) {
	t.Parallel()
	r := startReal(t, kubelab.Options{}, nil)
	r.pod("default", "a")
	r.as(kubelab.ViewerToken)
	r.connect()
	r.until("it says why nothing comes", func() bool {
		said := r.said.String()
		return strings.Contains(said, "the cluster was heard, and not all of it may be read") && strings.Contains(said, "is forbidden") && strings.Contains(said, "what to do: use an account")
	})
	if doc := r.ask("twin", "coverage"); !strings.Contains(doc, "pods is forbidden") {
		t.Errorf("the source does not say it: %s", doc)
	}
	if got := r.runs("lab/default"); got != "" {
		t.Errorf("what nobody may read is there: %s", got)
	}
}
