package inventory

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/google/osv-scalibr/extractor/filesystem/language/golang/gobinary"
	"github.com/google/osv-scalibr/extractor/filesystem/language/python/wheelegg"

	"github.com/tidemark/tidemark/internal/hostile"
	"github.com/tidemark/tidemark/internal/inventory/image"
	"github.com/tidemark/tidemark/internal/twin"
)

// installedReaders are the files in an image that say what is installed.
func installedReaders() []installed {
	return []installed{
		{wants: isPythonMetadata, read: pythonInstalled},
		{wants: isNodePackage, read: readNodePackage},
		{wants: isJar, read: readJar},
		{wants: isProgram, read: readProgram, head: isELF},
	}
}

func pythonInstalled(ctx context.Context, in input) ([]twin.Component, error) {
	return library(wheelegg.New, pythonPackage)(ctx, in)
}

func isPythonMetadata(f image.File) bool {
	return strings.HasSuffix(f.Path, ".dist-info/METADATA") || strings.HasSuffix(f.Path, ".egg-info/PKG-INFO") || strings.HasSuffix(f.Path, ".egg-info")
}

func isNodePackage(f image.File) bool {
	return path.Base(f.Path) == "package.json" && slices.Contains(strings.Split(f.Path, "/"), "node_modules")
}

// readNodePackage reads the name and version of an installed package. A
// package.json without them configures a folder.
func readNodePackage(_ context.Context, in input) ([]twin.Component, error) {
	var p struct {
		Name    any `json:"name"`
		Version any `json:"version"`
	}
	if err := hostile.CheckJSON(bytes.TrimPrefix(in.data, []byte("\ufeff")), hostile.Limits{}); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(bytes.TrimPrefix(in.data, []byte("\ufeff")), &p); err != nil {
		return nil, err
	}
	name, _ := p.Name.(string)
	version, _ := p.Version.(string)
	if name == "" || version == "" {
		return nil, nil
	}
	return []twin.Component{component("npm", name, version)}, nil
}

// minProgram is less than the smallest Go program.
const minProgram = 64 << 10

func isProgram(f image.File) bool { return f.Mode&0o111 != 0 && f.Size > minProgram }

func isELF(head []byte) bool { return string(head) == "\x7fELF" }

// readProgram reads what a Go program was built of; nothing of another one.
func readProgram(ctx context.Context, in input) ([]twin.Component, error) {
	if !bytes.Contains(in.data, []byte("\xff Go buildinf:")) {
		return nil, nil
	}
	pkgs, err := extracted(ctx, gobinary.New, in, false)
	if err != nil {
		return nil, err
	}
	var out []twin.Component
	for _, p := range pkgs {
		out = append(out, goPackage(p))
	}
	return sorted(out), nil
}

// isShort reports whether a file ended before it was read.
func isShort(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

// appendAll appends all that is left to read; the size of a file in a layer is
// its header's, so it is bounded.
func appendAll(data []byte, r io.Reader) ([]byte, error) {
	buf := bytes.NewBuffer(data)
	_, err := buf.ReadFrom(r)
	return buf.Bytes(), err
}
