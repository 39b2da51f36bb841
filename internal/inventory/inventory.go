// Package inventory lists the packages of what is no bill of materials: a lock
// file, the package database of a system, a folder with such files, and a
// container image that is saved in a file or folder.
//
// The model. A reader knows one kind of file by its path and says which
// packages it names. In a folder all files are asked that a reader wants; what
// package managers unpacked there (vendor, node_modules) is not, because the
// lock file beside it names it. In an image it is the other way round: what is
// installed counts (the databases of the system, Python's and Node's metadata,
// jars, Go programs), and lock files are not asked, because they say what
// somebody wanted and not what is there.
//
// Invariants. The same bytes give the same packages in the same order. Nothing
// is run, fetched or unpacked to disk, and no link leads out of a target. A
// file that cannot be read is an error, or is listed as skipped with its
// reason: never silently nothing. Every package has a package URL of the kind
// that the engine of matches reads, with its distribution where it has one.
package inventory

import (
	"cmp"
	"context"
	"slices"
	"strings"

	scalibrfs "github.com/google/osv-scalibr/fs"

	"github.com/tidemark/tidemark/internal/twin"
)

// Kind says what a target is.
type Kind string

// The kinds of target that are read here; image.Kind has those of images.
const (
	LockFile Kind = "lock file"
	Database Kind = "package database"
	Streamed Kind = "image of a registry"
)

// Package is a package and where it was found.
type Package struct {
	twin.Component
	Path  string // of the file that names it: as given, or inside the image
	Layer string // digest of the image's layer that brought it; "" elsewhere
}

// Skipped is what was not read, on purpose.
type Skipped struct {
	Path, Reason string
}

// Found is what one target holds.
type Found struct {
	Kind     Kind
	Format   string // the reader's name, or the platform of an image
	Subject  twin.ArtifactRef
	Packages []Package
	Skipped  []Skipped // what says little, and was left out
	Unread   []Skipped // what should have been read and cannot: something may be missing
	Notes    []string  // what was chosen, in sentences
}

// SBOM gives the packages as a bill of materials, each once.
func (f Found) SBOM() twin.SBOM {
	out := twin.SBOM{Format: string(f.Kind), SpecVersion: f.Format, Subject: f.Subject, Components: []twin.Component{}}
	seen := map[twin.Component]bool{}
	for _, p := range f.Packages {
		if seen[p.Component] {
			continue
		}
		seen[p.Component] = true
		out.Components = append(out.Components, p.Component)
	}
	out.Quality.Components = len(out.Components)
	out.Quality.Notes = f.Notes
	return out
}

// input is a file that a reader is shown.
type input struct {
	path string // within the target, slash-separated
	data []byte
	tree scalibrfs.FS // what is beside it, by paths within the target
}

// A reader knows one kind of file that names packages.
type reader struct {
	name  string
	kind  Kind
	wants func(path string) bool
	read  func(ctx context.Context, in input) ([]twin.Component, error)
}

// readerOf finds the reader of a path.
func readerOf(readers []reader, path string) (reader, bool) {
	i := slices.IndexFunc(readers, func(r reader) bool { return r.wants(path) })
	if i < 0 {
		return reader{}, false
	}
	return readers[i], true
}

// named wants files by their base name.
func named(names ...string) func(path string) bool {
	return func(path string) bool { return slices.Contains(names, base(path)) }
}

// at wants files by the end of their path: a system's root may be anywhere.
func at(ends ...string) func(path string) bool {
	return func(path string) bool {
		return slices.ContainsFunc(ends, func(end string) bool { return path == end || strings.HasSuffix(path, "/"+end) })
	}
}

func base(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// sorted orders components, so that what a library lists in the order of a map
// has one.
func sorted(list []twin.Component) []twin.Component {
	slices.SortFunc(list, func(a, b twin.Component) int {
		return cmp.Or(cmp.Compare(a.Purl, b.Purl), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Version, b.Version))
	})
	return slices.Compact(list)
}
