package e2e

import "testing"

// TestDemo tries the demo's company: every page, every number, every key.
func TestDemo(t *testing.T) {
	t.Parallel()
	needs(t)
	s := play(t)
	s.suite(t, "look", nil)
	s.suite(t, "demo", nil)
}

// TestEmpty tries a server to which nothing is connected.
func TestEmpty(t *testing.T) {
	t.Parallel()
	needs(t)
	serve(t, t.TempDir()).suite(t, "empty", nil)
}
