package ssvc

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"github.com/tidemark/tidemark/internal/advisory"
)

// The bounds of an archive of CVE records.
const (
	maxUnpacked = 16 << 30
	maxRatio    = 100 // unpacked to packed; records unpack to less than ten times
	ratioFrom   = 1 << 20
)

// entryPattern is the layout of CVE repositories: 2024/3xxx/CVE-2024-3931.json.
var entryPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(^|/)\d{4}/\d+xxx/CVE-\d{4}-\d+\.json$`) })

// looked is how many entries tell whether an archive is one of CVE records.
const looked = 1000

// IsArchive reports whether a zip has the layout of a CVE repository.
func IsArchive(r io.ReaderAt, size int64) bool {
	z, err := zip.NewReader(r, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return false
	}
	for _, f := range z.File[:min(looked, len(z.File))] {
		if entryPattern().MatchString(f.Name) {
			return true
		}
	}
	return false
}

// ParseArchive reads the CVE records of a repository that was packed as a zip.
// An archive that is no such thing in any part is refused whole.
func ParseArchive(r io.ReaderAt, size int64) (Points, error) {
	z, err := zip.NewReader(r, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return Points{}, fmt.Errorf("not a whole zip archive: %w", err)
	}
	if err := honest(z.File, size); err != nil {
		return Points{}, err
	}
	d := draft{of: map[string]advisory.SSVC{}}
	for _, f := range z.File {
		if !entryPattern().MatchString(f.Name) {
			continue // words about the records
		}
		body, err := unpack(f)
		if err != nil {
			d.reject(f.Name, err)
			continue
		}
		if err := d.record(body, path.Base(f.Name)); err != nil {
			return Points{}, fmt.Errorf("CVE records: %w", err)
		}
	}
	return d.done(), nil
}

// honest refuses an archive that is a bomb by its own account, or holds what no
// publisher packs.
func honest(files []*zip.File, size int64) error {
	if len(files) > maxEntries {
		return fmt.Errorf("%d entries are more than %d", len(files), maxEntries)
	}
	var total uint64
	for _, f := range files {
		if !filepath.IsLocal(f.Name) || strings.ContainsAny(f.Name, "\\\x00") {
			return fmt.Errorf("the name of the entry %.80q leads out of the archive", f.Name)
		}
		if mode := f.Mode(); !mode.IsRegular() && !mode.IsDir() {
			return fmt.Errorf("the entry %.80q is no file, but a link or a device", f.Name)
		}
		if total += min(f.UncompressedSize64, 1<<40); total > maxUnpacked {
			return fmt.Errorf("unpacks to more than %d bytes", int64(maxUnpacked))
		}
	}
	if total > ratioFrom && total/maxRatio > uint64(size) {
		return fmt.Errorf("unpacks to more than %d times its size", maxRatio)
	}
	return nil
}

// unpack reads an entry; its directory's word on the size is not taken.
func unpack(f *zip.File) ([]byte, error) {
	if f.UncompressedSize64 > maxRecord {
		return nil, fmt.Errorf("larger than %d bytes", maxRecord)
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("opening the entry: %w", err)
	}
	defer func() { _ = r.Close() }() // it was only read; damage shows in the reads
	b, err := io.ReadAll(io.LimitReader(r, maxRecord+1))
	if err == nil && uint64(len(b)) != f.UncompressedSize64 {
		err = errors.New("the entry is longer than the directory says")
	}
	return b, err
}
