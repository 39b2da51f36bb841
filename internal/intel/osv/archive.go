package osv

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/tidemark/tidemark/internal/advisory"
)

// Limits bound what an archive may make us read. The zero value of a field is
// its default.
type Limits struct {
	EntryBytes int64 // of one entry, unpacked
	TotalBytes int64 // of all entries, unpacked
	Entries    int
	Ratio      int64 // unpacked to packed, of the archive and of every entry over 1 MiB
}

// The defaults: the largest public archives have 0.3 M entries and 10 GB, and
// their entries unpack to less than 30 times their size.
const (
	defaultEntryBytes = 16 << 20
	defaultTotalBytes = 24 << 30
	defaultEntries    = 2_000_000
	defaultRatio      = 100
	ratioFrom         = 1 << 20
)

func (l Limits) orDefault() Limits {
	if l.EntryBytes == 0 {
		l.EntryBytes = defaultEntryBytes
	}
	if l.TotalBytes == 0 {
		l.TotalBytes = defaultTotalBytes
	}
	if l.Entries == 0 {
		l.Entries = defaultEntries
	}
	if l.Ratio == 0 {
		l.Ratio = defaultRatio
	}
	return l
}

// Archive is an opened all.zip whose directory has been found sane: nothing
// has been unpacked yet.
type Archive struct {
	files  []*zip.File
	limits Limits
}

// Open reads an archive's directory and refuses what is a bomb by its own account.
func Open(r io.ReaderAt, size int64, limits Limits) (*Archive, error) {
	z, err := zip.NewReader(r, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, fmt.Errorf("not a whole zip archive: %w", err)
	}
	a := &Archive{limits: limits.orDefault()}
	if len(z.File) > a.limits.Entries {
		return nil, fmt.Errorf("%d entries are more than %d", len(z.File), a.limits.Entries)
	}
	var total uint64
	for _, f := range z.File {
		if err := honest(f); err != nil {
			return nil, err
		}
		if strings.HasSuffix(f.Name, "/") {
			continue
		}
		total += min(f.UncompressedSize64, 1<<40)
		if total > uint64(a.limits.TotalBytes) {
			return nil, fmt.Errorf("unpacks to more than %d bytes", a.limits.TotalBytes)
		}
		a.files = append(a.files, f)
	}
	if total > ratioFrom && total/uint64(a.limits.Ratio) > uint64(size) {
		return nil, fmt.Errorf("unpacks to more than %d times its size", a.limits.Ratio)
	}
	return a, nil
}

// honest refuses what no publisher packs: the archive is not what it looks like.
func honest(f *zip.File) error {
	if !filepath.IsLocal(f.Name) || strings.ContainsAny(f.Name, "\\\x00") {
		return fmt.Errorf("the name of the entry %.80q leads out of the archive", f.Name)
	}
	if mode := f.Mode(); !mode.IsRegular() && !mode.IsDir() {
		return fmt.Errorf("the entry %.80q is no file, but a link or a device", f.Name)
	}
	return nil
}

// Names are the ids that the entries stand for.
func (a *Archive) Names() []string {
	out := make([]string, len(a.files))
	for i, f := range a.files {
		out[i] = EntryID(f.Name)
	}
	return out
}

// Len is the number of entries.
func (a *Archive) Len() int { return len(a.files) }

// Chunk is what a run of entries gave.
type Chunk struct {
	Records  []advisory.Record
	Rejected []advisory.Rejection // Where is the entry's name
	Entries  int                  // that were looked at
	Skipped  int                  // of them, left out by Options.Keep
}

// Options say how to read an archive. The zero value reads everything, one
// entry at a time, in chunks of 2,000.
type Options struct {
	Workers int
	Size    int                    // entries in a chunk
	Keep    func(body []byte) bool // nil: all; false leaves the entry out unparsed
}

// Read calls yield with the archive's records, chunk by chunk in the order of
// the entries. The next chunk is parsed while yield works on the last one.
func (a *Archive) Read(ctx context.Context, opt Options, yield func(Chunk) error) error {
	size := opt.Size
	if size <= 0 {
		size = 2000
	}
	group, ctx := errgroup.WithContext(ctx)
	chunks := make(chan Chunk)
	group.Go(func() error {
		defer close(chunks)
		for first := 0; first < len(a.files); first += size {
			c, err := a.parse(ctx, a.files[first:min(first+size, len(a.files))], opt)
			if err != nil {
				return err
			}
			select {
			case chunks <- c:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	group.Go(func() error {
		for c := range chunks {
			if err := yield(c); err != nil {
				return err
			}
		}
		return nil
	})
	return group.Wait()
}

// outcome is what one entry gave; none of its fields is set when it was left out.
type outcome struct {
	record *advisory.Record
	err    error
}

func (a *Archive) parse(ctx context.Context, files []*zip.File, opt Options) (Chunk, error) {
	results := make([]outcome, len(files))
	workers := max(1, opt.Workers)
	group, ctx := errgroup.WithContext(ctx)
	for w := range workers {
		group.Go(func() error {
			p := parser{limits: a.limits, keep: opt.Keep}
			for i := w; i < len(files); i += workers {
				if err := ctx.Err(); err != nil {
					return err
				}
				results[i].record, results[i].err = p.entry(files[i])
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return Chunk{}, err
	}
	return gather(files, results), nil
}

func gather(files []*zip.File, results []outcome) Chunk {
	c := Chunk{Entries: len(files)}
	for i, r := range results {
		switch {
		case r.err != nil:
			c.Rejected = append(c.Rejected, advisory.Rejection{Where: cut(files[i].Name, maxID), Reason: r.err.Error()})
		case r.record != nil:
			c.Records = append(c.Records, *r.record)
		default:
			c.Skipped++
		}
	}
	return c
}

// parser reads entries into one buffer, again and again.
type parser struct {
	limits Limits
	keep   func([]byte) bool
	buf    []byte
}

// entry returns the record of an entry, nil when it is not to be kept.
func (p *parser) entry(f *zip.File) (*advisory.Record, error) {
	if err := p.admit(f); err != nil {
		return nil, err
	}
	body, err := p.unpack(f)
	if err != nil {
		return nil, err
	}
	if p.keep != nil && !p.keep(body) {
		return nil, nil
	}
	r, err := ParseRecord(body)
	if err != nil {
		return nil, err
	}
	return &r, nil
}

func (p *parser) admit(f *zip.File) error {
	if !strings.HasSuffix(f.Name, ".json") {
		return errors.New("not a .json entry")
	}
	if f.UncompressedSize64 > uint64(p.limits.EntryBytes) {
		return fmt.Errorf("larger than %d bytes", p.limits.EntryBytes)
	}
	if f.UncompressedSize64 > ratioFrom && f.UncompressedSize64/uint64(p.limits.Ratio) > f.CompressedSize64 {
		return fmt.Errorf("unpacks to more than %d times its size", p.limits.Ratio)
	}
	return nil
}

// unpack reads an entry; its directory's word on the size is not taken.
func (p *parser) unpack(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("opening the entry: %w", err)
	}
	defer func() { _ = r.Close() }()  // it was only read; damage shows in the reads
	size := int(f.UncompressedSize64) // within limits.EntryBytes: see admit
	if cap(p.buf) < size {
		p.buf = make([]byte, size+size/2)
	}
	b := p.buf[:size]
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, fmt.Errorf("unpacking the entry: %w", err)
	}
	var more [1]byte
	if n, err := r.Read(more[:]); n > 0 || !errors.Is(err, io.EOF) {
		return nil, errors.Join(errors.New("the entry is damaged, or longer than the directory says"), err)
	}
	return b, nil
}
