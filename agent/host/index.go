package host

import (
	"cmp"
	"context"
	"hash/fnv"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/internal/inventory"
)

// part is a package or module that is installed, as far as what is loaded of it
// can be seen.
type part struct {
	key  string // package URL without qualifiers
	purl string
	name string
	ver  string
	path string // of the file that names it
	does does
}

// does says how what is in a part gets into a process.
type does uint8

const (
	native   does = 1 << iota // it has programs or shared objects
	python                    // it has files that Python reads, and closes
	node                      // and Node
	script                    // and other interpreters
	kernel                    // it is a kernel, or modules of one
	goModule                  // it is built into a Go program
	archive                   // it is an archive of Java
	nested                    // which stands in another
)

// index says which parts a file belongs to.
type index struct {
	parts  []part
	keys   map[string]bool
	files  map[string][]int32 // parts by the file that names them, without /usr
	hashes []uint64           // of the files of packages of the distribution, sorted
	owners []int32
	sites  map[string][]int32 // packages of Python by the folder they are in
	found  inventory.Found    // without its packages
	prefix string             // of a release, for the kernel that runs
	// learnt are the files that were looked at when a process was seen to use
	// them: the search may have left them out.
	learnt map[string]bool
}

// newIndex reads what is installed below a root.
func newIndex(ctx context.Context, root inventory.Root, release string) (*index, error) {
	found, err := inventory.ReadRoot(ctx, root)
	if err != nil {
		return nil, err
	}
	x := &index{keys: map[string]bool{}, learnt: map[string]bool{}, files: map[string][]int32{}, sites: map[string][]int32{}, prefix: release}
	for i := range found.Packages {
		x.add(&found.Packages[i])
	}
	listed := &lister{index: x, programs: map[int32][]string{}}
	if err := inventory.Owners(ctx, root, found.Packages, listed.file); err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		found.Unread = append(found.Unread, inventory.Skipped{Path: root.Dir, Reason: err.Error()})
	}
	listed.sort()
	listed.look(root.Dir)
	found.Packages = nil
	x.found = found
	return x, nil
}

// keyOf is a package URL without qualifiers.
func keyOf(purl string) string {
	purl, _, _ = strings.Cut(purl, "#")
	purl, _, _ = strings.Cut(purl, "?")
	return purl
}

// kindOf is the type of a package URL.
func kindOf(purl string) string {
	kind, _, _ := strings.Cut(strings.TrimPrefix(purl, "pkg:"), "/")
	return kind
}

// add takes a package; the place in parts is that in the list of packages.
func (x *index) add(p *inventory.Package) {
	n := int32(len(x.parts))
	q := part{key: keyOf(p.Purl), purl: p.Purl, name: p.Name, ver: p.Version, path: p.Path}
	switch kindOf(p.Purl) {
	case "golang":
		q.does = goModule
	case "pypi":
		q.does = python
		dir := path.Dir(path.Dir(p.Path))
		x.sites[slim(dir)] = append(x.sites[slim(dir)], n)
	case "npm":
		q.does = node
	case "maven":
		q.does = archive
	case "gem", "composer":
		q.does = script
	case "nuget": // .NET maps what it loads; a library of another name than its package's is not known
		q.does = script
		library := slim(path.Join(path.Dir(p.Path), p.Name+".dll"))
		x.files[library] = append(x.files[library], n)
	}
	outer, _, inside := strings.Cut(p.Path, inventory.InArchive)
	if inside {
		q.does |= nested
	}
	if q.does != 0 {
		x.files[slim(outer)] = append(x.files[slim(outer)], n)
	}
	x.parts = append(x.parts, q)
	if q.key != "" {
		x.keys[q.key] = true
	}
}

// slim is a path under which the same file is found on systems that merged / and
// /usr, and in the lists of packages that were made before that.
func slim(p string) string {
	rest, ok := strings.CutPrefix(p, "/usr")
	if !ok {
		return p
	}
	for _, dir := range []string{"/bin/", "/sbin/", "/lib/", "/lib64/", "/lib32/", "/libx32/"} {
		if strings.HasPrefix(rest, dir) {
			return rest
		}
	}
	return p
}

func hashOf(p string) uint64 {
	h := fnv.New64a()
	_, _ = io.WriteString(h, p) // never fails
	return h.Sum64()
}

// hit is a part that a file belongs to.
type hit struct {
	part   int32
	nested bool // the file is an archive in which the part's own archive stands
}

// resolve finds the parts of a file, as a process names it.
func (x *index) resolve(file string) (out []hit) {
	name := slim(file)
	for _, n := range x.files[name] {
		out = append(out, hit{n, x.parts[n].does&nested != 0})
	}
	h := hashOf(name)
	if i, ok := slices.BinarySearch(x.hashes, h); ok {
		for ; i < len(x.hashes) && x.hashes[i] == h; i++ {
			out = append(out, hit{x.owners[i], false})
		}
	}
	if len(x.sites) > 0 {
		out = append(out, x.fromSite(name)...)
	}
	return append(out, x.fromModules(name)...)
}

