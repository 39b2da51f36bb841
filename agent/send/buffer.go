package send

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/tidemark/tidemark/api"
)

// record is one line of a segment.
type record struct {
	Item   *api.Observation `json:"item,omitempty"`
	Scopes *[]string        `json:"scopes,omitempty"`
}

// state is what outlives the process beside the segments.
type state struct {
	Epoch    int64 `json:"epoch"`
	Reserved int64 `json:"reserved"` // no number up to this one is given again
	Segment  int64 `json:"segment"`  // where the oldest line is that is not taken
	Offset   int64 `json:"offset"`
}

// segment is a file of lines; only the newest is written to.
type segment struct {
	number int64
	bytes  int64
	lines  int
}

// buffer is the lines that are not taken, in files of a few MiB.
type buffer struct {
	dir      folder
	most     int64
	state    state
	given    int64 // the newest number
	segments []segment
	out      *os.File // the newest segment
	bytes    int64    // of all segments
	taken    int      // lines of the oldest segment
	why      string   // the newest piece was set aside
	largest  int64    // bytes of a segment
}

const (
	stateFile  = "state.json"
	asideFile  = "aside.ndjson"
	block      = 10_000 // numbers that are reserved at once
	maxSegment = 4 << 20
	maxAside   = 4 << 20
	parts      = 8 // of the buffer, at the least: one is dropped when it is full
)

func open(dir string, most int64, now time.Time) (*buffer, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	b := &buffer{dir: folder(dir), most: most, largest: min(maxSegment, most/parts)}
	if err := b.load(now); err != nil {
		return nil, err
	}
	b.given = b.state.Reserved
	return b, b.begin()
}

// load reads the state and counts what is in the segments. Who lost the state
// begins anew: the segments are of an epoch that nobody knows.
func (b *buffer) load(now time.Time) error {
	raw, err := os.ReadFile(b.dir.path(stateFile))
	known := err == nil && json.Unmarshal(raw, &b.state) == nil && b.state.sound()
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	numbers, err := b.dir.segments()
	if err != nil {
		return err
	}
	if !known {
		b.state = state{Epoch: now.Unix()}
	}
	for _, n := range numbers {
		if !known || n < b.state.Segment {
			if err := os.Remove(b.dir.segment(n)); err != nil {
				return err
			}
			continue
		}
		s, err := b.count(n)
		if err != nil {
			return err
		}
		b.segments, b.bytes = append(b.segments, s), b.bytes+s.bytes
	}
	if len(b.segments) > 0 && b.segments[0].number != b.state.Segment {
		b.state.Segment, b.state.Offset = b.segments[0].number, 0
	}
	return b.save(true)
}

// sound reports whether the numbers are such as are written here.
func (s state) sound() bool {
	const far = 1 << 60
	for _, n := range []int64{s.Epoch, s.Reserved, s.Segment, s.Offset} {
		if n < 0 || n > far {
			return false
		}
	}
	return s.Epoch > 0
}

// folder is where all of it is.
type folder string

func (f folder) path(name string) string { return filepath.Join(string(f), name) }

func (f folder) segment(n int64) string { return f.path(fmt.Sprintf("%016d.seg", n)) }

