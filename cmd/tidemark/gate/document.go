package gate

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/tidemark/tidemark/internal/discover/sbom"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/inventory"
	"github.com/tidemark/tidemark/internal/twin"
)

// Document is one SBOM of a scan, or what was listed of a lock file or image.
type Document struct {
	Name    string // as given
	Kind    string // what it is: "SBOM", "lock file (go.mod)", "docker archive (linux/amd64)"
	SBOM    twin.SBOM
	Origins map[string]Origin // by purl; nil for an SBOM
	Notes   []string          // what else is to be said of how it was read

	skipped []inventory.Skipped
	unread  []inventory.Skipped // files in it that should have been read, and cannot
	files   map[string]string   // by purl, where several documents were joined: which has it
}

// fileOf is the document in which a component stands.
func (d Document) fileOf(purl string) string { return cmp.Or(d.files[purl], d.Name) }

// Read reads one SBOM.
func Read(path string) (doc Document, err error) {
	f, err := os.Open(path)
	if err != nil {
		return doc, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	doc.Name, doc.Kind = path, kindSBOM
	var opts sbom.Options
	if info, err := f.Stat(); err == nil {
		opts.Size = info.Size()
	}
	doc.SBOM, err = sbom.Read(f, opts)
	return doc, err
}

// Expand lists files as given, and the JSON and XML files below folders.
func Expand(paths []string) (files []string, err error) {
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "read the input")
		}
		if !info.IsDir() {
			files = append(files, p)
			continue
		}
		below, err := documentsBelow(p)
		if err != nil {
			return nil, err
		}
		if len(below) == 0 {
			return nil, fault.New(fault.Invalid, "%s has no .json or .xml file", p).WithHint("name a folder with SBOMs")
		}
		files = append(files, below...)
	}
	return files, nil
}

// documentsBelow lists the documents below a folder by the paths under it.
// Links to files are followed, links to folders are not.
func documentsBelow(dir string) (files []string, err error) {
	err = fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name != "." && strings.HasPrefix(d.Name(), ".") {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if d.IsDir() || !inventory.MayBeDocument(name) {
			return nil
		}
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
			return nil
		}
		files = append(files, path) // a link that leads nowhere is rejected when it is read
		return nil
	})
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "read the folder %s", dir)
	}
	return files, nil
}
