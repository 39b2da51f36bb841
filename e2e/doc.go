// Package e2e tries the built binary as a person would: in a real browser, on
// several estates, and through the command line.
//
// The model. A fixture is a server of its own on a folder of its own. A suite
// is a list of checks in web/e2e/suites; Node drives a headless Chromium through
// it and prints one line of JSON for each check, which becomes a Go test, so
// that they are counted with all others. The ids are those of docs/ux-checks.md,
// which a run with -update writes.
//
// Invariants. Nothing is faked between the browser and the store, except where
// a check breaks one answer on purpose. Nothing waits for a time, only for what
// is to be seen. Figures are printed; only a gross miss fails.
package e2e
