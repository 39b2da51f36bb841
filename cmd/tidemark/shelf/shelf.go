// Package shelf keeps what a store's advisories say in a compiled file, mapped
// into memory, beside the store.
//
// The model. A Shelf has at most one volume: a mapped file and its index. Whoever
// asks for the newest gets it caught up: what has changed is appended as a delta,
// and the longer file mapped. Run, in the background, compiles what is missing,
// broken or far behind, and merges what has become many segments: each time into
// a new file that takes the old one's name.
//
// Invariants. Who asks does not wait for a file to be compiled or merged: while
// there is no volume it is told so, and reads the store. A volume is unmapped
// when nobody asks it any more. A file that cannot be used is said in the log
// once, and made anew.
package shelf

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"sync"

	"github.com/tidemark/tidemark/internal/assess"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/match/compiled"
)

// Shelf is the compiled file of one store. One process writes to it.
type Shelf struct {
	path   string
	follow assess.Follower
	log    *slog.Logger
	work   chan struct{} // there is something for Run to do

	mu   sync.Mutex
	open *volume // nil: there is none that can be used
}

// volume is a mapped file. Its fields are guarded by the shelf's mutex.
type volume struct {
	ix    *compiled.Index
	bytes []byte
	upTo  int64 // the changes that it has, or that are not about records
	asked int   // who asks it now
}

// New opens the file at a path, if it is there and of use; Run makes one if not.
func New(ctx context.Context, path string, store assess.Advisories, log *slog.Logger) *Shelf {
	s := &Shelf{path: path, follow: assess.Follower{Store: store}, log: log, work: make(chan struct{}, 1)}
	v, err := s.volume(ctx)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		log.InfoContext(ctx, "the advisory index is compiled anew", "file", path, "reason", err.Error())
	}
	s.open = v
	s.wake()
	return s
}

// volume maps the file as it is.
func (s *Shelf) volume(ctx context.Context) (*volume, error) {
	b, err := Map(s.path)
	if err != nil {
		return nil, err
	}
	ix, err := s.follow.Open(ctx, b)
	if err != nil {
		return nil, errors.Join(err, unmap(b))
	}
	return &volume{ix: ix, bytes: b, upTo: ix.Mark().Seq}, nil
}

func (s *Shelf) wake() {
	select {
	case s.work <- struct{}{}:
	default:
	}
}

// Newest implements assess.Shelf.
func (s *Shelf) Newest(ctx context.Context) (assess.Records, func(), error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.wake()
		return nil, nil, nil
	}
	if err := s.catchUp(ctx); err != nil {
		return nil, nil, err
	}
	v := s.open
	if v == nil {
		return nil, nil, nil
	}
	if v.ix.Crowded() {
		s.wake()
	}
	v.asked++
	return v.ix, func() { s.release(v) }, nil
}

// catchUp appends what has changed. A volume that it cannot be appended to is
// given up.
func (s *Shelf) catchUp(ctx context.Context) error {
	var delta bytes.Buffer
	lag, upTo, err := s.follow.Delta(ctx, s.open.upTo, &delta)
	switch {
	case err != nil:
		return err
	case lag == assess.FarBehind:
		s.giveUp()
		return nil
	case lag == assess.Level:
		s.open.upTo = upTo
		return nil
	}
	v, err := s.append(ctx, delta.Bytes())
	if err != nil {
		s.log.WarnContext(ctx, "the advisory index cannot be kept up to date: it is compiled anew", "file", s.path, "reason", err.Error())
		s.giveUp()
		return nil
	}
	s.replace(v)
	return nil
}

// append writes a delta after the mapped bytes, whatever is there.
func (s *Shelf) append(ctx context.Context, delta []byte) (*volume, error) {
	f, err := os.OpenFile(s.path, os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	end := int64(len(s.open.bytes))
	err = f.Truncate(end) // of what may be left of an attempt that failed
	if err == nil {
		_, err = f.WriteAt(delta, end)
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	return s.volume(ctx)
}

// Spoiled implements assess.Shelf: damage is met once.
func (s *Shelf) Spoiled(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open != nil {
		s.log.Warn("the advisory index is compiled anew", "file", s.path, "reason", err.Error())
		s.giveUp()
	}
}

// giveUp leaves the shelf empty until Run has made another volume.
func (s *Shelf) giveUp() {
	s.replace(nil)
	s.wake()
}

// replace puts another volume in the place of the one there is.
func (s *Shelf) replace(v *volume) {
	old := s.open
	s.open = v
	if old != nil && old.asked == 0 {
		s.drop(old)
	}
}

func (s *Shelf) release(v *volume) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v.asked--
	if v.asked == 0 && v != s.open {
		s.drop(v)
	}
}

func (s *Shelf) drop(v *volume) {
	if err := unmap(v.bytes); err != nil {
		s.log.Warn("the advisory index was not unmapped", "file", s.path, "reason", err.Error())
	}
}

// Close unmaps the file. Nobody asks any more, and Run has ended.
func (s *Shelf) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		return nil
	}
	b := s.open.bytes
	s.open = nil
	return unmap(b)
}

// Run compiles and merges until ctx ends. What fails is tried again when
// somebody asks.
func (s *Shelf) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.work:
		}
		if err := s.tend(ctx); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "the advisory index was not written: records are read one by one", "file", s.path, "reason", fault.Mask(err.Error()))
		}
	}
}

// tend makes a new file when there is reason to.
func (s *Shelf) tend(ctx context.Context) error {
	s.mu.Lock()
	v := s.open
	if v != nil {
		v.asked++
	}
	s.mu.Unlock()
	if v == nil {
		return s.renew(ctx, func(to io.Writer) error { return s.follow.Compile(ctx, to) })
	}
	defer s.release(v)
	if !v.ix.Crowded() {
		return nil
	}
	return s.renew(ctx, func(to io.Writer) error { return s.follow.Merge(ctx, v.ix, to) })
}

// renew writes another file and puts it in the place of the one there is. What
// was appended to that one meanwhile is appended again.
func (s *Shelf) renew(ctx context.Context, write func(io.Writer) error) error {
	name, err := written(s.path, write)
	if err != nil {
		return err
	}
	s.mu.Lock() // deltas go into the file that is mapped
	defer s.mu.Unlock()
	if err := os.Rename(name, s.path); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	v, err := s.volume(ctx)
	s.replace(v)
	return err
}
