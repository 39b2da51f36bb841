package deploy

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// source is one argument with its files.
type source struct {
	name, origin string
	files        []File
	ignored      []twin.Rejection
}

// collector counts what a call has read so far.
type collector struct {
	bytes, files int
}

// collect reads the files of all paths, sorted by name within each.
func collect(ctx context.Context, paths []string) ([]source, error) {
	if len(paths) == 0 {
		return nil, fault.New(fault.Invalid, "no path given")
	}
	var c collector
	var sources []source
	for _, name := range paths {
		if slices.ContainsFunc(sources, func(s source) bool { return s.name == name }) {
			continue // the same argument twice says nothing new
		}
		s, err := c.source(ctx, name)
		if err != nil {
			return nil, err
		}
		sources = append(sources, s)
	}
	return sources, nil
}

func (c *collector) source(ctx context.Context, name string) (source, error) {
	origin, err := filepath.Abs(name)
	if err != nil {
		return source{}, fault.Wrap(fault.Invalid, err, "%s: no absolute path", name)
	}
	s := source{name: name, origin: origin}
	info, err := os.Stat(name)
	if err != nil {
		return source{}, openError(err, name)
	}
	if info.IsDir() {
		return s, c.directory(ctx, &s)
	}
	file, err := os.Open(name)
	if err != nil {
		return source{}, openError(err, name)
	}
	defer func() { _ = file.Close() }() // it was only read
	body, err := c.read(file, name)
	if err != nil {
		return source{}, err
	}
	s.files = []File{{Input: name, Name: name, Named: true, Body: body}}
	return s, nil
}

// openError is the caller's fault (a wrong path), not a defect.
func openError(err error, name string) error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		err = pathErr.Err
	}
	return fault.Wrap(fault.Invalid, err, "%s: cannot be read", name)
}

// directory walks in sorted order. Hidden entries are left out; a symbolic
// link is read where it leads to a file inside the directory.
func (c *collector) directory(ctx context.Context, s *source) error {
	root, err := os.OpenRoot(s.name)
	if err != nil {
		return openError(err, s.name)
	}
	defer func() { _ = root.Close() }() // it was only read
	return fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return fault.Wrap(fault.Invalid, err, "%s: cannot be read", filepath.Join(s.name, name))
		}
		return c.entry(root, s, name, entry)
	})
}

func (c *collector) entry(root *os.Root, s *source, name string, entry fs.DirEntry) error {
	hidden := name != "." && strings.HasPrefix(entry.Name(), ".")
	if entry.IsDir() {
		return enter(root, s, name, hidden)
	}
	if hidden || !isCandidate(name) {
		return nil
	}
	shown := filepath.Join(s.name, name)
	info, err := root.Stat(name)
	if err != nil || !info.Mode().IsRegular() {
		s.ignored = append(s.ignored, twin.Rejection{Where: shown, Reason: "no regular file inside the directory"})
		return nil
	}
	file, err := root.Open(name)
	if err != nil {
		return openError(err, shown)
	}
	defer func() { _ = file.Close() }() // it was only read
	body, err := c.read(file, shown)
	if err != nil {
		return err
	}
	s.files = append(s.files, File{Input: s.name, Name: shown, Body: body})
	return nil
}

// enter leaves out hidden folders and the templates of Helm charts: some of
// those would read like manifests, but a chart decides when it is rendered.
func enter(root *os.Root, s *source, name string, hidden bool) error {
	if hidden {
		return fs.SkipDir
	}
	if path.Base(name) != "templates" {
		return nil
	}
	if _, err := root.Stat(path.Join(path.Dir(name), "Chart.yaml")); err == nil {
		s.ignored = append(s.ignored, twin.Rejection{
			Where: filepath.Join(s.name, name), Reason: joined("Helm templates that were not rendered", renderHelm),
		})
		return fs.SkipDir
	}
	return nil
}

func isCandidate(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".yaml", ".yml", ".json", ".ndjson", ".jsonl":
		return true
	}
	return false
}

func (c *collector) read(r io.Reader, name string) ([]byte, error) {
	if c.files++; c.files > maxFiles {
		return nil, fault.New(fault.Invalid, "%s: more than %d files in one call", name, maxFiles)
	}
	body, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, openError(err, name)
	}
	if len(body) > maxFile {
		return nil, fault.New(fault.Invalid, "%s: larger than %d MiB", name, maxFile>>20)
	}
	if c.bytes += len(body); c.bytes > maxCall {
		return nil, fault.New(fault.Invalid, "%s: more than %d MiB in one call", name, maxCall>>20)
	}
	return body, nil
}
