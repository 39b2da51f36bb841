//go:build unix

package host

import (
	"os"
	"syscall"

	"github.com/tidemark/tidemark/internal/fault"
)

// maxMapped bounds a file that is mapped.
const maxMapped = 1 << 30

// mapped gives the bytes of a file without a copy of it: the database of RPM has
// a hundred MiB, of which a part is looked at once.
func mapped(f *os.File) (data []byte, done func() error, err error) {
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	if info.Size() == 0 || info.Size() > maxMapped {
		return nil, nil, fault.New(fault.Invalid, "a file of %d bytes", info.Size())
	}
	data, err = syscall.Mmap(int(f.Fd()), 0, int(info.Size()), syscall.PROT_READ, syscall.MAP_PRIVATE)
	if err != nil {
		return nil, nil, err
	}
	return data, func() error { return syscall.Munmap(data) }, nil
}
