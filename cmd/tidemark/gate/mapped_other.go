//go:build !unix

package gate

import "os"

// mapped reads a file where there is no mapping.
func mapped(path string) ([]byte, error) { return os.ReadFile(path) }
