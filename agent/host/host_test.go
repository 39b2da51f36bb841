package host

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/api"
)

// heard keeps what was told.
type heard struct {
	items   []api.Observation
	scopes  []string
	trouble map[string][]api.Rejection
	resync  chan struct{}
	fails   error
}

func newHeard() *heard {
	return &heard{trouble: map[string][]api.Rejection{}, resync: make(chan struct{}, 1)}
}

func (h *heard) Put(items ...api.Observation) error {
	if h.fails != nil {
		return h.fails
	}
	h.items = append(h.items, items...)
	return nil
}
func (h *heard) Scopes(all []string) error                 { h.scopes = all; return nil }
func (h *heard) Trouble(name string, list []api.Rejection) { h.trouble[name] = list }
func (h *heard) Resync() <-chan struct{}                   { return h.resync }

// take gives what was told since, and forgets it.
func (h *heard) take() []api.Observation {
	out := h.items
	h.items = nil
	return out
}

// machine is a made-up host: its files, its processes, its clock.
type machine struct {
	t          testing.TB
	root, proc string
	now        time.Time
	cpu        time.Duration
	paused     time.Duration
}

func newMachine(t testing.TB) *machine {
	m := &machine{t: t, root: t.TempDir(), proc: t.TempDir(), now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	m.file("etc/os-release", "ID=debian\nVERSION_ID=12\n")
	m.file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:33::/:\n")
	m.dpkg(map[string]string{"libssl3": "3.0.11", "libxml2": "2.9.14", "tzdata": "2024a", "python3-yaml": "6.0", "linux-image-6.1": "6.1.76"})
	m.file("var/lib/dpkg/info/libssl3.list", "/usr/lib/x86_64-linux-gnu/libssl.so.3\n")
	m.file("var/lib/dpkg/info/libxml2.list", "/usr/lib/x86_64-linux-gnu/libxml2.so.2\n")
	m.file("var/lib/dpkg/info/tzdata.list", "/usr/share/zoneinfo/UTC\n")
	m.file("var/lib/dpkg/info/python3-yaml.list", "/usr/lib/python3/dist-packages/yaml/__init__.py\n")
	m.file("var/lib/dpkg/info/linux-image-6.1.list", "/boot/vmlinuz-6.1.0-18-amd64\n")
	m.file("srv/py/lib/python3.11/site-packages/numpy-1.26.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: numpy\nVersion: 1.26.0\n")
	m.file("srv/py/lib/python3.11/site-packages/idna-3.6.dist-info/METADATA", "Metadata-Version: 2.1\nName: idna\nVersion: 3.6\n")
	m.file("srv/web/node_modules/qs/package.json", `{"name":"qs","version":"6.5.1"}`)
	inner := zipped(t, map[string]string{"META-INF/maven/org.example/inner/pom.properties": pom("inner", "2.0")})
	m.file("srv/app.jar", string(zipped(t, map[string]string{"META-INF/maven/org.example/outer/pom.properties": pom("outer", "1.0"), "lib/inner.jar": string(inner)})))
	m.file("srv/idle.jar", string(zipped(t, map[string]string{"META-INF/maven/org.example/idle/pom.properties": pom("idle", "1.0")})))
	m.procFile("sys/kernel/osrelease", "6.1.0-18-amd64\n")
	m.procFile("net/tcp", `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:01BB 00000000:0000 0A 00000000:00000000 00:00000000 00000000    33        0 501 1 0 100 0 0 10 0
   1: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 502 1 0 100 0 0 10 0
   2: 0500000A:01BB 08080808:D2A1 01 00000000:00000000 00:00000000 00000000    33        0 503 1 0 20 4 29 10 -1
   3: 0500000A:D2A2 0600000A:1538 01 00000000:00000000 00:00000000 00000000    33        0 504 1 0 20 4 29 10 -1
`)
	m.procFile("net/udp", "heading\n")
	m.process(1, "init", 0, "/sbin/init", nil, nil)
	m.procFile("2/status", "Name:\tkthreadd\nPPid:\t0\nUid:\t0\t0\t0\t0\n")
	m.process(10, "nginx", 33, "/usr/sbin/nginx", []string{"/usr/lib/x86_64-linux-gnu/libssl.so.3"}, []string{"socket:[501]", "socket:[503]", "socket:[504]"})
	m.process(20, "java", 0, "/usr/bin/java", nil, []string{"/srv/app.jar", "/var/log/x.log"})
	m.process(30, "python3", 0, "/usr/bin/python3.11", []string{"/srv/py/lib/python3.11/site-packages/numpy/core/_m.so"}, nil)
	return m
}

func pom(artifact, version string) string {
	return "groupId=org.example\nartifactId=" + artifact + "\nversion=" + version + "\n"
}

func zipped(t testing.TB, in map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range in {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err == nil {
			_, err = w.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func (m *machine) write(path, text string) {
	m.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) file(name, text string)     { m.write(filepath.Join(m.root, name), text) }
func (m *machine) procFile(name, text string) { m.write(filepath.Join(m.proc, name), text) }

func (m *machine) dpkg(packages map[string]string) {
	var b strings.Builder
	for name, version := range packages {
		fmt.Fprintf(&b, "Package: %s\nStatus: install ok installed\nArchitecture: amd64\nVersion: %s\nMaintainer: m\nDescription: d\n\n", name, version)
	}
	m.file("var/lib/dpkg/status", b.String())
	if err := os.Chtimes(filepath.Join(m.root, "var/lib/dpkg/status"), m.now, m.now); err != nil {
		m.t.Fatal(err)
	}
}

// process makes a process with what it has mapped and open.
func (m *machine) process(pid int, name string, uid int, exe string, mapped, open []string) {
	m.t.Helper()
	dir := fmt.Sprintf("%d/", pid)
	if err := os.RemoveAll(filepath.Join(m.proc, dir)); err != nil {
		m.t.Fatal(err)
	}
	m.procFile(dir+"status", fmt.Sprintf("Name:\t%s\nPPid:\t1\nUid:\t%d\t%d\t0\t0\nVmSize:\t1 kB\n", name, uid, uid))
	m.procFile(dir+"cgroup", "0::/system.slice/x.service\n")
	m.procFile(dir+"cmdline", name+"\x00--password=hunter2\x00")
	var maps strings.Builder
	for _, path := range append([]string{exe}, mapped...) {
		fmt.Fprintf(&maps, "7f00-7f01 r-xp 00000000 fe:01 99 %s\n", path)
	}
	m.procFile(dir+"maps", maps.String())
	link := func(target, name string) {
		path := filepath.Join(m.proc, dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			m.t.Fatal(err)
		}
		if err := os.Symlink(target, path); err != nil {
			m.t.Fatal(err)
		}
	}
	link(exe, "exe")
	for i, target := range open {
		link(target, fmt.Sprintf("fd/%d", i))
	}
	if err := os.MkdirAll(filepath.Join(m.proc, dir, "fd"), 0o755); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) config() Config {
	return Config{
		Name: "web-1", Environment: "prod", Machine: Machine{
			Root: m.root, Proc: m.proc, Arch: "amd64",
			Addresses: func() ([]netip.Addr, error) {
				return []netip.Addr{netip.MustParseAddr("10.0.0.5"), netip.MustParseAddr("9.9.9.7")}, nil
			},
		},
		Clock: Clock{
			Now: func() time.Time { return m.now }, CPU: func() time.Duration { return m.cpu },
			Pause: func(ctx context.Context, d time.Duration) error {
				m.now, m.paused = m.now.Add(d), m.paused+d
				return ctx.Err()
			},
		},
	}
}

func (m *machine) agent(out Sender) *Agent {
	m.t.Helper()
	a, err := New(m.config(), out)
	if err != nil {
		m.t.Fatal(err)
	}
	return a
}

// sampled takes a sample and tells.
func sampled(t testing.TB, a *Agent) {
	t.Helper()
	if err := a.step(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// spec finds what was told last of a resource.
func spec[T any](t testing.TB, items []api.Observation, subject string) (out T) {
	t.Helper()
	for _, o := range slices.Backward(items) {
		if o.Subject != subject {
			continue
		}
		var r api.SeenResource
		if err := json.Unmarshal(o.Body, &r); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(r.Spec, &out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	t.Fatalf("nothing was told of %s: %v", subject, subjects(items))
	return out
}

func subjects(items []api.Observation) (out []string) {
	for _, o := range items {
		out = append(out, o.Kind+" "+o.Subject+o.Ref)
	}
	return out
}

const loadedSubject = "resource/Loaded//docker.io/host/web-1:latest"

func TestWhatIsLoadedIsToldInThreeWords(t *testing.T) {
	t.Parallel()
	m, out := newMachine(t), newHeard()
	sampled(t, m.agent(out))
	got := spec[api.SeenLoaded](t, out.items, loadedSubject)
	want := api.SeenLoaded{
		Of: "docker.io/host/web-1:latest", Since: m.now, Window: 604800, Every: 60,
		Loaded: []api.SeenPart{
			{Purl: "pkg:deb/debian/libssl3@3.0.11", How: "mapped", By: []string{"nginx"}},
			{Purl: "pkg:deb/debian/linux-image-6.1@6.1.76", How: "kernel", By: []string{"6.1.0-18-amd64"}},
			{Purl: "pkg:maven/org.example/outer@1.0", How: "open", By: []string{"java"}},
			{Purl: "pkg:pypi/numpy@1.26.0", How: "mapped", By: []string{"python3"}},
		},
		NotSeen: api.SeenParts{"pkg:deb/debian": {"libxml2@2.9.14"}, "pkg:maven/org.example": {"idle@1.0"}, "pkg:npm": {"qs@6.5.1"}},
		Unknown: []api.SeenGap{
			{Reason: whyPython, Parts: api.SeenParts{"pkg:deb/debian": {"python3-yaml@6.0"}, "pkg:pypi": {"idna@3.6"}}},
			{Reason: whyNothing, Parts: api.SeenParts{"pkg:deb/debian": {"tzdata@2024a"}}},
			{Reason: whyNested, Parts: api.SeenParts{"pkg:maven/org.example": {"inner@2.0"}}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("loaded (-want +got):\n%s", diff)
	}
}

func TestTheHostIsToldWithItsDoors(t *testing.T) {
	t.Parallel()
	m, out := newMachine(t), newHeard()
	sampled(t, m.agent(out))
	got := spec[api.SeenHost](t, out.items, "resource/Host//web-1")
	want := api.SeenHost{
		System: "debian 12", Kernel: "6.1.0-18-amd64", Arch: "amd64",
		Sockets: []api.SeenSocket{
			{Proto: "tcp", Address: "0.0.0.0", Port: 443, Scope: "any", Process: "nginx", User: "www-data"},
			{Proto: "tcp", Address: "127.0.0.1", Port: 5432, Scope: "loopback", User: "root"},
		},
		Processes: []api.SeenProcess{
			{Name: "init", Path: "/sbin/init", User: "root"},
			{Name: "java", Path: "/usr/bin/java", User: "root"},
			{Name: "nginx", Path: "/usr/sbin/nginx", User: "www-data"},
			{Name: "python3", Path: "/usr/bin/python3.11", User: "root"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("host (-want +got):\n%s", diff)
	}
	i := slices.IndexFunc(out.items, func(o api.Observation) bool { return o.Media == "workload" })
	var w api.SeenWorkload
	if err := json.Unmarshal(out.items[i].Body, &w); err != nil {
		t.Fatal(err)
	}
	wantWork := api.SeenWorkload{
		Service: "web-1", Kind: "Host", Replicas: 1,
		Containers: []api.SeenContainer{{Name: "system", Image: api.SeenImage{Name: "host/web-1"}, Replicas: 1}},
		Doors:      []api.SeenDoor{{Address: "9.9.9.7:443", Public: true, Via: "Socket/tcp/443 (nginx)"}},
	}
	if diff := cmp.Diff(wantWork, w); diff != "" {
		t.Errorf("workload (-want +got):\n%s", diff)
	}
	names := []string{}
	for _, o := range out.items {
		if name, ok := strings.CutPrefix(o.Subject, "resource/Flow//"); ok {
			names = append(names, name)
		}
	}
	wantFlows := []string{"Workload/prod/web-1 > Address//10.0.0.6 tcp/5432", "Address//world > Workload/prod/web-1 tcp/443"}
	if diff := cmp.Diff(wantFlows, names); diff != "" {
		t.Errorf("flows (-want +got):\n%s", diff)
	}
}

func TestAnUnchangedHostOnlyGivesSignsOfLife(t *testing.T) {
	t.Parallel()
	m, out := newMachine(t), newHeard()
	a := m.agent(out)
	sampled(t, a)
	first := out.take()
	marker := first[len(first)-1]
	members := 0
	for _, o := range first {
		if o.Kind == "member" {
			members++
		}
	}
	if marker.Kind != "marker" || marker.Count != members || members == 0 || out.scopes[0] != "prod" {
		t.Fatalf("the first message ends with %+v after %d members, scopes %v", marker, members, out.scopes)
	}
	if first[0].Media != "sbom" || first[0].Ref != "host/web-1" || !strings.Contains(string(first[0].Body), `"pkg:deb/debian/libssl3@3.0.11?arch=amd64\u0026distro=debian-12"`) {
		t.Fatalf("the first piece is %s %s %s", first[0].Media, first[0].Ref, first[0].Body)
	}
	for range 10 {
		m.now = m.now.Add(time.Minute)
		sampled(t, a)
	}
	got := out.take()
	want := []string{"heartbeat ", "heartbeat resource/Flow//Workload/prod/web-1 > Address//10.0.0.6 tcp/5432", "heartbeat resource/Flow//Address//world > Workload/prod/web-1 tcp/443"}
	if diff := cmp.Diff(slices.Concat(want, want), subjects(got)); diff != "" {
		t.Errorf("in ten minutes in which nothing changed was told (-want +got):\n%s", diff)
	}
	if last := got[len(got)-1]; !last.ObservedAt.Equal(m.now.Truncate(time.Second)) {
		t.Errorf("the connection was last seen at %s, not %s", last.ObservedAt, m.now)
	}
	out.resync <- struct{}{}
	sampled(t, a)
	if got := out.take(); len(got) != len(first) {
		t.Errorf("asked for everything again, it told %v", subjects(got))
	}
}

func TestAnOldVersionStaysInMemoryAfterAnUpgrade(t *testing.T) {
	t.Parallel()
	m, out := newMachine(t), newHeard()
	a := m.agent(out)
	sampled(t, a)
	out.take()
	m.now = m.now.Add(time.Minute)
	m.dpkg(map[string]string{"libssl3": "3.0.15", "libxml2": "2.9.14"})
	m.process(5, "sshd", 0, "/usr/sbin/sshd", []string{"/usr/lib/x86_64-linux-gnu/libssl.so.3"}, nil)
	m.process(10, "nginx", 33, "/usr/sbin/nginx", []string{"/usr/lib/x86_64-linux-gnu/libssl.so.3 (deleted)"}, nil)
	sampled(t, a)
	got := spec[api.SeenLoaded](t, out.items, loadedSubject)
	parts := map[string]api.SeenPart{}
	for _, p := range got.Loaded {
		parts[p.Purl] = p
	}
	if p := parts["pkg:deb/debian/libssl3@3.0.11"]; !p.Old || !slices.Equal(p.By, []string{"nginx"}) {
		t.Errorf("the old version is %+v", p)
	}
	if p := parts["pkg:deb/debian/libssl3@3.0.15"]; p.Old || !slices.Equal(p.By, []string{"sshd"}) {
		t.Errorf("the new version is %+v", p)
	}
	want := []api.SeenOld{{Path: "/usr/lib/x86_64-linux-gnu/libssl.so.3", Purl: "pkg:deb/debian/libssl3@3.0.11", By: []string{"nginx"}}}
	if diff := cmp.Diff(want, got.Old); diff != "" {
		t.Errorf("old files (-want +got):\n%s", diff)
	}
	bom := out.items[slices.IndexFunc(out.items, func(o api.Observation) bool { return o.Media == "sbom" })]
	if !strings.Contains(string(bom.Body), "libssl3@3.0.11") || !strings.Contains(string(bom.Body), "in-memory-only") {
		t.Error("what is only in memory is not in the bill of materials")
	}
	m.now = m.now.Add(time.Minute)
	m.process(10, "nginx", 33, "/usr/sbin/nginx", []string{"/usr/lib/x86_64-linux-gnu/libssl.so.3"}, nil)
	out.take()
	sampled(t, a)
	if got := spec[api.SeenLoaded](t, out.items, loadedSubject); len(got.Old) != 0 {
		t.Errorf("after a restart of the process there is %+v", got.Old)
	}
}

func TestWhatMayNotBeSeenIsUnknown(t *testing.T) {
	t.Parallel()
	if os.Getuid() == 0 {
		t.Log("as root every file can be read: a folder stands in for one that cannot")
	}
	m, out := newMachine(t), newHeard()
	maps := filepath.Join(m.proc, "10/maps")
	if err := os.Remove(maps); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(maps, 0o755); err != nil { // reading it fails
		t.Fatal(err)
	}
	sampled(t, m.agent(out))
	got := spec[api.SeenLoaded](t, out.items, loadedSubject)
	if len(got.NotSeen) != 0 || len(got.Unknown) != 1 || got.Unknown[0].Reason != whyBlind {
		t.Errorf("not seen %v, unknown %v", got.NotSeen, got.Unknown)
	}
	host := spec[api.SeenHost](t, out.items, "resource/Host//web-1")
	if !slices.Equal(host.Unseen, []string{"the files of some processes cannot be read"}) {
		t.Errorf("unseen %v", host.Unseen)
	}
	want := api.Rejection{Where: "processes", Reason: "1 process could not be looked at"}
	if !slices.Contains(out.trouble["host"], want) {
		t.Errorf("trouble %v, want %v", out.trouble["host"], want)
	}
}

func TestHiddenProcessesAreNoProofOfAnything(t *testing.T) {
	t.Parallel()
	for gone, want := range map[string]string{
		"1": "processes of others are hidden (hidepid of /proc, or ProtectProc)",
		"2": "the processes that are shown are those of a container, and not of the host whose files are read",
	} {
		m, out := newMachine(t), newHeard()
		if err := os.RemoveAll(filepath.Join(m.proc, gone)); err != nil {
			t.Fatal(err)
		}
		sampled(t, m.agent(out))
		if got := spec[api.SeenLoaded](t, out.items, loadedSubject); len(got.NotSeen) != 0 {
			t.Errorf("without process %s there is not seen %v", gone, got.NotSeen)
		}
		if host := spec[api.SeenHost](t, out.items, "resource/Host//web-1"); !slices.Equal(host.Unseen, []string{want}) {
			t.Errorf("without process %s: unseen %v", gone, host.Unseen)
		}
	}
}

func TestAProcessInAContainerIsOfItsImage(t *testing.T) {
	t.Parallel()
	m, out := newMachine(t), newHeard()
	id := strings.Repeat("0a", 32)
	digest := "sha256:" + strings.Repeat("ab", 32)
	m.process(40, "app", 0, "/app", []string{"/lib/libz.so.1"}, nil)
	m.procFile("40/cgroup", "0::/system.slice/docker-"+id+".scope\n")
	m.procFile("40/root/lib/apk/db/installed", "C:Q1abc=\nP:zlib\nV:1.3-r0\nA:x86_64\no:zlib\nF:lib\nR:libz.so.1\n\nC:Q1abd=\nP:xz\nV:5.4-r0\nA:x86_64\no:xz\nF:usr/bin\nF:usr/lib\nR:liblzma.so.5\n\n")
	m.procFile("40/root/etc/os-release", "ID=alpine\nVERSION_ID=3.20\n")
	m.procFile("40/mountinfo", "36 35 98:0 / / rw - overlay overlay rw\n")
	m.file("var/lib/docker/containers/"+id+"/config.v2.json", `{"Config":{"Image":"registry.example/shop/front:1.4@`+digest+`"}}`)
	a := m.agent(out)
	sampled(t, a)
	got := spec[api.SeenLoaded](t, out.items, "resource/Loaded//"+digest)
	if len(got.Loaded) != 1 || got.Loaded[0].Purl != "pkg:apk/alpine/zlib@1.3-r0" {
		t.Errorf("loaded %v", got.Loaded)
	}
	if diff := cmp.Diff(api.SeenParts{"pkg:apk/alpine": {"xz@5.4-r0"}}, got.NotSeen); diff != "" {
		t.Errorf("not seen (-want +got):\n%s", diff)
	}
	host := spec[api.SeenHost](t, out.items, "resource/Host//web-1")
	if diff := cmp.Diff([]api.SeenHosted{{Image: "registry.example/shop/front:1.4", Digest: digest, Runtime: "docker"}}, host.Containers); diff != "" {
		t.Errorf("containers (-want +got):\n%s", diff)
	}
	if err := os.RemoveAll(filepath.Join(m.proc, "40")); err != nil {
		t.Fatal(err)
	}
	out.take()
	m.now = m.now.Add(10 * time.Minute)
	sampled(t, a)
	if !slices.Contains(subjects(out.items), "tombstone resource/Loaded//"+digest) {
		t.Errorf("an image that runs no more: %v", subjects(out.items))
	}
}

func TestTheWatchOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	m, out := newMachine(t), newHeard()
	cfg := m.config()
	cfg.State = t.TempDir()
	run := func() api.SeenLoaded {
		a, err := New(cfg, out)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s := a.Stats(); !s.Told || s.Samples != 1 || s.Parts != 11 || s.Processes != 4 || s.Unseen != 0 {
			t.Errorf("stats %+v", s)
		}
		return spec[api.SeenLoaded](t, out.take(), loadedSubject)
	}
	began := m.now
	run()
	m.now = m.now.Add(5 * time.Minute)
	m.process(10, "nginx", 33, "/usr/sbin/nginx", nil, nil)
	if got := run(); !got.Since.Equal(began) || len(got.Loaded) != 4 {
		t.Errorf("after five minutes: since %s, loaded %v", got.Since, got.Loaded)
	}
	m.now = m.now.Add(time.Hour)
	if got := run(); !got.Since.Equal(m.now) || len(got.Loaded) != 4 {
		t.Errorf("after an hour in which nobody looked: since %s, loaded %v", got.Since, got.Loaded)
	}
	m.now = m.now.Add(8 * 24 * time.Hour)
	if got := run(); len(got.Loaded) != 3 {
		t.Errorf("after the window: loaded %v", got.Loaded)
	}
	if err := os.WriteFile(filepath.Join(cfg.State, "watch.json"), []byte(`{"targets":{"x":null}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	run()
	if len(out.trouble["watch"]) != 1 {
		t.Errorf("a broken watch: trouble %v", out.trouble)
	}
}

func TestItIsWatchedWhileAnInventoryIsMade(t *testing.T) {
	t.Parallel()
	m, out := newMachine(t), newHeard()
	a := m.agent(out)
	sampled(t, a)
	began := m.now
	out.take()
	m.dpkg(map[string]string{"libssl3": "3.0.15"})
	cpu := a.look.pace.clock.CPU
	a.look.pace.clock.CPU = func() time.Duration { // each piece of work costs much: at 1 % of a core it is worth 40 s
		m.cpu += 400 * time.Millisecond
		return cpu()
	}
	m.now = m.now.Add(time.Minute)
	sampled(t, a)
	if took := m.now.Sub(began); took < 20*time.Minute {
		t.Fatalf("the inventory took %s only", took)
	}
	if got := a.host().Since; got != began.Unix() {
		t.Errorf("the watch began anew at %d, and not at %d", got, began.Unix())
	}
	beats := 0
	for _, o := range out.items {
		if o.Kind == "heartbeat" {
			beats++
		}
	}
	if beats < 3 {
		t.Errorf("%d signs of life meanwhile", beats)
	}
}

func TestWhatCannotBeToldIsToldAgain(t *testing.T) {
	t.Parallel()
	m, out := newMachine(t), newHeard()
	a := m.agent(out)
	out.fails = errors.New("the disk is full")
	sampled(t, a)
	if a.untold == nil || a.Once(t.Context()) == nil {
		t.Error("nobody says that nothing was told")
	}
	out.fails = nil
	sampled(t, a)
	if got := out.take(); len(got) == 0 || got[len(got)-1].Kind != "marker" {
		t.Errorf("then it told %v", subjects(got))
	}
}

func TestTheAgentKeepsToItsShare(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	p := newPace(m.config().Clock, 0.01)
	began := m.now
	for range 1000 {
		m.cpu += 3 * time.Millisecond // what a small piece of work uses
		m.now = m.now.Add(3 * time.Millisecond)
		if err := p.pass(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	took := m.now.Sub(began)
	if share := float64(m.cpu-burst) / float64(took); share > 0.0101 || share < 0.009 {
		t.Errorf("it used %.4f of a core, over %s", share, took)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := p.pass(ctx); err == nil {
		t.Error("it goes on when its context ended")
	}
}

func TestHowFarAnAddressReaches(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"0.0.0.0": "any", "::": "any", "127.0.0.53": "loopback", "::1": "loopback", "10.1.2.3": "private", "192.168.1.1": "private", "169.254.1.1": "private",
		"100.64.1.1": "private", "192.0.2.2": "private", "fe80::1": "private", "fd00::1": "private", "2001:db8::1": "private", "9.9.9.9": "public", "2620:fe::fe": "public",
		"224.0.0.251": "private",
	} {
		if got := scopeOf(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s is %s, want %s", address, got, want)
		}
	}
}

func TestCommandLinesAreMasked(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in   []string
		want string
	}{
		"plain":   {[]string{"nginx", "-g", "daemon off;"}, "nginx -g daemon off;"},
		"value":   {[]string{"x", "--password=hunter2", "--port=80"}, "x --password=*** --port=80"},
		"next":    {[]string{"x", "--api-token", "abc", "run"}, "x --api-token *** run"},
		"mysql":   {[]string{"mysql", "-uroot", "-phunter2"}, "mysql -uroot -p***"},
		"url":     {[]string{"x", "postgres://bob:secret@db/shop?sslkey=1"}, "x postgres://bob:***@db/shop"},
		"java":    {[]string{"java", "-Djavax.net.ssl.keyStorePassword=changeit", "-jar", "a.jar"}, "java -Djavax.net.ssl.keyStorePassword=*** -jar a.jar"},
		"opaque":  {[]string{"x", "AKIA1234567890ABCDEF1234567890"}, "x ***"},
		"env":     {[]string{"env", "DB_PASS=1"}, "env DB_PASS=***"},
		"control": {[]string{"x", "a\nb"}, "x a?b"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := masked(c.in); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func FuzzParseWatch(f *testing.F) {
	f.Add([]byte(`{"last":1,"targets":{"host/x":{"of":"a","seen":{"k":{"how":"mapped","last":1}}}}}`))
	f.Add([]byte(`{"targets":{"x":null}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		w, err := parseWatch(data)
		if err != nil {
			return
		}
		w.settle(1, time.Hour)
		for _, x := range w.Targets {
			x.index = &index{}
			_ = x.oldOnly()
		}
	})
}
