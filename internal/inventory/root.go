package inventory

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/google/osv-scalibr/extractor/filesystem/language/golang/gobinary"
	scalibrfs "github.com/google/osv-scalibr/fs"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/inventory/image"
	"github.com/tidemark/tidemark/internal/twin"
)

// System is the kind of target that is the root of a system that runs.
const System Kind = "system"

// Root is the root folder of a system that runs: of this host, or of a container
// on it. It is read where it is, by somebody who wants little of the machine:
// programs and archives are read at the places that matter, never whole.
type Root struct {
	Dir string
	// Pass is called between small pieces of work, and may wait; nil: nobody does.
	Pass func(context.Context) error
	// Skip says why what is below a folder is not read; "" for what is. Paths
	// begin with a slash, as a process of that system names them.
	Skip func(path string) string
	// Map gives the bytes of a large file without a copy of it; nil: it is read.
	Map func(*os.File) (data []byte, done func() error, err error)
	// Entries is how many files and folders are looked at; 0: 2,000,000.
	Entries int
	// OnlySystem leaves out what is no package of the distribution: no folder is
	// searched then.
	OnlySystem bool
}

// The bounds of a system that runs.
const (
	maxRootEntries  = 2_000_000
	maxRootPackages = 200_000
	maxMetadata     = 4 << 20  // of a Python or Node package
	maxNested       = 24 << 20 // of an archive inside an archive that must be unpacked
	maxTold         = 1_000    // skipped and unread files that are listed one by one
	entriesAtOnce   = 64       // that are looked at before somebody may wait
)

// ReadRoot lists what is installed in a system that runs: the databases of its
// distribution, and what Python, Node, Java and Go programs say of themselves. A
// file that cannot be read is in Unread; the rest is still listed.
func ReadRoot(ctx context.Context, r Root) (found Found, err error) {
	root, err := os.OpenRoot(r.Dir)
	if err != nil {
		return found, fault.Wrap(fault.Invalid, err, "read the root of the system")
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	tree, ok := root.FS().(scalibrfs.FS)
	if !ok {
		return found, fault.New(fault.Internal, "a folder's file system lists no folders")
	}
	w := &rootWalk{Root: r, root: root, tree: tree, left: r.Entries, found: Found{Kind: System}}
	if w.left <= 0 {
		w.left = maxRootEntries
	}
	if err := w.databases(ctx); err != nil {
		return found, err
	}
	if d := distroOf(input{path: dpkgStatus, tree: tree}); d.id != "" {
		w.found.Format = d.String()
	}
	if !r.OnlySystem {
		err = w.walk(ctx, root, "")
	}
	if errors.Is(err, errFull) {
		err = nil
	}
	w.tell()
	return w.found, err
}

// errFull ends a walk that has reached a bound, which was told.
var errFull = errors.New("a bound is reached")

type rootWalk struct {
	Root
	root  *os.Root
	tree  scalibrfs.FS
	found Found
	left  int
	// untold counts what is not listed one by one any more.
	untoldSkipped, untoldUnread int
}

// databases reads those of the distribution, which are at known places.
func (w *rootWalk) databases(ctx context.Context) error {
	for _, name := range append([]string{dpkgStatus, apkOld, apkNew}, rpmDatabases()...) {
		if info, err := fs.Stat(w.tree, name); err == nil && info.Mode().IsRegular() {
			w.database(ctx, name)
		} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
			w.unread(name, err.Error())
		}
		if err := w.pass(ctx); err != nil {
			return err
		}
	}
	entries, err := fs.ReadDir(w.tree, path.Clean(dpkgStatusD))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		w.unread(dpkgStatusD, err.Error())
	}
	for _, e := range entries {
		if name := dpkgStatusD + e.Name(); e.Type().IsRegular() && isDpkg(name) {
			w.database(ctx, name)
		}
	}
	return ctx.Err()
}

func (w *rootWalk) database(ctx context.Context, name string) {
	r, ok := readerOf(databaseReaders(), name)
	if !ok {
		return
	}
	data, done, err := w.bytes(name)
	if err != nil {
		w.unread(name, err.Error())
		return
	}
	list, err := r.read(ctx, input{path: name, data: data, tree: w.tree})
	if err = errors.Join(err, done()); err != nil {
		w.unread(name, "read as "+r.name+": "+err.Error())
	}
	w.add(name, list)
}