// segments gives the numbers of the segments, the oldest first.
func (f folder) segments() (out []int64, _ error) {
	found, err := filepath.Glob(f.path("*.seg"))
	for _, path := range found {
		var n int64
		if _, err := fmt.Sscanf(filepath.Base(path), "%d.seg", &n); err == nil {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out, err
}

// count counts the lines of a segment; one that was cut by a crash is none.
func (b *buffer) count(n int64) (s segment, _ error) {
	raw, err := os.ReadFile(b.dir.segment(n))
	if err != nil {
		return s, err
	}
	whole := bytes.LastIndexByte(raw, '\n') + 1
	if whole < len(raw) {
		if err := os.Truncate(b.dir.segment(n), int64(whole)); err != nil {
			return s, err
		}
	}
	if n == b.state.Segment {
		b.state.Offset = min(b.state.Offset, int64(whole))
		b.taken = bytes.Count(raw[:b.state.Offset], []byte{'\n'})
	}
	return segment{n, int64(whole), bytes.Count(raw, []byte{'\n'})}, nil
}

// begin opens a new segment.
func (b *buffer) begin() error {
	n := b.state.Segment + 1
	if len(b.segments) > 0 {
		n = b.segments[len(b.segments)-1].number + 1
	}
	f, err := os.OpenFile(b.dir.segment(n), os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	if b.out != nil {
		_ = b.out.Close() // its lines are written
	}
	b.out = f
	b.segments = append(b.segments, segment{number: n})
	if len(b.segments) == 1 {
		b.state.Segment, b.state.Offset, b.taken = n, 0, 0
	}
	return nil
}

// next gives the next number.
func (b *buffer) next() (int64, error) {
	if b.given >= b.state.Reserved {
		b.state.Reserved = b.given + block
		if err := b.save(true); err != nil {
			b.state.Reserved = b.given
			return 0, err
		}
	}
	b.given++
	return b.given, nil
}

// append adds a line, after it dropped the oldest segments for it.
func (b *buffer) append(line []byte) (dropped int, _ error) {
	newest := &b.segments[len(b.segments)-1]
	if newest.bytes >= b.largest {
		if err := b.begin(); err != nil {
			return 0, err
		}
		newest = &b.segments[len(b.segments)-1]
	}
	for b.bytes+int64(len(line)) >= b.most && len(b.segments) > 1 {
		dropped += b.segments[0].lines - b.taken
		if err := b.drop(); err != nil {
			return dropped, err
		}
		newest = &b.segments[len(b.segments)-1]
	}
	n, err := b.out.Write(append(line, '\n'))
	if err != nil {
		if n > 0 { // half a line would spoil the next
			_ = b.out.Truncate(newest.bytes) // and if that fails, it is skipped and told when it is read
		}
		return dropped, err
	}
	newest.bytes, newest.lines, b.bytes = newest.bytes+int64(n), newest.lines+1, b.bytes+int64(n)
	return dropped, nil
}

// drop removes the oldest segment.
func (b *buffer) drop() error {
	first := b.segments[0]
	if err := os.Remove(b.dir.segment(first.number)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	b.segments, b.bytes, b.taken = b.segments[1:], b.bytes-first.bytes, 0
	b.state.Segment, b.state.Offset = b.segments[0].number, 0
	return nil
}

func (b *buffer) pending() int {
	n := -b.taken
	for _, s := range b.segments {
		n += s.lines
	}
	return n
}

// batch is lines that are sent together.
type batch struct {
	at      state // where it begins
	end     int64 // offset behind it
	lines   int
	items   []api.Observation
	scopes  *[]string
	garbled int // lines that cannot be read
}

// read gives the oldest lines, at most so many. It goes on to the next segment
// when one is at its end.
func (b *buffer) read(limit int) (batch, error) {
	for {
		got, err := b.readSegment(limit)
		if err != nil || got.lines > 0 || len(b.segments) == 1 {
			return got, err
		}
		if err := b.drop(); err != nil {
			return got, err
		}
	}
}

func (b *buffer) readSegment(limit int) (batch, error) {
	got := batch{at: b.state, end: b.state.Offset}
	f, err := os.Open(b.dir.segment(b.state.Segment))
	if err != nil {
		return got, err
	}
	defer func() { _ = f.Close() }() // it was only read
	if _, err := f.Seek(b.state.Offset, io.SeekStart); err != nil {
		return got, err
	}
	for r := bufio.NewReaderSize(f, 1<<16); got.lines < limit && got.scopes == nil; {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return got, nil
		}
		if err != nil {
			return got, err
		}
		if got.lines > 0 && got.end-b.state.Offset+int64(len(line)) > maxBytes {
			return got, nil
		}
		got.take(line)
	}
	return got, nil
}

func (g *batch) take(line []byte) {
	g.lines, g.end = g.lines+1, g.end+int64(len(line))
	var r record
	switch err := json.Unmarshal(line, &r); {
	case err != nil || r.Item == nil && r.Scopes == nil:
		g.garbled++
	case r.Item != nil:
		g.items = append(g.items, *r.Item)
	default:
		g.scopes = r.Scopes
	}
}

// done takes a batch off, unless it was dropped meanwhile.
func (b *buffer) done(g batch) error {
	if b.state.Segment != g.at.Segment || b.state.Offset != g.at.Offset || b.state.Epoch != g.at.Epoch {
		return nil
	}
	b.state.Offset, b.taken = g.end, b.taken+g.lines
	return b.save(false)
}

// isBehind reports whether the server has seen more of this source than this
// folder knows of: it is an old copy, or was lost while the clock was wrong.
func (b *buffer) isBehind(g batch, answer api.Observed) bool {
	ahead := answer.Epoch > g.at.Epoch || answer.Epoch == g.at.Epoch && answer.Seq > b.given
	return ahead && g.at.Epoch == b.state.Epoch
}

// renew begins a new epoch: what is in the buffer has numbers of the old one.
func (b *buffer) renew(epoch int64) (dropped int, _ error) {
	dropped = b.pending()
	if err := b.begin(); err != nil {
		return 0, err
	}
	for len(b.segments) > 1 {
		if err := b.drop(); err != nil {
			return dropped, err
		}
	}
	b.state.Epoch, b.state.Reserved, b.given = epoch, 0, 0
	return dropped, b.save(true)
}

// save writes the state: a whole new file in the place of the old one.
func (b *buffer) save(durable bool) (err error) {
	raw, err := json.Marshal(b.state)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(string(b.dir), "state-*.tmp")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name()) // the error is told already
		}
	}()
	_, err = f.Write(raw)
	if err == nil && durable {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), b.dir.path(stateFile))
}

// aside keeps a piece that is not sent; the file is begun anew when it is large.
func (b *buffer) aside(item api.Observation, why string) (err error) {
	b.why = why
	raw, err := json.Marshal(struct {
		Why  string          `json:"why"`
		Item api.Observation `json:"item"`
	}{why, item})
	if err != nil {
		return err
	}
	flags := os.O_CREATE | os.O_WRONLY | os.O_APPEND
	if info, err := os.Stat(b.dir.path(asideFile)); err == nil && info.Size()+int64(len(raw)) > maxAside {
		flags |= os.O_TRUNC
	}
	f, err := os.OpenFile(b.dir.path(asideFile), flags, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(raw, '\n'))
	return errors.Join(err, f.Close())
}

// close gives back the numbers that were reserved and not used.
func (b *buffer) close() error {
	b.state.Reserved = b.given
	return errors.Join(b.save(true), b.out.Close())
}
