package inventory

import (
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	scalibrfs "github.com/google/osv-scalibr/fs"

	"github.com/tidemark/tidemark/internal/fault"
)

// The bounds of what is read.
const (
	maxFile    = 256 << 20 // bytes of a lock file or database
	maxEntries = 1_000_000 // files and folders below a folder
)

// Survey is what a folder holds that may be read.
type Survey struct {
	Files   []string // lock files and databases, by their path under the folder
	Others  []string // other .json and .xml files, which may be bills of materials
	Source  bool     // it holds source code: its JSON and XML files are mostly something else
	Skipped []Skipped
}

// Look goes through a folder without opening a file. Folders whose name begins
// with a dot are passed over, as are those that a package manager fills.
func Look(dir string) (s Survey, err error) {
	readers, entries := lockReaders(), 0
	err = fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entries++; entries > maxEntries {
			return fault.New(fault.Invalid, "more than %d files and folders", maxEntries).WithHint("name the folders below it that matter")
		}
		if reason := passedOver(name, d); reason != "" {
			if d.IsDir() {
				s.Skipped = append(s.Skipped, Skipped{filepath.Join(dir, filepath.FromSlash(name)), reason})
				return fs.SkipDir
			}
			return nil
		}
		s.add(readers, dir, name, d)
		return nil
	})
	return s, fault.Wrap(fault.Invalid, err, "read the folder %s", dir)
}

// passedOver says why what is below a folder is not read.
func passedOver(name string, d fs.DirEntry) string {
	switch {
	case name == ".":
		return ""
	case strings.HasPrefix(d.Name(), "."):
		return "its name begins with a dot"
	case d.IsDir() && slices.Contains([]string{"node_modules", "vendor", "bower_components", "__pycache__"}, d.Name()):
		return "a package manager fills it; the lock file names what it holds"
	}
	return ""
}

// projectFiles stand beside source code. They say what somebody wants, and not
// which version that came to: they are not read.
func projectFiles() []string {
	return []string{"package.json", "composer.json", "tsconfig.json", "pyproject.toml", "Cargo.toml", "Gemfile", "build.gradle", "build.gradle.kts"}
}

func (s *Survey) add(readers []reader, dir, name string, d fs.DirEntry) {
	if d.IsDir() {
		return
	}
	if info, err := os.Stat(filepath.Join(dir, filepath.FromSlash(name))); err == nil && !info.Mode().IsRegular() {
		return // a link to a folder, a pipe; a link that leads nowhere fails when it is read
	}
	if _, ok := readerOf(readers, name); ok {
		s.Files, s.Source = append(s.Files, name), true
		return
	}
	s.Source = s.Source || slices.Contains(projectFiles(), d.Name())
	if MayBeDocument(name) {
		s.Others = append(s.Others, name)
	}
}

// MayBeDocument reports whether a file below a folder is looked at as a bill of
// materials: by the end of its name.
func MayBeDocument(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".json", ".xml", ".spdx":
		return true
	}
	return false
}

// Locate says, of a file that is given by itself, in which folder its target
// begins and what it is under that; name is "" for what is no lock file or
// database. The root of a system is the folder that its database is below.
func Locate(file string) (dir, name string) {
	slashed := filepath.ToSlash(filepath.Clean(file))
	r, ok := readerOf(lockReaders(), slashed)
	if !ok {
		return "", ""
	}
	at := strings.LastIndexByte(slashed, '/') + 1
	if r.kind == Database {
		at = len(slashed) - len(inSystem(slashed))
	}
	return filepath.FromSlash(slashed[:at]), slashed[at:]
}

// Formats lists what lock files and databases are read, for people.
func Formats() []string {
	var names []string
	for _, r := range lockReaders() {
		names = append(names, r.name)
	}
	return names
}

// ReadFile reads one lock file or database; file is its path under dir, which
// it cannot lead out of.
func ReadFile(ctx context.Context, dir, file string) (found Found, err error) {
	file = filepath.ToSlash(file)
	r, ok := readerOf(lockReaders(), file)
	if !ok {
		return found, fault.New(fault.Invalid, "%s is no lock file or package database that is read here", file).
			WithHint("read are: %s", strings.Join(Formats(), ", "))
	}
	root, err := os.OpenRoot(cmp.Or(dir, "."))
	if err != nil {
		return found, fault.Wrap(fault.Invalid, err, "read the folder")
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	tree, ok := root.FS().(scalibrfs.FS)
	if !ok {
		return found, fault.New(fault.Internal, "a folder's file system lists no folders")
	}
	in := input{path: file, tree: tree}
	if in.data, err = readFrom(tree, file); err != nil {
		return found, fault.Wrap(fault.Invalid, err, "read the file")
	}
	found = Found{Kind: r.kind, Format: r.name}
	components, err := r.read(ctx, in)
	if err != nil {
		return found, fault.Wrap(fault.Invalid, err, "read as %s", r.name)
	}
	for _, c := range components {
		found.Packages = append(found.Packages, Package{Component: c, Path: filepath.Join(dir, filepath.FromSlash(file))})
	}
	return found, nil
}

// readFrom reads a file of a tree, no more than a bound.
func readFrom(tree fs.FS, name string) (data []byte, err error) {
	f, err := tree.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return readAll(f, maxFile)
}

// readAll reads no more than a bound.
func readAll(r io.Reader, bound int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, bound+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > bound {
		return nil, fault.New(fault.Invalid, "the file has more than %d MiB", bound>>20)
	}
	return data, nil
}