// bytes gives a file whole, mapped where that can be done.
func (w *rootWalk) bytes(name string) (data []byte, done func() error, err error) {
	if w.Map == nil || !at(rpmDatabases()...)(name) {
		data, err = readFrom(w.tree, name)
		return data, func() error { return nil }, err
	}
	f, err := w.root.Open(name)
	if err != nil {
		return nil, nil, err
	}
	data, done, err = w.Map(f)
	return data, done, errors.Join(err, f.Close())
}

// maxFolders is how deep folders may nest: each one that is open takes a
// descriptor.
const maxFolders = 200

// walk goes through a folder, and from there into those below it: a path that is
// resolved from the root each time would cost several times as much.
func (w *rootWalk) walk(ctx context.Context, dir *os.Root, prefix string) error {
	entries, err := fs.ReadDir(dir.FS(), ".")
	if err != nil {
		return w.lost(prefix, err)
	}
	if strings.Count(prefix, "/") > maxFolders {
		w.unread(prefix, "folders nest too deep")
		return nil
	}
	for _, d := range entries {
		if err := w.visit(ctx, dir, prefix, d); err != nil {
			return err
		}
	}
	return nil
}

// visit looks at an entry of a folder.
func (w *rootWalk) visit(ctx context.Context, dir *os.Root, prefix string, d fs.DirEntry) error {
	name := prefix + d.Name()
	if w.left--; w.left < 0 || len(w.found.Packages) >= maxRootPackages {
		w.unread("/", fmt.Sprintf("the search ended at /%s: more files or packages than are looked at", name))
		return errFull
	}
	if w.left%entriesAtOnce == 0 {
		if err := w.pass(ctx); err != nil {
			return err
		}
	}
	switch {
	case d.IsDir() && w.enters(name):
		below, err := dir.OpenRoot(d.Name())
		if err != nil {
			return w.lost(name, err)
		}
		return errors.Join(w.walk(ctx, below, name+"/"), below.Close())
	case d.Type().IsRegular():
		return w.file(ctx, dir, name)
	}
	return nil
}

// lost tells of what cannot be read; what is gone meanwhile is nobody's loss.
func (w *rootWalk) lost(name string, err error) error {
	if !errors.Is(err, fs.ErrNotExist) {
		w.unread(name, reasonOf(err))
	}
	return nil
}

// reasonOf is an error without the path, which is told beside it.
func reasonOf(err error) string {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err.Error()
	}
	return err.Error()
}

// enters says whether a folder is searched.
func (w *rootWalk) enters(name string) bool {
	reason := ""
	switch path.Base(name) {
	case ".git", ".cache", "lost+found":
		reason = "nothing is installed there"
	}
	if reason == "" && w.Skip != nil {
		reason = w.Skip("/" + name)
	}
	if reason == "" {
		return true
	}
	if len(w.found.Skipped) < maxTold {
		w.found.Skipped = append(w.found.Skipped, Skipped{"/" + name, reason})
	} else {
		w.untoldSkipped++
	}
	return false
}

// file reads what a file says is installed.
func (w *rootWalk) file(ctx context.Context, dir *os.Root, name string) error {
	f := image.File{Path: name}
	if read := scripted(name); read != nil {
		return w.metadata(ctx, opened{dir, name}, read)
	}
	switch {
	case isPythonMetadata(f):
		return w.metadata(ctx, opened{dir, name}, pythonInstalled)
	case isNodePackage(f):
		return w.metadata(ctx, opened{dir, name}, readNodePackage)
	case isJar(f):
		return w.open(ctx, opened{dir, name}, ReadJar)
	case isDataName(name):
		return nil
	}
	info, err := dir.Lstat(path.Base(name))
	if err != nil {
		return w.lost(name, err)
	}
	if isProgram(image.File{Path: name, Size: info.Size(), Mode: info.Mode()}) {
		return w.open(ctx, opened{dir, name}, ReadProgram)
	}
	return nil
}

// isDataName reports whether a file's name says that it is no program: most
// files of a system, which need not be looked at.
func isDataName(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".go", ".py", ".pyc", ".js", ".ts", ".mjs", ".cjs", ".map", ".json", ".xml", ".html", ".css", ".md", ".txt", ".rst", ".gz", ".xz", ".zst",
		".h", ".hpp", ".c", ".cc", ".cpp", ".o", ".a", ".so", ".ko", ".png", ".svg", ".jpg", ".gif", ".ttf", ".mo", ".po", ".yaml", ".yml", ".toml",
		".conf", ".log", ".list", ".md5sums", ".pm", ".pl", ".rb", ".sh", ".class", ".java", ".rs", ".lock", ".db", ".zip", ".tar", ".whl":
		return true
	}
	return strings.Contains(path.Base(name), ".so.")
}

