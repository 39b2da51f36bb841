//go:build !unix

package shelf

import "os"

// Map reads a file where there is no mapping.
func Map(path string) ([]byte, error) { return os.ReadFile(path) }

func unmap([]byte) error { return nil }
