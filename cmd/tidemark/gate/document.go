package gate

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/discover/sbom"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// Document is one SBOM of a scan.
type Document struct {
	Name string // as given
	SBOM twin.SBOM
}

// ReadAll reads the files, and those below folders, in a stable order. A
// file that cannot be read as an SBOM is rejected; a path that does not exist
// is an error.
func ReadAll(paths []string) (docs []Document, rejected []api.RejectedInput, err error) {
	files, err := Expand(paths)
	if err != nil {
		return nil, nil, err
	}
	for _, path := range files {
		doc, err := Read(path)
		if err != nil {
			rejected = append(rejected, api.RejectedInput{SBOM: path, Reason: err.Error()})
			continue
		}
		docs = append(docs, doc)
	}
	return docs, rejected, nil
}

// Read reads one SBOM.
func Read(path string) (doc Document, err error) {
	f, err := os.Open(path)
	if err != nil {
		return doc, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	doc.Name = path
	doc.SBOM, err = sbom.Read(f, sbom.Options{})
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
		if ext := strings.ToLower(filepath.Ext(name)); d.IsDir() || ext != ".json" && ext != ".xml" {
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
