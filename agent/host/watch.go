package host

import (
	"path"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/agent/host/proc"
)

// watch is what was seen, as far back as the window reaches. It outlives the
// process; times are seconds.
type watch struct {
	Last    int64              `json:"last"` // the newest sample that was complete
	Targets map[string]*target `json:"targets"`
	Procs   map[string]*ran    `json:"procs,omitempty"` // programs of the host by name, path and user
	Flows   map[string]*talk   `json:"flows,omitempty"`
	host    *target
	blind   map[string]bool // reasons of the newest sample
	socks   sockets         // of the newest sample
	insides insides         // of the newest sample
	cages   map[string]string
	kernel  bool // threads of the kernel are shown: these are the processes of a whole machine
	lost    int  // processes of the newest sample that could not be looked at
}

// ran is a program that ran.
type ran struct {
	Name    string `json:"name"`
	Path    string `json:"path,omitempty"`
	User    string `json:"user,omitempty"`
	Command string `json:"command,omitempty"`
	Last    int64  `json:"last"`
}

// target is something whose contents may be loaded: the host, or the image of
// containers on it.
type target struct {
	Of    string              `json:"of"` // identity of the artifact
	Since int64               `json:"since"`
	Last  int64               `json:"last"` // when it last ran
	Seen  map[string]*seen    `json:"seen"`
	Paths map[string][]string `json:"paths"`           // parts by file, as it last was
	Prev  map[string][]string `json:"prev,omitempty"`  // and before they changed
	Old   map[string]*seen    `json:"old,omitempty"`   // by file: what was replaced while it was in use
	Ran   map[does]int64      `json:"ran,omitempty"`   // interpreters
	Opens map[string]int64    `json:"opens,omitempty"` // archives that hold others
	Blind int64               `json:"blind,omitempty"` // when a process of it last could not be looked at
	index *index
}

// seen is how a part was last seen loaded.
type seen struct {
	Keys []string `json:"keys,omitempty"` // only of what was replaced
	How  string   `json:"how"`
	By   []string `json:"by,omitempty"`
	Last int64    `json:"last"`
}

// The bounds of what is kept.
const (
	maxBy        = 5
	maxPaths     = 20_000
	maxSeen      = 20_000
	maxOld       = 500
	maxProcs     = 500
	maxTargets   = 50
	missedImages = 3 // samples without a container of it, until an image is forgotten
)

func newTarget(of string) *target {
	return &target{Of: of, Seen: map[string]*seen{}, Paths: map[string][]string{}, Prev: map[string][]string{}, Old: map[string]*seen{}, Ran: map[does]int64{}, Opens: map[string]int64{}}
}

func newWatch(ref, id string) *watch {
	w := &watch{Targets: map[string]*target{}, Procs: map[string]*ran{}, Flows: map[string]*talk{}}
	w.adopt(ref, id)
	return w
}

// adopt makes the host's own target the one of that name.
func (w *watch) adopt(ref, id string) {
	if w.Targets[ref] == nil {
		w.Targets[ref] = newTarget(id)
	}
	w.host = w.Targets[ref]
	w.host.Of = id
}

// see notes that a process has a file in use. What belongs to no part is not kept.
func (t *target) see(f proc.File, how, by string, now int64) {
	if t.index == nil {
		return
	}
	if f.Gone {
		t.seeOld(f.Path, how, by, now)
		return
	}
	var keys []string
	for _, h := range t.index.resolve(f.Path) {
		p := &t.index.parts[h.part]
		if h.nested {
			if len(t.Opens) < maxPaths {
				t.Opens[p.path] = now
			}
			continue
		}
		if p.does&goModule != 0 && how == howOpen || p.key == "" {
			continue // who copies a program does not run it
		}
		t.mark(p.key, partHow(p, how), by, now)
		keys = append(keys, p.key)
	}
	t.remember(f.Path, keys)
}

