package inventory

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	cpb "github.com/google/osv-scalibr/binary/proto/config_go_proto"
	"github.com/google/osv-scalibr/extractor"
	"github.com/google/osv-scalibr/extractor/filesystem"
	"github.com/google/osv-scalibr/log"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// The extractors of OSV-SCALIBR read most formats. Three things they do are
// mended here. Some panic on bytes that nobody sane writes: that becomes an
// error. Some stop at a line that is longer than their buffer and say nothing:
// such a file is refused. And what they leave out they only log, through a
// logger that the whole process shares: see Report.

// newExtractor makes an extractor.
type newExtractor func(*cpb.PluginConfig) (filesystem.Extractor, error)

// maxLine is the longest line that the line-wise extractors take.
const maxLine = 64 << 10

// extracted reads a file with an extractor; lines refuses what has longer lines
// than it could read.
func extracted(ctx context.Context, from newExtractor, in input, lines bool) (pkgs []*extractor.Package, err error) {
	if n := longLine(in.data); lines && n > 0 {
		return nil, fault.New(fault.Invalid, "line %d is longer than %d bytes", n, maxLine)
	}
	return extractedFrom(ctx, from, in, bytes.NewReader(in.data))
}

// content is what an extractor reads of a file.
type content interface {
	io.Reader
	io.ReaderAt
	Size() int64
}

func extractedFrom(ctx context.Context, from newExtractor, in input, r content) (pkgs []*extractor.Package, err error) {
	defer func() {
		if r := recover(); r != nil {
			pkgs, err = nil, fault.New(fault.Invalid, "the file makes no sense: %v", r)
		}
	}()
	e, err := from(&cpb.PluginConfig{})
	if err != nil {
		return nil, err
	}
	found, err := e.Extract(ctx, &filesystem.ScanInput{
		FS: in.tree, Path: in.path, Info: stat{in.path, r.Size()}, Reader: r,
	})
	return found.Packages, err
}

func longLine(data []byte) int {
	n := 0
	for line := range bytes.Lines(data) {
		if n++; len(line) >= maxLine {
			return n
		}
	}
	return 0
}

// library reads a lock file whose packages all are of one kind.
func library(from newExtractor, of func(p *extractor.Package) twin.Component) func(context.Context, input) ([]twin.Component, error) {
	return func(ctx context.Context, in input) ([]twin.Component, error) {
		pkgs, err := extracted(ctx, from, in, true)
		if err != nil {
			return nil, err
		}
		out := make([]twin.Component, 0, len(pkgs))
		for _, p := range pkgs {
			if c := of(p); c.Name != "" {
				out = append(out, c)
			}
		}
		return sorted(out), nil
	}
}

// Report says who hears what an extractor left out of a file, from then on and
// in the whole process: their library has one logger. To be called once, before
// anything is read.
func Report(to func(message string)) { log.SetLogger(logger{to}) }

// logger passes on what somebody should know.
type logger struct{ to func(string) }

func (l logger) Errorf(format string, args ...any) { l.to(fmt.Sprintf(format, args...)) }
func (l logger) Warnf(format string, args ...any)  { l.to(fmt.Sprintf(format, args...)) }
func (l logger) Error(args ...any)                 { l.to(strings.TrimSpace(fmt.Sprintln(args...))) }

func (l logger) Warn(args ...any)    { l.to(strings.TrimSpace(fmt.Sprintln(args...))) }
func (logger) Infof(string, ...any)  {}
func (logger) Info(...any)           {}
func (logger) Debugf(string, ...any) {}
func (logger) Debug(...any)          {}

// stat is the little that an extractor asks of a file.
type stat struct {
	name string
	size int64
}

func (s stat) Name() string     { return base(s.name) }
func (s stat) Size() int64      { return s.size }
func (stat) Mode() fs.FileMode  { return 0o444 }
func (stat) ModTime() time.Time { return time.Time{} }
func (stat) IsDir() bool        { return false }
func (stat) Sys() any           { return nil }
