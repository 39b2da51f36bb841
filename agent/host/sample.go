package host

import (
	"context"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/tidemark/tidemark/agent/host/proc"
	"github.com/tidemark/tidemark/internal/inventory"
)

// sampler looks at the processes, and notes what it sees in the watch.
type sampler struct {
	cfg   Config
	proc  proc.Dir
	pace  *pace
	watch *watch
	facts *systemFacts
	// opened says that this sample has made the inventory of an image.
	opened bool
}

// sample goes once over all processes.
func (s *sampler) sample(ctx context.Context) error {
	now := s.cfg.Clock.Now().Unix()
	pids, more, err := s.proc.PIDs()
	if err != nil {
		return err
	}
	w := s.watch
	s.opened = false
	w.blind, w.lost, w.kernel, w.cages = map[string]bool{}, 0, false, map[string]string{}
	w.socks, w.insides = newSockets(), newInsides(s.proc)
	if more {
		w.blind["there are more processes than are looked at"] = true
		w.host.Blind = now
	}
	for _, pid := range pids {
		if err := s.process(ctx, pid, now); err != nil {
			return err
		}
		if err := s.pace.pass(ctx); err != nil {
			return err
		}
	}
	s.whole(pids, now)
	s.network(now)
	if err := s.networks(ctx); err != nil {
		return err
	}
	s.kernel(now)
	for _, t := range w.Targets {
		t.watched(now, w.Last)
	}
	w.Last = now
	w.settle(now, s.cfg.Timing.Window)
	s.retire(now)
	return nil
}

// whole sees whether all processes of the machine are shown: some mounts of /proc
// hide those of others without a word, and a container shows its own.
func (s *sampler) whole(pids []int, now int64) {
	reason := ""
	switch {
	case len(pids) == 0 || pids[0] != 1:
		reason = "processes of others are hidden (hidepid of /proc, or ProtectProc)"
	case s.cfg.Machine.Root != "/" && !s.watch.kernel:
		reason = "the processes that are shown are those of a container, and not of the host whose files are read"
	}
	if reason != "" {
		s.watch.blind[reason] = true
		s.watch.host.Blind = now
	}
}

// watched begins the watch anew where nobody looked for too long.
func (t *target) watched(now, last int64) {
	if t.Since == 0 || now-last > int64(gap.Seconds()) || now < last {
		t.Since = now
	}
}

// retire forgets images of which no container runs any more.
func (s *sampler) retire(now int64) {
	most := int64(s.cfg.Timing.Sample.Seconds()+1) * missedImages
	for name, t := range s.watch.Targets {
		if t != s.watch.host && now-t.Last > most {
			delete(s.watch.Targets, name)
		}
	}
}

// process looks at one process.
func (s *sampler) process(ctx context.Context, pid int, now int64) error {
	st, err := s.proc.Status(pid)
	s.watch.kernel = s.watch.kernel || err == nil && st.Kernel
	if err != nil || st.Kernel {
		if err != nil && !proc.Gone(err) {
			s.miss(s.watch.host, "the status of some processes cannot be read", now)
		}
		return nil
	}
	cage, err := s.proc.Cage(pid)
	if err != nil && !proc.Gone(err) {
		s.miss(s.watch.host, "of some processes it cannot be told whether they are in a container", now)
		return nil
	}
	s.enter(pid, cage)
	t, err := s.targetOf(ctx, pid, cage, now)
	if err != nil || t == nil {
		return err
	}
	t.Last = now
	l := look{s: s, t: t, pid: pid, now: now, name: st.Name}
	l.program(ctx, st, cage)
	l.files(ctx, cage)
	return nil
}

// miss notes that a process could not be looked at.
func (s *sampler) miss(t *target, reason string, now int64) {
	s.watch.lost++
	s.watch.blind[reason] = true
	t.Blind = now
}

// look is a look at one process.
type look struct {
	s    *sampler
	t    *target
	pid  int
	now  int64
	name string
}

// refused notes what the agent has no right to see; what ended meanwhile is nothing.
func (l *look) refused(err error) {
	switch {
	case err == nil, proc.Gone(err):
	case proc.Denied(err):
		l.s.miss(l.t, "the files of processes of other users cannot be seen: the agent has no right to (CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH)", l.now)
	default:
		l.s.miss(l.t, "the files of some processes cannot be read", l.now)
	}
}