// remember keeps what a file is, for when it is replaced while it is in use.
func (t *target) remember(file string, keys []string) {
	have, known := t.Paths[file]
	switch {
	case slices.Equal(have, keys):
		return
	case known:
		t.Prev[file] = have
	case len(t.Paths) >= maxPaths:
		return
	}
	t.Paths[file] = keys
}

// The ways in which a process has a file in use, in the words of the wire.
const (
	howMapped = "mapped"
	howRun    = "run"
	howOpen   = "open"
	howKernel = "kernel"
)

// partHow says how a part is loaded: of a program of Go its modules run.
func partHow(p *part, how string) string {
	if p.does&goModule != 0 {
		return howRun
	}
	if how == howRun {
		return howMapped // a program of a package is mapped as its libraries are
	}
	return how
}

func (t *target) mark(key, how, by string, now int64) {
	s := t.Seen[key]
	if s == nil {
		if len(t.Seen) >= maxSeen {
			return
		}
		s = &seen{How: how}
		t.Seen[key] = s
	}
	if s.How == howOpen {
		s.How = how
	}
	s.Last = now
	s.by(by)
}

// by keeps a few names, so that they stay the same while processes come and go.
func (s *seen) by(name string) {
	if i, found := slices.BinarySearch(s.By, name); !found && len(s.By) < maxBy {
		s.By = slices.Insert(s.By, i, name)
	}
}

// seeOld notes a file that was replaced or removed while a process had it in use.
// What it was is known from when it was last seen in its place.
func (t *target) seeOld(file, how, by string, now int64) {
	s := t.Old[file]
	if s == nil {
		keys, known := t.Prev[file]
		if !known {
			keys, known = t.Paths[file]
		}
		if !known && len(t.index.resolve(file)) == 0 || len(t.Old) >= maxOld {
			return // a file of the program's own that it unlinked on purpose
		}
		s = &seen{Keys: keys, How: how}
		t.Old[file] = s
	}
	s.Last = now
	s.by(by)
	for _, key := range s.Keys {
		if t.index.keys[key] { // the same version was installed again
			t.mark(key, how, by, now)
		}
	}
}

// interprets says which files a program reads that do not stay open.
func interprets(file string) does {
	base := path.Base(file)
	switch {
	case strings.HasPrefix(base, "python"), strings.HasPrefix(base, "pypy"), strings.HasPrefix(base, "libpython"):
		return python
	case base == "node", base == "nodejs", base == "bun", base == "deno", strings.HasPrefix(base, "libnode.so"),
		base == "icudtl.dat", base == "v8_context_snapshot.bin", base == "snapshot_blob.bin":
		return node
	}
	return 0
}

// settle drops what the window no longer holds.
func (w *watch) settle(now int64, window time.Duration) {
	from := now - int64(window/time.Second)
	for _, t := range w.Targets {
		t.settle(from, now)
	}
	drop(w.Procs, func(r *ran) bool { return r.Last < from })
	drop(w.Flows, func(f *talk) bool { return f.Last < now-int64(flowWindow/time.Second) })
}

func drop[V any](m map[string]V, old func(V) bool) {
	for k, v := range m {
		if old(v) {
			delete(m, k)
		}
	}
}

func (t *target) settle(from, now int64) {
	drop(t.Seen, func(s *seen) bool { return s.Last < from })
	drop(t.Old, func(s *seen) bool { return s.Last < now }) // nobody has it in memory any more
	drop(t.Opens, func(at int64) bool { return at < from })
	for kind, at := range t.Ran {
		if at < from {
			delete(t.Ran, kind)
		}
	}
	if t.Blind < from {
		t.Blind = 0
	}
	clear(t.Prev) // who still has an old file in use is in Old by now
}

// known drops what was seen of parts that are installed no more.
func (t *target) known() {
	for key := range t.Seen {
		if !t.index.keys[key] {
			delete(t.Seen, key)
		}
	}
}
