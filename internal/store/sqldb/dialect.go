package sqldb

import (
	"bytes"
	"io/fs"
	"strings"
	"time"
)

// withoutRowid is the only dialect token of the schema: SQLite clusters such a
// table by its primary key, PostgreSQL reads a comment.
const withoutRowid = "/*WITHOUT ROWID*/"

// dialectFS gives goose the migrations in the engine's dialect.
type dialectFS struct {
	files  fs.FS
	engine string
}

// Open returns the migration with the dialect token resolved.
func (d dialectFS) Open(name string) (fs.File, error) {
	f, err := d.files.Open(name)
	if err != nil || d.engine != "sqlite" || !strings.HasSuffix(name, ".sql") {
		return f, err
	}
	text, err := fs.ReadFile(d.files, name)
	if err != nil {
		return nil, err
	}
	text = bytes.ReplaceAll(text, []byte(withoutRowid), []byte("WITHOUT ROWID"))
	return &rewritten{File: f, Reader: bytes.NewReader(text)}, nil
}

// rewritten is a file with other contents.
type rewritten struct {
	fs.File
	*bytes.Reader
}

// Read reads the rewritten contents.
func (r *rewritten) Read(p []byte) (int, error) { return r.Reader.Read(p) }

// Forever is the upper bound of what is still so.
const Forever = int64(1<<63 - 1)

// Micros turns a time into a row's microseconds; the zero time is 0.
func Micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// KnownMicros is the last record time of what was recorded at a clock reading.
// Commits at one reading are recorded a microsecond apart, so a time said to
// the millisecond stands for that millisecond.
func KnownMicros(t time.Time) int64 {
	us := Micros(t)
	if us > 0 && us%1000 == 0 {
		us += 999
	}
	return us
}

// FromMicros is the inverse of Micros; Forever is the zero time as well.
func FromMicros(us int64) time.Time {
	if us == 0 || us == Forever {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}
