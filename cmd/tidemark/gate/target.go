package gate

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/discover/sbom"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/inventory"
	"github.com/tidemark/tidemark/internal/twin"
)

// kindSBOM is the kind of a document that is a bill of materials; inventory has
// the others.
const kindSBOM = "SBOM"

// Origin says which file of a target names a component.
type Origin struct {
	Path  string // as given, or inside an image
	Layer string // digest of the image's layer; "" elsewhere
}

// Inputs is what the targets of a scan hold.
type Inputs struct {
	Docs     []Document
	Rejected []api.RejectedInput // what should be read and cannot
	Skipped  []api.RejectedInput // what was left out on purpose
}

// ReadTargets reads what each target is: a bill of materials, a lock file, the
// package database of a system, an image that is saved in a file or folder, or
// a folder with any of the first three. The order is stable. A target that does
// not exist is an error; a file that cannot be read is rejected.
func ReadTargets(ctx context.Context, targets []string) (in Inputs, err error) {
	for _, target := range targets {
		info, err := os.Stat(target)
		if err != nil {
			return in, fault.Wrap(fault.Invalid, err, "read the input")
		}
		isImage, err := inventory.IsImage(ctx, target)
		if err != nil {
			return in, err
		}
		switch {
		case isImage:
			in.take(target, func() (Document, error) { return readImage(ctx, target) })
		case info.IsDir():
			err = in.folder(ctx, target)
		default:
			in.take(target, func() (Document, error) { return readFile(ctx, target) })
		}
		if err = orCancelled(ctx, err); err != nil {
			return in, err
		}
	}
	return in, nil
}

// orCancelled is an error, or that of a context that has ended.
func orCancelled(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// take adds a document, or why it cannot be read.
func (in *Inputs) take(name string, read func() (Document, error)) {
	doc, err := read()
	if err != nil {
		in.Rejected = append(in.Rejected, api.RejectedInput{SBOM: name, Reason: withHint(err)})
		return
	}
	in.Docs = append(in.Docs, doc)
	for _, s := range doc.unread {
		in.Rejected = append(in.Rejected, api.RejectedInput{SBOM: name + ": " + s.Path, Reason: s.Reason})
	}
	for _, s := range doc.skipped {
		in.Skipped = append(in.Skipped, api.RejectedInput{SBOM: name + ": " + s.Path, Reason: s.Reason})
	}
}

func withHint(err error) string {
	if hint := fault.HintOf(err); hint != "" {
		return err.Error() + " (" + hint + ")"
	}
	return err.Error()
}

// folder reads the lock files and bills of materials below a folder. In source
// code many JSON documents are no bill of materials; elsewhere each should be one.
func (in *Inputs) folder(ctx context.Context, dir string) error {
	s, err := inventory.Look(dir)
	if err != nil {
		return err
	}
	for _, k := range s.Skipped {
		in.Skipped = append(in.Skipped, api.RejectedInput{SBOM: k.Path, Reason: k.Reason})
	}
	found := len(s.Files)
	for _, name := range slices.Sorted(slices.Values(slices.Concat(s.Files, s.Others))) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if slices.Contains(s.Files, name) {
			in.take(path, func() (Document, error) { return readFound(ctx, path, dir, name) })
			continue
		}
		if s.Source && !mayBeSBOM(path) {
			in.Skipped = append(in.Skipped, api.RejectedInput{SBOM: path, Reason: "it is no SBOM"})
			continue
		}
		found++
		in.take(path, func() (Document, error) { return Read(path) })
	}
	if found == 0 {
		in.Docs = append(in.Docs, Document{Name: dir, Kind: "folder", Notes: []string{"no lock file, package database or SBOM (.json, .xml) in it"}})
	}
	return ctx.Err()
}

// mayBeSBOM looks for the words that every bill of materials has. A file that
// cannot be read may be one; it is rejected when it is read.
func mayBeSBOM(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return true
	}
	data, err := io.ReadAll(io.LimitReader(f, sbom.DefaultDocument))
	if err := errors.Join(err, f.Close()); err != nil {
		return true
	}
	lower := bytes.ToLower(data)
	return slices.ContainsFunc([]string{"cyclonedx", "spdxversion", "spdxid", "spdx.org"}, func(word string) bool { return bytes.Contains(lower, []byte(word)) })
}

// readFile reads a file that is given by itself: its name says whether it is a
// lock file.
func readFile(ctx context.Context, path string) (Document, error) {
	dir, name := inventory.Locate(path)
	if name == "" {
		return Read(path)
	}
	return readFound(ctx, path, dir, name)
}

func readFound(ctx context.Context, path, dir, name string) (Document, error) {
	found, err := inventory.ReadFile(ctx, dir, name)
	return documentOf(path, found), err
}

func readImage(ctx context.Context, path string) (Document, error) {
	found, err := inventory.ReadImage(ctx, path)
	return documentOf(path, found), err
}

func documentOf(name string, found inventory.Found) Document {
	d := Document{Name: name, Kind: string(found.Kind), Notes: found.Notes, SBOM: found.SBOM(), Origins: map[string]Origin{}, skipped: found.Skipped, unread: found.Unread}
	if found.Format != "" && found.Format != d.Kind {
		d.Kind += " (" + found.Format + ")"
	}
	for _, p := range found.Packages {
		if _, ok := d.Origins[p.Purl]; !ok {
			d.Origins[p.Purl] = Origin{p.Path, p.Layer}
		}
	}
	return d
}

// Empty lists the targets, other than bills of materials, in which nothing
// names a package: they are not clean, nothing can be said of them.
func (in Inputs) Empty() (names []string) {
	for _, d := range in.Docs {
		if d.Kind != kindSBOM && len(d.SBOM.Components) == 0 {
			names = append(names, d.Name)
		}
	}
	return names
}

// Joined makes one document of all, as one build is judged.
func (in Inputs) Joined() Document {
	if len(in.Docs) == 1 {
		return in.Docs[0]
	}
	out := Document{Kind: "targets", Origins: map[string]Origin{}, files: map[string]string{}}
	var names []string
	for _, d := range in.Docs {
		names = append(names, d.Name)
		for _, c := range d.SBOM.Contents() {
			out.SBOM.Components = append(out.SBOM.Components, c)
			out.files[c.Purl] = cmp.Or(out.files[c.Purl], d.Name)
		}
		for purl, o := range d.Origins {
			if _, ok := out.Origins[purl]; !ok {
				out.Origins[purl] = o
			}
		}
	}
	out.Name = strings.Join(names, ", ")
	return out
}

// Doubts says why not everything that was given could be judged.
func (in Inputs) Doubts() (out []string) {
	for _, name := range in.Empty() {
		out = append(out, "no packages found in "+name)
	}
	for _, r := range in.Rejected {
		out = append(out, fmt.Sprintf("%s cannot be read: %s", r.SBOM, r.Reason))
	}
	return out
}

// Read says what was read of each target.
func (in Inputs) Read() []api.ScannedInput {
	out := []api.ScannedInput{}
	for _, d := range in.Docs {
		out = append(out, d.scanned())
	}
	return out
}

func (d Document) scanned() api.ScannedInput {
	return api.ScannedInput{Target: d.Name, Kind: d.Kind, Components: len(d.SBOM.Contents()), Notes: d.Notes}
}

// origin is where a component was found; nothing in a bill of materials.
func (d Document) origin(c twin.Component) Origin { return d.Origins[c.Purl] }
