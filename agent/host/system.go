package host

import (
	"bytes"
	"context"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark/tidemark/agent/host/proc"
	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/inventory"
)

// systemFacts is what is known of the machine beside its parts.
type systemFacts struct {
	kernel    string
	users     map[uint32]string
	addresses []netip.Addr // nil: not known
	runtimes  []api.SeenRuntime
	images    map[string]container // by the id of the container
	trouble   []api.Rejection
	stamp     string // of the databases, to see that one changed
}

// user names a user, by its number where its name is not known.
func (s *systemFacts) user(uid uint32) string {
	if name := s.users[uid]; name != "" {
		return name
	}
	return strconv.FormatUint(uint64(uid), 10)
}

// passwd reads the users of a system.
func passwd(data []byte) map[uint32]string {
	const uid, least = 2, 3
	out := map[uint32]string{}
	for line := range bytes.Lines(data) {
		fields := strings.Split(strings.TrimSpace(string(line)), ":")
		if len(fields) < least {
			continue
		}
		if n, err := strconv.ParseUint(fields[uid], 10, 32); err == nil && out[uint32(n)] == "" {
			out[uint32(n)] = fields[0]
		}
	}
	return out
}

// small reads a file of the host, cut at a bound.
func (d disk) small(name string) []byte {
	f, err := os.Open(filepath.Join(string(d), name))
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }() // it is only read
	data, err := io.ReadAll(io.LimitReader(f, 1<<20))
	if err != nil {
		return nil
	}
	return data
}

// foreign are kinds of file systems in which nothing of this machine is installed.
var foreign = []string{
	"proc", "sysfs", "devtmpfs", "devpts", "cgroup", "cgroup2", "pstore", "bpf", "tracefs", "debugfs", "securityfs", "configfs", "fusectl",
	"mqueue", "hugetlbfs", "binfmt_misc", "efivarfs", "autofs", "rpc_pipefs", "nsfs",
	"nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "glusterfs", "fuse", "fuse.sshfs", "afs", "virtiofs",
}

// skips says which folders of the host are not searched.
func skips(dir proc.Dir) func(string) string {
	mounts, err := dir.Mounts(os.Getpid())
	if err != nil {
		mounts, _ = dir.Mounts(1) // without them the folders below are left out by name
	}
	away := map[string]string{}
	for _, m := range mounts {
		switch {
		case slices.Contains(foreign, m.Kind):
			away[m.At] = "a file system of the kind " + m.Kind
		case m.Kind == "overlay" && m.At != "/":
			away[m.At] = "files of a container"
		}
	}
	for _, dir := range []string{"/proc", "/sys", "/dev", "/run"} {
		away[dir] = "it holds nothing that is installed"
	}
	for _, dir := range []string{
		"/var/lib/docker", "/var/lib/containerd", "/var/lib/containers", "/var/lib/kubelet", "/var/lib/rancher", "/var/lib/k0s", "/run/containerd", "/var/lib/lxc", "/var/lib/lxd", "/var/lib/machines",
	} {
		away[dir] = "files of containers"
	}
	return func(path string) string {
		if strings.HasSuffix(path, "/go/pkg/mod") {
			return "source code of Go modules"
		}
		return away[path]
	}
}

// due reports whether the inventory is to be made anew.
func (a *Agent) due(now time.Time) bool {
	return a.host().index == nil || now.Sub(a.done.refresh) >= a.cfg.Timing.Refresh || disk(a.cfg.Machine.Root).databases() != a.facts.stamp
}

// databases is another text when a package was installed or removed.
func (d disk) databases() string {
	var b strings.Builder
	for _, name := range []string{
		"var/lib/dpkg/status", "lib/apk/db/installed", "usr/lib/apk/db/installed",
		"var/lib/rpm/rpmdb.sqlite", "usr/lib/sysimage/rpm/rpmdb.sqlite", "var/lib/rpm/Packages", "usr/lib/sysimage/rpm/Packages.db", "var/lib/rpm/Packages.db",
	} {
		if info, err := os.Stat(filepath.Join(string(d), name)); err == nil {
			b.WriteString(name + info.ModTime().UTC().String() + strconv.FormatInt(info.Size(), 10) + "\n")
		}
	}
	return b.String()
}

