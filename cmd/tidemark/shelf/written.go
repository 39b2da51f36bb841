package shelf

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
)

// written writes a file beside the one of a path, and returns its name: it is
// whole, and takes that path when it is renamed.
func written(path string, write func(io.Writer) error) (name string, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close(), os.Remove(f.Name()))
		}
	}()
	buffered := bufio.NewWriterSize(f, 1<<20)
	if err := errors.Join(write(buffered), buffered.Flush()); err != nil {
		return "", err
	}
	return f.Name(), errors.Join(f.Sync(), f.Close())
}
