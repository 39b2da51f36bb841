package local

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/tidemark/tidemark/cmd/tidemark/shelf"
)

// Shelve lets the steps ask a compiled index of the advisories, which Run of the
// shelf makes and keeps: in the data folder, and with PostgreSQL in a folder of
// this process. Nil when there is no place for one: then records are read one by
// one. done is called when nobody asks any more.
func (s *Session) Shelve(ctx context.Context) (index *shelf.Shelf, done func() error) {
	dir, remove, err := s.shelfDir()
	if err != nil {
		s.Log.WarnContext(ctx, "there is no place for the advisory index: records are read one by one", "reason", err.Error())
		return nil, func() error { return nil }
	}
	index = shelf.New(ctx, filepath.Join(dir, "advisories.tmidx"), s.DB, s.Log)
	s.assess.Shelf = index
	return index, func() error { return errors.Join(index.Close(), remove()) }
}

func (s *Session) shelfDir() (dir string, remove func() error, err error) {
	if s.URL == "" {
		dir, err = s.Dir()
		return dir, func() error { return nil }, err
	}
	dir, err = os.MkdirTemp("", "tidemark-index-")
	return dir, func() error { return os.RemoveAll(dir) }, err
}
