package gate

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/cmd/tidemark/shelf"
	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/intel"
	"github.com/tidemark/tidemark/internal/match"
	"github.com/tidemark/tidemark/internal/match/compiled"
	"github.com/tidemark/tidemark/internal/risk"
	"github.com/tidemark/tidemark/internal/server/desk"
)

// Compile makes of a folder of feeds one file that is asked without being read.
// The file appears whole, or not at all.
func Compile(ctx context.Context, dir, path string, now time.Time) (doc api.Compiled, err error) {
	if dir == "" || path == "" {
		return doc, fault.New(fault.Invalid, "compile needs a folder and a file").WithHint("tidemark intel compile --from DIR --out FILE.tmidx")
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return doc, fault.Wrap(fault.Invalid, err, "write %s", path)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close(), os.Remove(f.Name()))
		}
	}()
	doc, err = compile(ctx, dir, f)
	if err != nil {
		return doc, err
	}
	if err = errors.Join(f.Sync(), f.Chmod(0o644), f.Close()); err != nil {
		return doc, fault.Wrap(fault.Unavailable, err, "write %s", path)
	}
	doc.Out, doc.AsOf = path, now
	return doc, os.Rename(f.Name(), path)
}

func compile(ctx context.Context, dir string, to io.Writer) (doc api.Compiled, err error) {
	buffered := bufio.NewWriterSize(to, 1<<20)
	w, err := compiled.NewWriter(buffered, match.Rules)
	if err != nil {
		return doc, err
	}
	var in *intel.Intelligence
	w.With(compiled.Facts{
		Readable: risk.Readable, Names: func() []string { return in.Named() },
		Signal: func(name string) advisory.Signal {
			s := in.SignalsOf([]string{name})[name]
			s.Name = name
			return s
		},
	})
	in, err = intel.Stream(ctx, dir, intel.Query{Signals: true}, func(list []advisory.Record) error {
		for i := range list {
			if err := w.Add(&list[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return doc, err
	}
	if len(ecosystemsOf(in.Feeds)) == 0 {
		return doc, fault.New(fault.Invalid, "%s has no advisories", dir).WithHint("give the folder that holds OSV <Ecosystem>/all.zip")
	}
	if err := errors.Join(w.Close(in.Feeds, false), buffered.Flush()); err != nil {
		return doc, err
	}
	records, packages, size := w.Made()
	doc = api.Compiled{
		Schema: api.SchemaCompiled, Bytes: size, Records: records, Packages: packages, Feeds: desk.FeedItems(in.Feeds),
		Ignored: []api.Rejection{}, Rejected: []api.Rejection{},
	}
	for _, i := range in.Ignored {
		doc.Ignored = append(doc.Ignored, api.Rejection{Where: i.Path, Reason: i.Reason})
	}
	for _, r := range in.Rejected {
		doc.Rejected = append(doc.Rejected, api.Rejection(r))
	}
	return doc, nil
}

// OpenIndex maps a compiled file. The mapping stays until the process ends.
func OpenIndex(path string) (*Knowledge, error) {
	file, err := shelf.Map(path)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "open the advisory index %s", path)
	}
	ix, err := compiled.Open(file, match.Rules)
	if err != nil {
		return nil, fault.Wrap(fault.KindOf(err), err, "%s", path)
	}
	return &Knowledge{Intelligence: &intel.Intelligence{Feeds: ix.Feeds()}, index: ix, names: ix}, nil
}
