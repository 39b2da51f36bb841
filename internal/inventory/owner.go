package inventory

import (
	"bufio"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	scalibrfs "github.com/google/osv-scalibr/fs"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/inventory/rpm"
)

const dpkgInfo = "var/lib/dpkg/info/"

// maxListLine is the longest line of a list of files: a path and more.
const maxListLine = 64 << 10

// Owners goes through the files that the packages of a distribution brought, by
// the lists of its package manager: each with the place of its package in
// packages, which ReadRoot found. Paths begin with a slash. Nothing of it is kept.
func Owners(ctx context.Context, r Root, packages []Package, each func(i int, path string)) (err error) {
	root, err := os.OpenRoot(r.Dir)
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "read the root of the system")
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	tree, ok := root.FS().(scalibrfs.FS)
	if !ok {
		return fault.New(fault.Internal, "a folder's file system lists no folders")
	}
	o := &owners{rootWalk: rootWalk{Root: r, root: root, tree: tree}, by: map[owner]int{}, each: each}
	for i := range packages {
		o.know(i, &packages[i])
	}
	return errors.Join(o.dpkg(ctx), o.distroless(), o.apk(), o.rpm(ctx))
}

// owner is how a list names a package.
type owner struct{ kind, name, arch, version string }

type owners struct {
	rootWalk
	by   map[owner]int
	each func(i int, path string)
}

func (o *owners) know(i int, p *Package) {
	kind, _, _ := strings.Cut(strings.TrimPrefix(p.Purl, "pkg:"), "/")
	switch kind {
	case "deb":
		o.by[owner{kind, p.Name, purlArch(p.Purl), ""}] = i
		if _, taken := o.by[owner{kind: kind, name: p.Name}]; !taken {
			o.by[owner{kind: kind, name: p.Name}] = i
		}
	case "apk":
		o.by[owner{kind: kind, name: p.Name}] = i
	case "rpm":
		o.by[owner{kind, p.Name, purlArch(p.Purl), p.Version}] = i
	}
}

// purlArch is the architecture in a package URL's qualifiers.
func purlArch(purl string) string {
	_, query, _ := strings.Cut(purl, "?")
	for part := range strings.SplitSeq(query, "&") {
		if arch, ok := strings.CutPrefix(part, "arch="); ok {
			return arch
		}
	}
	return ""
}

// dpkg reads NAME.list and NAME:ARCH.list: a path on each line.
func (o *owners) dpkg(ctx context.Context) error {
	entries, err := fs.ReadDir(o.tree, path.Clean(dpkgInfo))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "list the files of packages")
	}
	for _, e := range entries {
		stem, ok := strings.CutSuffix(e.Name(), ".list")
		name, arch, _ := strings.Cut(stem, ":")
		i, known := o.by[owner{kind: "deb", name: name, arch: arch}]
		if !ok || !known {
			continue
		}
		if err := o.lines(dpkgInfo+e.Name(), func(line string) { o.each(i, line) }); err != nil {
			return err
		}
		if err := o.pass(ctx); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// distroless reads status.d/NAME.md5sums: a sum and a path on each line.
func (o *owners) distroless() error {
	entries, err := fs.ReadDir(o.tree, path.Clean(dpkgStatusD))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fault.Wrap(fault.Unavailable, err, "list the files of packages")
	}
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".md5sums")
		i, known := o.by[owner{kind: "deb", name: name}]
		if !ok || !known {
			continue
		}
		err := o.lines(dpkgStatusD+e.Name(), func(line string) {
			if _, file, ok := strings.Cut(line, " "); ok {
				o.each(i, "/"+strings.TrimLeft(file, " ./"))
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// apk reads the lines P (package), F (folder) and R (file in it).
func (o *owners) apk() error {
	for _, name := range []string{apkOld, apkNew} {
		at, known, folder := 0, false, ""
		err := o.lines(name, func(line string) {
			key, value, _ := strings.Cut(line, ":")
			switch key {
			case "P":
				at, known = o.by[owner{kind: "apk", name: value}]
			case "F":
				folder = value
			case "R":
				if known {
					o.each(at, "/"+path.Join(folder, value))
				}
			}
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (o *owners) rpm(ctx context.Context) error {
	for _, name := range rpmDatabases() {
		if info, err := fs.Stat(o.tree, name); err != nil || !info.Mode().IsRegular() {
			continue
		}
		data, done, err := o.bytes(name)
		if err != nil {
			return fault.Wrap(fault.Unavailable, err, "list the files of packages")
		}
		err = rpm.Files(data, func(p rpm.Package, file string) {
			version := p.Version
			if p.Release != "" {
				version += "-" + p.Release
			}
			if i, ok := o.by[owner{"rpm", p.Name, p.Arch, version}]; ok {
				o.each(i, file)
			}
		})
		if err = errors.Join(err, done()); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// lines reads a file line by line.
func (o *owners) lines(name string, each func(line string)) (err error) {
	f, err := o.tree.Open(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	s := bufio.NewScanner(io.LimitReader(f, maxFile))
	s.Buffer(nil, maxListLine)
	for s.Scan() {
		each(s.Text())
	}
	return fault.Wrap(fault.Invalid, s.Err(), "%s", name)
}
