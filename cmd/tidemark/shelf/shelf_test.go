package shelf

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/store"
)

// library is a shelf over a store, and what it says in the log.
type library struct {
	t    *testing.T
	db   *store.DB
	path string
	log  *logged
	now  time.Time
}

// logged is a log that may be read while it is written.
type logged struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *logged) lines() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.buf.String(), "\n")
}

func newLibrary(t *testing.T) *library {
	t.Helper()
	dir := t.TempDir()
	db, err := store.Open(t.Context(), store.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() }) // nothing in it is kept
	return &library{t: t, db: db, path: filepath.Join(dir, "advisories.tmidx"), log: &logged{}, now: time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)}
}

// give commits records about lodash, each fixed in a version.
func (l *library) give(fixed string, ids ...string) {
	l.t.Helper()
	l.now = l.now.Add(time.Second)
	b := advisory.Batch{Feed: "npm", Now: l.now}
	for _, id := range ids {
		b.Records = append(b.Records, advisory.Record{ID: id, Modified: l.now, Affected: []advisory.Affected{{
			Ecosystem: "npm", Name: "lodash", Ranges: []advisory.Range{{Type: "SEMVER", Events: []advisory.Event{{Introduced: "0"}, {Fixed: fixed}}}},
		}}})
	}
	if _, err := l.db.CommitAdvisories(l.t.Context(), b); err != nil {
		l.t.Fatal(err)
	}
}

func (l *library) open() *Shelf {
	s := New(l.t.Context(), l.path, l.db, slog.New(slog.NewTextHandler(l.log, nil)))
	l.t.Cleanup(func() { _ = s.Close() }) // nobody asks
	return s
}

// says is what is on the shelf about lodash: "none" when there is nothing to ask.
func (l *library) says(s *Shelf) string {
	l.t.Helper()
	records, done, err := s.Newest(l.t.Context())
	if err != nil {
		l.t.Fatal(err)
	}
	if records == nil {
		return "none"
	}
	defer done()
	list, err := records.Records(advisory.PackageKey{Ecosystem: "npm", Name: "lodash"})
	if err != nil {
		return err.Error()
	}
	var out []string
	for _, r := range list {
		out = append(out, fmt.Sprintf("%s@%d<%s", r.ID, r.Revision, r.Affected[0].Ranges[0].Events[1].Fixed))
	}
	return strings.Join(out, " ")
}

func (l *library) want(s *Shelf, want string) {
	l.t.Helper()
	if got := l.says(s); got != want {
		l.t.Errorf("%s, want %s", got, want)
	}
}

func (l *library) tend(s *Shelf) {
	l.t.Helper()
	if err := s.tend(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
}

// TestFollows: nothing until it is compiled, then as new as the store, also for
// one who has asked before, and again after a restart.
func TestFollows(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	l.give("1.0.0", "GHSA-1", "GHSA-2")
	s := l.open()
	l.want(s, "none")
	l.tend(s)
	l.want(s, "GHSA-1@1<1.0.0 GHSA-2@1<1.0.0")
	before, done, err := s.Newest(t.Context())
	if err != nil || before == nil {
		t.Fatal(before, err)
	}
	l.give("2.0.0", "GHSA-2", "GHSA-3")
	l.want(s, "GHSA-1@1<1.0.0 GHSA-2@2<2.0.0 GHSA-3@1<2.0.0")
	if list, err := before.Records(advisory.PackageKey{Ecosystem: "npm", Name: "lodash"}); err != nil || len(list) != 2 {
		t.Errorf("who has asked before is told %v, %v", list, err)
	}
	done()
	l.give("3.0.0", "GHSA-1")
	again := l.open()
	l.want(again, "GHSA-1@2<3.0.0 GHSA-2@2<2.0.0 GHSA-3@1<2.0.0")
	if n := l.log.lines(); n != 0 {
		t.Errorf("%d lines in the log, want none", n)
	}
}

// TestMerges: many deltas become one segment, and what comes meanwhile is there.
func TestMerges(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	s := l.open()
	l.tend(s)
	for i := range 20 {
		l.give(fmt.Sprintf("1.%d.0", i), "GHSA-1")
		l.want(s, fmt.Sprintf("GHSA-1@%d<1.%d.0", i+1, i))
	}
	if n := s.open.ix.Segments(); n != 21 {
		t.Errorf("%d segments, want one for each change", n)
	}
	l.tend(s)
	if n := s.open.ix.Segments(); n != 1 {
		t.Errorf("%d segments after merging, want 1", n)
	}
	l.want(s, "GHSA-1@20<1.19.0")
	l.give("2.0.0", "GHSA-2")
	l.want(s, "GHSA-1@20<1.19.0 GHSA-2@1<2.0.0")
}

// TestRefused: a file that is broken, or another store's, is said once and made
// anew; nobody is given an answer from it.
func TestRefused(t *testing.T) {
	t.Parallel()
	other := newLibrary(t)
	other.give("9.0.0", "GHSA-9")
	other.tend(other.open())
	foreign, err := os.ReadFile(other.path)
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string][]byte{"foreign": foreign, "half": foreign[:len(foreign)/2], "empty": {}, "text": []byte("not an index")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLibrary(t)
			l.give("1.0.0", "GHSA-1")
			if err := os.WriteFile(l.path, file, 0o600); err != nil {
				t.Fatal(err)
			}
			s := l.open()
			l.want(s, "none")
			l.want(s, "none")
			l.tend(s)
			l.want(s, "GHSA-1@1<1.0.0")
			if n := l.log.lines(); n != 1 {
				t.Errorf("%d lines in the log, want one", n)
			}
		})
	}
}

// TestSpoiled: damage that a question meets empties the shelf once.
func TestSpoiled(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	l.give("1.0.0", "GHSA-1")
	s := l.open()
	l.tend(s)
	s.Spoiled(os.ErrInvalid)
	s.Spoiled(os.ErrInvalid)
	l.want(s, "none")
	if n := l.log.lines(); n != 1 {
		t.Errorf("%d lines in the log, want one", n)
	}
	l.tend(s)
	l.want(s, "GHSA-1@1<1.0.0")
}

// TestAskedMeanwhile: who asks gets what is so while files are merged behind it.
func TestAskedMeanwhile(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	s := l.open()
	l.tend(s)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { _ = s.Run(ctx) }) // it ends with ctx
	for i := range 60 {
		l.give(fmt.Sprintf("1.%d.0", i), "GHSA-1")
		l.want(s, fmt.Sprintf("GHSA-1@%d<1.%d.0", i+1, i))
	}
	cancel()
	wg.Wait()
	if n := s.open.ix.Segments(); n >= 60 {
		t.Errorf("%d segments: nothing was merged", n)
	}
}