// opened is a file to open: by its last part in its folder.
type opened struct {
	dir  *os.Root
	name string
}

func (o opened) open() (*os.File, error) { return o.dir.Open(path.Base(o.name)) }

// metadata reads a small file.
func (w *rootWalk) metadata(ctx context.Context, o opened, read func(context.Context, input) ([]twin.Component, error)) error {
	name := o.name
	f, err := o.open()
	if err != nil {
		return w.lost(name, err)
	}
	data, err := readAll(f, maxMetadata)
	if err = errors.Join(err, f.Close()); err == nil {
		var list []twin.Component
		list, err = read(ctx, input{path: name, data: data, tree: memory{}})
		w.add(name, list)
	}
	if err != nil {
		w.unread(name, reasonOf(err))
	}
	return w.pass(ctx)
}

// open reads a file at the places that matter.
func (w *rootWalk) open(ctx context.Context, o opened, read func(context.Context, string, Places) ([]Package, error)) error {
	name := o.name
	f, err := o.open()
	if err != nil {
		return w.lost(name, err)
	}
	info, err := f.Stat()
	if err == nil {
		var list []Package
		list, err = read(ctx, "/"+name, Places{f, info.Size()})
		w.found.Packages = append(w.found.Packages, list...)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		w.unread(name, reasonOf(err))
	}
	return w.pass(ctx)
}

func (w *rootWalk) add(name string, list []twin.Component) {
	for _, c := range list {
		w.found.Packages = append(w.found.Packages, Package{Component: c, Path: "/" + name})
	}
}

func (w *rootWalk) unread(name, reason string) {
	if len(w.found.Unread) >= maxTold {
		w.untoldUnread++
		return
	}
	w.found.Unread = append(w.found.Unread, Skipped{path.Join("/", name), reason})
}

// tell says how much is not listed one by one.
func (w *rootWalk) tell() {
	for _, more := range []struct {
		what string
		n    int
	}{{"skipped", w.untoldSkipped}, {"unread", w.untoldUnread}} {
		if more.n > 0 {
			w.found.Notes = append(w.found.Notes, fmt.Sprintf("%d more files or folders are %s, and not listed", more.n, more.what))
		}
	}
}

func (w *rootWalk) pass(ctx context.Context) error {
	if w.Pass == nil {
		return ctx.Err()
	}
	return w.Pass(ctx)
}

// Places is a file of which single places are read.
type Places struct {
	io.ReaderAt
	Size int64
}

// ReadProgram lists the modules of which a Go program was built; nothing of a
// program that is none.
func ReadProgram(ctx context.Context, name string, f Places) ([]Package, error) {
	var head [headSize]byte
	if n, err := f.ReadAt(head[:], 0); n < headSize {
		if isShort(err) {
			return nil, nil
		}
		return nil, err
	}
	if !isELF(head[:]) {
		return nil, nil
	}
	pkgs, err := extractedFrom(ctx, gobinary.New, input{path: strings.TrimPrefix(name, "/"), tree: memory{}}, io.NewSectionReader(f, 0, f.Size))
	if err != nil {
		return nil, err
	}
	list := make([]twin.Component, 0, len(pkgs))
	for _, p := range pkgs {
		list = append(list, goPackage(p))
	}
	return foundAt(name, sorted(list)), nil
}

func foundAt(name string, list []twin.Component) []Package {
	out := make([]Package, 0, len(list))
	for _, c := range list {
		out = append(out, Package{Component: c, Path: name})
	}
	return out
}

// InArchive is between the path of an archive and that of an archive in it.
const InArchive = "!/"

// ReadJar lists what Maven wrote into an archive of Java. What stands in an
// archive inside of it has the path of both, with InArchive between them.
func ReadJar(_ context.Context, name string, f Places) ([]Package, error) {
	j := jars{left: maxJarBytes, nestedMost: maxNested}
	err := j.read(name, f, 0) // what was found before it broke is found
	slices.SortFunc(j.found, func(a, b Package) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Purl, b.Purl), cmp.Compare(a.Name, b.Name))
	})
	return slices.Compact(j.found), err
}

// ArtifactID is the identity of an artifact that is named NAME[:TAG][@DIGEST].
func ArtifactID(ref string) (string, error) {
	r, err := twin.ParseRef(ref)
	if err != nil {
		return "", err
	}
	return r.ID(), nil
}
