//go:build unix

package shelf

import (
	"os"

	"golang.org/x/sys/unix"

	"github.com/tidemark/tidemark/internal/fault"
)

// Map returns the bytes of a file without reading them.
func Map(path string) (b []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // the mapping stays
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() == 0 {
		return nil, fault.New(fault.Invalid, "it is empty, or no file")
	}
	return unix.Mmap(int(f.Fd()), 0, int(info.Size()), unix.PROT_READ, unix.MAP_SHARED)
}

func unmap(b []byte) error { return unix.Munmap(b) }
