package host

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/agent/host/proc"
	"github.com/tidemark/tidemark/api"
)

// in puts a process into a container, and into a network.
func (m *machine) in(pid int, id, network string) {
	m.t.Helper()
	dir := strconv.Itoa(pid)
	if id != "" {
		m.procFile(dir+"/cgroup", "0::/system.slice/docker-"+id+".scope\n")
		m.procFile(dir+"/mountinfo", "36 35 98:0 / / rw - overlay overlay rw\n")
		m.procFile(filepath.Join(dir, "root", "lib", "apk", "db", "installed"), "C:Q1abc=\nP:zlib\nV:1.3-r0\nA:x86_64\no:zlib\nF:lib\nR:libz.so.1\n")
		m.procFile(filepath.Join(dir, "root", "etc", "os-release"), "ID=alpine\nVERSION_ID=3.20\n")
		m.file("var/lib/docker/containers/"+id+"/config.v2.json", `{"Config":{"Image":"registry.example/shop/front@sha256:`+id+`"}}`)
	}
	m.network(dir, network)
}

func (m *machine) network(dir, network string) {
	m.t.Helper()
	path := filepath.Join(m.proc, dir, "ns", "net")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.Symlink("net:["+network+"]", path); err != nil {
		m.t.Fatal(err)
	}
}

const heading = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"

// What listens in a network of a container's own is told of its image, and is no
// door of the host; a network that several share is read once.
func TestSocketsInsideOfContainers(t *testing.T) {
	t.Parallel()
	m, out := newMachine(t), newHeard()
	front, side := strings.Repeat("0a", 32), strings.Repeat("0b", 32)
	m.network("self", "1")
	m.network("10", "1")
	m.process(40, "front", 0, "/app", []string{"/lib/libz.so.1"}, []string{"socket:[901]"})
	m.process(41, "worker", 0, "/app", nil, []string{"socket:[903]"})
	m.process(42, "side", 0, "/side", nil, []string{"socket:[902]"})
	m.process(43, "hosted", 0, "/app", nil, nil) // in a container, and in the host's network
	m.in(40, front, "2")
	m.in(41, front, "2")
	m.in(42, side, "2") // of the same pod
	m.in(43, front, "1")
	m.procFile("40/net/tcp", heading+
		"   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 901 1 0 100 0 0 10 0\n"+
		"   1: 0100007F:3A98 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 902 1 0 100 0 0 10 0\n")
	m.procFile("40/net/udp", "heading\n"+
		"   0: 00000000:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 903 2 0 0\n"+
		"   1: 00000000:C000 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 904 2 0 0\n")
	for _, pid := range []string{"41", "42", "43"} { // not to be read
		m.procFile(pid+"/net/tcp", "no sockets here\nat all\n")
	}
	sampled(t, m.agent(out))
	host := spec[api.SeenHost](t, out.items, "resource/Host//web-1")
	got := map[string][]api.SeenSocket{}
	for _, c := range host.Containers {
		got[c.Digest] = c.Sockets
	}
	want := map[string][]api.SeenSocket{
		"sha256:" + front: {
			{Proto: "tcp", Address: "0.0.0.0", Port: 8080, Scope: "any", Process: "front", User: "root"},
			{Proto: "udp", Address: "0.0.0.0", Port: 53, Scope: "any", Process: "worker", User: "root"},
		},
		"sha256:" + side: {{Proto: "tcp", Address: "127.0.0.1", Port: 15000, Scope: "loopback", Process: "side", User: "root"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, s := range host.Sockets {
		if s.Port == 8080 || s.Port == 53 {
			t.Errorf("it is told of the host: %+v", s)
		}
	}
	for _, reason := range host.Unseen {
		if strings.Contains(reason, "sockets") || strings.Contains(reason, "networks") {
			t.Error(reason)
		}
	}
}

// Who has no right to see networks says so, and a broken list is no empty one.
func TestNetworksThatCannotBeSeen(t *testing.T) {
	t.Parallel()
	m, out := newMachine(t), newHeard()
	m.network("self", "1")
	m.process(40, "front", 0, "/app", nil, nil)
	m.in(40, strings.Repeat("0a", 32), "2")
	m.procFile("40/net/tcp", "heading\nno socket\n")
	sampled(t, m.agent(out))
	host := spec[api.SeenHost](t, out.items, "resource/Host//web-1")
	if !strings.Contains(strings.Join(host.Unseen, "\n"), "some sockets of containers cannot be read") {
		t.Errorf("%q", host.Unseen)
	}
}

// The networks of this machine are read as /proc shows them.
func TestRealNetworks(t *testing.T) {
	t.Parallel()
	d := proc.Dir("/proc")
	own, err := d.Network(0)
	if err != nil {
		t.Skip("this machine shows no networks:", err)
	}
	same, err := d.Network(os.Getpid())
	if err != nil || same != own {
		t.Errorf("%q, %q, %v", own, same, err)
	}
	if bad, err := d.Sockets(os.Getpid(), "tcp", func(proc.Socket) {}); err != nil || bad > 0 {
		t.Error(bad, err)
	}
}