// fromSite finds the package of Python that a file below its folder belongs to,
// by the name of the first folder, which nearly always is the package's.
func (x *index) fromSite(name string) (out []hit) {
	for _, mark := range []string{"/site-packages/", "/dist-packages/"} {
		i := strings.LastIndex(name, mark)
		if i < 0 {
			continue
		}
		first, _, _ := strings.Cut(name[i+len(mark):], "/")
		first, _, _ = strings.Cut(first, ".")
		for _, n := range x.sites[name[:i+len(mark)-1]] {
			if pythonName(first) == pythonName(x.parts[n].name) {
				out = append(out, hit{n, false})
			}
		}
	}
	return out
}

func pythonName(s string) string {
	return strings.Trim(strings.NewReplacer("-", "", "_", "", ".", "").Replace(strings.ToLower(s)), "_")
}

// fromModules finds the package of Node below whose folder a file is.
func (x *index) fromModules(name string) (out []hit) {
	const mark = "/node_modules/"
	i := strings.LastIndex(name, mark)
	if i < 0 {
		return nil
	}
	parts := strings.SplitN(name[i+len(mark):], "/", 3)
	dir := parts[0]
	if strings.HasPrefix(dir, "@") && len(parts) > 1 {
		dir += "/" + parts[1]
	}
	for _, n := range x.files[name[:i+len(mark)]+dir+"/package.json"] {
		out = append(out, hit{n, false})
	}
	return out
}

// lister takes the files of the packages of a distribution.
type lister struct {
	*index
	programs map[int32][]string // of parts without a shared object, a few each
}

// mostPrograms is how many programs of a package are looked at, to see whether
// they are ones that a process maps.
const mostPrograms = 6

func (l *lister) file(i int, file string) {
	p, n := &l.parts[i], int32(i)
	name := slim(file)
	base := path.Base(name)
	switch {
	case strings.Contains(base, ".so.") || strings.HasSuffix(base, ".so") || strings.HasSuffix(base, ".node"):
		p.does |= native
	case isProgramPath(name):
		if p.does&native == 0 && len(l.programs[n]) < mostPrograms {
			l.programs[n] = append(l.programs[n], file)
		}
	case strings.HasSuffix(base, ".jar"):
		p.does |= native
	case strings.HasPrefix(name, "/boot/vmlinuz") || strings.HasPrefix(name, "/lib/modules/") && strings.HasSuffix(strings.TrimSuffix(base, ".xz"), ".ko"):
		p.does |= kernel
		if name != "/boot/vmlinuz-"+l.prefix {
			return
		}
	default:
		p.does |= interpreted(name)
		return
	}
	l.hashes, l.owners = append(l.hashes, hashOf(name)), append(l.owners, n)
}

func isProgramPath(name string) bool {
	dir := path.Base(path.Dir(name))
	return dir == "bin" || dir == "sbin" || dir == "games" || strings.Contains(name, "/libexec/") ||
		strings.HasPrefix(name, "/lib/") && !strings.Contains(path.Base(name), ".") && !strings.HasPrefix(name, "/lib/modules/")
}

// interpreted says which interpreter reads a file, by where it is.
func interpreted(name string) does {
	switch path.Ext(name) {
	case ".py":
		if strings.HasPrefix(name, "/lib/python") || strings.Contains(name, "-packages/") {
			return python
		}
	case ".js", ".mjs", ".cjs":
		if strings.Contains(name, "/nodejs/") || strings.Contains(name, "/node_modules/") {
			return node
		}
	case ".pm", ".pl", ".rb", ".php", ".lua", ".tcl", ".el", ".sh":
		if strings.Contains(name, "/perl") || strings.Contains(name, "/ruby") || strings.Contains(name, "/php") || strings.HasPrefix(name, "/lib/") {
			return script
		}
	}
	return 0
}

// sort orders the hashes with their owners.
func (l *lister) sort() {
	order := make([]int32, len(l.hashes))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		return cmp.Or(cmp.Compare(l.hashes[a], l.hashes[b]), cmp.Compare(l.owners[a], l.owners[b]))
	})
	hashes, owners := make([]uint64, len(order)), make([]int32, len(order))
	for i, n := range order {
		hashes[i], owners[i] = l.hashes[n], l.owners[n]
	}
	l.hashes, l.owners = hashes, owners
}

// look sees whether a package without shared objects has a program that a process
// maps, or only scripts.
func (l *lister) look(dir string) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return // it was read a moment ago; what is not looked at stays unknown
	}
	defer func() { _ = root.Close() }() // nothing is written
	for n, list := range l.programs {
		if l.parts[n].does&native == 0 && slices.ContainsFunc(list, func(file string) bool { return isELF(root, file) }) {
			l.parts[n].does |= native
		}
	}
}

func isELF(root *os.Root, file string) bool {
	f, err := root.Open(strings.TrimPrefix(file, "/"))
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }() // it is only read
	head := make([]byte, 4)
	n, _ := io.ReadFull(f, head) // a short file is no program
	return string(head[:n]) == "\x7fELF"
}