// program notes what runs.
func (l *look) program(ctx context.Context, st proc.Status, cage proc.Cage) {
	exe, err := l.s.proc.Exe(l.pid)
	if proc.Denied(err) {
		exe = proc.File{} // the maps say so too, and count it
	} else if err == nil {
		l.learn(ctx, exe, l.s.proc.Program(l.pid), inventory.ReadProgram)
		l.use(exe, howRun)
	}
	if cage.ID != "" {
		return
	}
	r := ran{Name: st.Name, Path: exe.Path, User: l.s.facts.user(st.UID), Last: l.now}
	if l.s.cfg.Commands {
		if command, err := l.s.proc.Command(l.pid); err == nil {
			r.Command = masked(command)
		}
	}
	key := strings.Join([]string{r.Name, r.Path, r.User, r.Command}, "\x00")
	if have := l.s.watch.Procs[key]; have != nil {
		have.Last = l.now
	} else if len(l.s.watch.Procs) < maxProcs {
		l.s.watch.Procs[key] = &r
	}
}

// files notes what a process has mapped and open.
func (l *look) files(ctx context.Context, cage proc.Cage) {
	_, err := l.s.proc.Maps(l.pid, func(f proc.File) { l.use(f, howMapped) })
	l.refused(err)
	if err != nil {
		return
	}
	owner, inner := l.s.watch.socks.owner(l.name), l.s.watch.insides.inner(cage)
	l.refused(l.s.proc.Open(l.pid, func(f proc.File) {
		if isArchive(f.Path) && !f.Gone {
			l.learn(ctx, f, filepath.Join(l.s.proc.Root(l.pid), f.Path), inventory.ReadJar)
		}
		if mayBePart(f.Path) {
			l.use(f, howOpen)
		}
	}, func(inode uint64) { owner(inode); inner(inode) }))
}

func (l *look) use(f proc.File, how string) {
	if kind := interprets(f.Path); kind != 0 {
		l.t.Ran[kind] = l.now
	}
	l.t.see(f, how, l.name, l.now)
}

// mayBePart reports whether a file that is only open may be of a part: most are
// logs, data and devices.
func mayBePart(file string) bool {
	if strings.Contains(file, "/node_modules/") || strings.Contains(file, "-packages/") || isProgramPath(slim(file)) {
		return true
	}
	ext := path.Ext(file)
	return isArchive(file) || ext == ".so" || ext == ".node"
}

func isArchive(file string) bool {
	switch strings.ToLower(path.Ext(file)) {
	case ".jar", ".war", ".ear", ".jpi", ".hpi", ".nar":
		return true
	}
	return false
}

// maxLearnt bounds how many files are looked at because somebody uses them.
const maxLearnt = 20_000

// learn looks at a program or archive that a process uses and the search has not
// found: it may be where nobody searched, or gone by now.
func (l *look) learn(ctx context.Context, f proc.File, at string, read func(context.Context, string, inventory.Places) ([]inventory.Package, error)) {
	x := l.t.index
	name := f.Path
	if f.Gone {
		name += " (old)"
	}
	if x == nil || x.learnt[name] || len(x.learnt) >= maxLearnt || !f.Gone && len(x.files[slim(f.Path)]) > 0 {
		return
	}
	x.learnt[name] = true
	list := readAt(ctx, f.Path, at, read)
	if !f.Gone {
		for i := range list {
			x.add(&list[i])
		}
		return
	}
	if _, known := l.t.Paths[f.Path]; known || len(list) == 0 {
		return
	}
	keys := make([]string, 0, len(list))
	for i := range list {
		keys = append(keys, keyOf(list[i].Purl))
	}
	l.t.Paths[f.Path] = keys
}

// readAt reads a file that may be gone at any time; what cannot be read is no part.
func readAt(ctx context.Context, name, at string, read func(context.Context, string, inventory.Places) ([]inventory.Package, error)) []inventory.Package {
	f, err := os.Open(at)
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }() // it is only read
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil
	}
	list, _ := read(ctx, name, inventory.Places{ReaderAt: f, Size: info.Size()}) // what is broken has told what it could
	return list
}

// kernel notes which kernel runs.
func (s *sampler) kernel(now int64) {
	x := s.watch.host.index
	release := s.facts.kernel
	if x == nil || release == "" {
		return
	}
	for _, h := range x.resolve("/boot/vmlinuz-" + release) {
		s.watch.host.mark(x.parts[h.part].key, howKernel, release, now)
	}
}
