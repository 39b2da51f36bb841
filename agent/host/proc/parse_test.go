package proc

import (
	"bytes"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const someMaps = `55d0c0a00000-55d0c0a2c000 r--p 00000000 fe:01 1234                       /usr/bin/bash
55d0c0a2c000-55d0c0b00000 r-xp 0002c000 fe:01 1234                       /usr/bin/bash
55d0c1000000-55d0c1100000 rw-p 00000000 00:00 0                          [heap]
7f0000000000-7f0000100000 r-xp 00000000 fe:01 99                         /usr/lib/x86_64-linux-gnu/libssl.so.3 (deleted)
7f0000200000-7f0000300000 rw-s 00000000 00:01 5                          /memfd:x (deleted)
7f0000400000-7f0000500000 r--p 00000000 fe:01 7                          /opt/my app/a\012b.jar
7ffd00000000-7ffd00021000 rw-p 00000000 00:00 0 
nonsense
`

func TestParseMapsFindsFilesOnceAndWhatWasReplaced(t *testing.T) {
	t.Parallel()
	var got []File
	bad, err := ParseMaps(strings.NewReader(someMaps), func(f File) { got = append(got, f) })
	if err != nil {
		t.Fatal(err)
	}
	want := []File{{"/usr/bin/bash", false}, {"/usr/lib/x86_64-linux-gnu/libssl.so.3", true}, {"/opt/my app/a\nb.jar", false}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if bad != 1 {
		t.Errorf("%d lines made no sense, want 1", bad)
	}
}

const someTCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000   113        0 5001 1 0000000000000000 100 0 0 10 0
   1: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 5002 1 0000000000000000 100 0 0 10 0
   2: 0F02000A:0016 0202000A:D2A1 01 00000000:00000000 02:000A2D3C 00000000     0        0 5003 4 0000000000000000 20 4 29 10 -1
   3: broken
`

const someTCP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 6001 1 0000000000000000 100 0 0 10 0
   1: 0000000000000000FFFF00000F02000A:0050 0000000000000000FFFF00000202000A:0051 01 00000000:00000000 00:00000000 00000000  1000        0 6002 1 0000000000000000 100 0 0 10 0
`

func TestParseSockets(t *testing.T) {
	t.Parallel()
	var got []Socket
	bad, err := ParseSockets(strings.NewReader(someTCP), "tcp", func(s Socket) { got = append(got, s) })
	if err != nil || bad != 1 {
		t.Fatalf("bad %d, %v", bad, err)
	}
	if bad, err = ParseSockets(strings.NewReader(someTCP6), "tcp6", func(s Socket) { got = append(got, s) }); err != nil || bad != 0 {
		t.Fatalf("bad %d, %v", bad, err)
	}
	at := netip.MustParseAddrPort
	want := []Socket{
		{Proto: "tcp", Local: at("127.0.0.1:5432"), Remote: at("0.0.0.0:0"), Listens: true, UID: 113, Inode: 5001},
		{Proto: "tcp", Local: at("0.0.0.0:22"), Remote: at("0.0.0.0:0"), Listens: true, Inode: 5002},
		{Proto: "tcp", Local: at("10.0.2.15:22"), Remote: at("10.0.2.2:53921"), Connected: true, Inode: 5003},
		{Proto: "tcp6", Local: at("[::1]:8080"), Remote: at("[::]:0"), Listens: true, UID: 1000, Inode: 6001},
		{Proto: "tcp6", Local: at("10.0.2.15:80"), Remote: at("10.0.2.2:81"), Connected: true, UID: 1000, Inode: 6002},
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.AddrPort{})); diff != "" {
		t.Errorf("sockets (-want +got):\n%s", diff)
	}
}

func TestParseCage(t *testing.T) {
	t.Parallel()
	id := strings.Repeat("0a", 32)
	const pod = "12345678-9abc-def0-1234-56789abcdef0"
	under := strings.ReplaceAll(pod, "-", "_")
	for name, c := range map[string]struct {
		text string
		want Cage
	}{
		"host":              {"0::/system.slice/ssh.service\n", Cage{}},
		"docker_v1":         {"12:cpu:/docker/" + id + "\n1:name=systemd:/docker/" + id + "\n", Cage{ID: id}},
		"docker_v2":         {"0::/system.slice/docker-" + id + ".scope\n", Cage{ID: id, Runtime: "docker"}},
		"containerd_pod":    {"0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + under + ".slice/cri-containerd-" + id + ".scope\n", Cage{id, "containerd", pod}},
		"containerd_plain":  {"0::/kubepods/besteffort/pod" + pod + "/" + id + "\n", Cage{id, "", pod}},
		"containerd_system": {"0::/system.slice/containerd.service/kubepods-pod" + under + ".slice:cri-containerd:" + id + "\n", Cage{ID: id, Runtime: "containerd"}},
		"crio":              {"0::/kubepods.slice/kubepods-pod" + under + ".slice/crio-" + id + ".scope\n", Cage{id, "cri-o", pod}},
		"conmon_is_outside": {"0::/kubepods.slice/crio-conmon-" + id + ".scope\n", Cage{}},
		"podman":            {"0::/machine.slice/libpod-" + id + ".scope/container\n", Cage{ID: id, Runtime: "podman"}},
		"short":             {"0::/docker/0a0a\n", Cage{}},
		"nested":            {"0::/../../docker/" + strings.Repeat("f", 64) + "/kubelet/kubepods/pod" + pod + "/" + id, Cage{id, "", pod}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, ParseCage([]byte(c.text))); diff != "" {
				t.Errorf("container (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseStatus(t *testing.T) {
	t.Parallel()
	got, err := ParseStatus([]byte("Name:\tweb (x)\nState:\tS\nPPid:\t7\nUid:\t1000\t33\t1000\t1000\nVmSize:\t  100 kB\n"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Status{Name: "web (x)", UID: 33, Parent: 7}, got); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
	if got, err = ParseStatus([]byte("Name:\tkthreadd\nUid:\t0\t0\t0\t0\n")); err != nil || !got.Kernel {
		t.Errorf("a thread of the kernel: %+v, %v", got, err)
	}
	if _, err = ParseStatus([]byte("Uid:\t0\t0\n")); err == nil {
		t.Error("a status without a name was taken")
	}
}

func TestParseMounts(t *testing.T) {
	t.Parallel()
	got, err := ParseMounts(strings.NewReader("36 35 98:0 / /mnt\\040two rw,noatime master:1 - ext3 /dev/root rw\n22 1 0:5 / /proc rw - proc proc rw\nnone\n"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Mount{{"/mnt two", "ext3"}, {"/proc", "proc"}}, got); diff != "" {
		t.Errorf("mounts (-want +got):\n%s", diff)
	}
}

func TestAFolderLikeProc(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, body := range map[string]string{
		"7/status": "Name:\tnginx\nUid:\t0\t0\t0\t0\nVmSize:\t1 kB\n", "7/cmdline": "nginx\x00-g\x00daemon off;\x00",
		"7/maps": someMaps, "net/tcp": someTCP, "self/x": "", "sys/kernel/osrelease": "6.1.0-18-amd64\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "7/fd"), 0o755); err != nil {
		t.Fatal(err)
	}
	for fd, target := range map[string]string{"3": "socket:[5002]", "4": "/srv/app.jar", "5": "pipe:[1]", "6": "/srv/old.jar (deleted)"} {
		if err := os.Symlink(target, filepath.Join(dir, "7/fd", fd)); err != nil {
			t.Fatal(err)
		}
	}
	d := Dir(dir)
	pids, more, err := d.PIDs()
	if err != nil || more || !slices.Equal(pids, []int{7}) {
		t.Fatalf("processes %v, %v, %v", pids, more, err)
	}
	var files []File
	var sockets []uint64
	if err := d.Open(7, func(f File) { files = append(files, f) }, func(n uint64) { sockets = append(sockets, n) }); err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	if diff := cmp.Diff([]File{{"/srv/app.jar", false}, {"/srv/old.jar", true}}, files); diff != "" {
		t.Errorf("open files (-want +got):\n%s", diff)
	}
	if !slices.Equal(sockets, []uint64{5002}) {
		t.Errorf("sockets %v", sockets)
	}
	if command, err := d.Command(7); err != nil || !slices.Equal(command, []string{"nginx", "-g", "daemon off;"}) {
		t.Errorf("command %q, %v", command, err)
	}
	if d.Kernel() != "6.1.0-18-amd64" {
		t.Errorf("kernel %q", d.Kernel())
	}
	if _, err := d.Status(8); !Gone(err) {
		t.Errorf("a process that is not there: %v", err)
	}
	if bad, err := d.Sockets(0, "tcp6", func(Socket) {}); bad != 0 || err != nil {
		t.Errorf("a machine without IPv6: %d, %v", bad, err)
	}
}

func FuzzParseMaps(f *testing.F) {
	f.Add([]byte(someMaps))
	f.Add([]byte("a b c d e /x (deleted) (deleted)\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _ = ParseMaps(bytes.NewReader(data), func(f File) {
			if !strings.HasPrefix(f.Path, "/") {
				t.Errorf("%q is no path", f.Path)
			}
		})
	})
}

func FuzzParseSockets(f *testing.F) {
	f.Add([]byte(someTCP))
	f.Add([]byte(someTCP6))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _ = ParseSockets(bytes.NewReader(data), "tcp", func(s Socket) {
			if !s.Local.IsValid() || s.Listens && s.Connected {
				t.Errorf("%+v makes no sense", s)
			}
		})
	})
}

func FuzzParseCage(f *testing.F) {
	f.Add([]byte("0::/system.slice/docker-" + strings.Repeat("0a", 32) + ".scope\n"))
	f.Add([]byte("0::/kubepods/besteffort/pod12345678-9abc-def0-1234-56789abcdef0/" + strings.Repeat("f", 64)))
	f.Fuzz(func(t *testing.T, data []byte) {
		if c := ParseCage(data); c.ID != "" && (len(c.ID) != idLength || !isHex(c.ID)) {
			t.Errorf("%q is no id", c.ID)
		}
	})
}

func FuzzParseStatus(f *testing.F) {
	f.Add([]byte("Name:\tweb\nPPid:\t7\nUid:\t1000\t33\t1000\t1000\n"))
	f.Fuzz(func(t *testing.T, status []byte) {
		if s, err := ParseStatus(status); err == nil && strings.ContainsAny(s.Name, "\x00\n") {
			t.Errorf("the name %q", s.Name)
		}
	})
}

func FuzzParseMounts(f *testing.F) {
	f.Add([]byte("36 35 98:0 / /mnt rw,noatime master:1 - ext3 /dev/root rw\n"))
	f.Fuzz(func(_ *testing.T, data []byte) { _, _ = ParseMounts(bytes.NewReader(data)) })
}
