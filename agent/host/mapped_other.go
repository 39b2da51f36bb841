//go:build !unix

package host

import (
	"io"
	"os"

	"github.com/tidemark/tidemark/internal/fault"
)

const maxMapped = 256 << 20

// mapped reads a file, where files cannot be mapped.
func mapped(f *os.File) (data []byte, done func() error, err error) {
	data, err = io.ReadAll(io.LimitReader(f, maxMapped+1))
	if err == nil && len(data) > maxMapped {
		err = fault.New(fault.Invalid, "a file of more than %d bytes", maxMapped)
	}
	return data, func() error { return nil }, err
}