// refresh makes the inventory of the host.
func (a *Agent) refresh(ctx context.Context) error {
	d := disk(a.cfg.Machine.Root)
	s := systemFacts{kernel: a.look.proc.Kernel(), users: passwd(d.small("etc/passwd")), stamp: d.databases(), images: a.facts.images}
	if a.cfg.Machine.Addresses != nil {
		list, err := a.cfg.Machine.Addresses()
		if err != nil {
			s.trouble = append(s.trouble, api.Rejection{Where: "addresses", Reason: err.Error()})
		}
		s.addresses = list
	}
	if a.host().index == nil { // until then nothing is known: it may cost more
		defer a.look.pace.faster(firstFaster)()
	}
	x, err := newIndex(ctx, inventory.Root{
		Dir: a.cfg.Machine.Root, Pass: a.meanwhile, Skip: skips(a.look.proc), Map: mapped, OnlySystem: a.cfg.Machine.OnlySystem,
	}, s.kernel)
	if err != nil {
		return err
	}
	s.trouble = append(s.trouble, unread("inventory", x.found)...)
	a.host().index = x
	a.host().known()
	s.runtimes = d.runtimes(x)
	*a.facts = s
	return nil
}

// unread tells what an inventory could not read, a few by name.
func unread(where string, found inventory.Found) (out []api.Rejection) {
	const byName = 20
	for i, u := range found.Unread {
		if i == byName {
			out = append(out, api.Rejection{Where: where, Reason: strconv.Itoa(len(found.Unread)-byName) + " more files or folders cannot be read"})
			break
		}
		out = append(out, api.Rejection{Where: where + " " + u.Path, Reason: u.Reason})
	}
	for _, note := range found.Notes {
		out = append(out, api.Rejection{Where: where, Reason: note})
	}
	return out
}

// targetOf finds what a process belongs to; nil where that is not known.
func (s *sampler) targetOf(ctx context.Context, pid int, cage proc.Cage, now int64) (*target, error) {
	if cage.ID == "" {
		return s.watch.host, nil
	}
	c, known := s.container(cage)
	if !known || c.artifact == "" {
		s.watch.blind["of some containers it is not known which image they run"] = true
		s.watch.lost++
		return nil, nil
	}
	s.watch.cages[cage.ID] = c.artifact
	t := s.watch.Targets[c.artifact]
	if t == nil {
		if len(s.watch.Targets) > maxTargets {
			s.watch.blind["there are more images than are watched"] = true
			return nil, nil
		}
		t = newTarget(c.artifact)
		s.watch.Targets[c.artifact] = t
	}
	t.Last = now
	if t.index == nil && !s.opened { // one in a sample: the others wait for their turn
		s.opened = true
		if err := s.open(ctx, t, pid); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// open makes the inventory of a container, through the root of one of its processes.
func (s *sampler) open(ctx context.Context, t *target, pid int) error {
	mounts, err := s.proc.Mounts(pid)
	if err != nil {
		return ctx.Err() // the look at the process says why
	}
	away := map[string]bool{"/proc": true, "/sys": true, "/dev": true}
	for _, m := range mounts {
		away[m.At] = m.At != "/"
	}
	const entries = 300_000
	x, err := newIndex(ctx, inventory.Root{Dir: s.proc.Root(pid), Pass: s.pace.pass, Map: mapped, Entries: entries, Skip: func(path string) string {
		if away[path] {
			return "it is no part of the image"
		}
		return ""
	}}, "")
	if err != nil {
		if ctx.Err() == nil {
			s.watch.blind["the files of some containers cannot be read"] = true
		}
		return ctx.Err()
	}
	t.index = x
	t.known()
	return nil
}
