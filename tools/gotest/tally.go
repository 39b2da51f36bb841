package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// event is one line of "go test -json" (go doc test2json).
type event struct {
	Action     string
	Package    string
	ImportPath string
	Test       string
	Output     string
}

// tally counts results and keeps a test's output until it is known whether
// anybody needs it.
type tally struct {
	out                     io.Writer
	passed, failed, skipped int
	brokenPackages          int
	output                  map[string][]string // package and test to lines
	reasons                 map[string]int      // why tests were skipped
	failures                []string
	lost                    error // the first failure to print
}

func newTally(out io.Writer) *tally {
	return &tally{out: out, output: map[string][]string{}, reasons: map[string]int{}}
}

// say prints, and remembers when that failed: a summary that nobody could see
// must not end in success.
func (t *tally) say(format string, args ...any) {
	if _, err := fmt.Fprintf(t.out, format, args...); err != nil && t.lost == nil {
		t.lost = err
	}
}

// line takes one line; what is not an event is printed as it is.
func (t *tally) line(raw []byte) {
	var e event
	if err := json.Unmarshal(raw, &e); err != nil || e.Action == "" {
		t.say("%s", raw)
		return
	}
	switch {
	case e.Action == "build-output":
		t.say("%s", e.Output)
	case e.Test == "":
		t.ofPackage(e)
	default:
		t.ofTest(e)
	}
}

// ofPackage prints the closing lines of a package and counts packages that
// fail outside of a test: a panic, a failed build, an exit.
func (t *tally) ofPackage(e event) {
	switch e.Action {
	case "output":
		if line := strings.TrimSpace(e.Output); line != "PASS" && line != "FAIL" && !strings.HasSuffix(line, "[no test files]") {
			t.say("%s", e.Output)
		}
	case "fail":
		if !slices.ContainsFunc(t.failures, func(f string) bool { return strings.HasPrefix(f, e.Package+" ") }) {
			t.brokenPackages++
			t.failures = append(t.failures, e.Package+" (no test failed: a build error, a panic or an exit)")
		}
	}
}

func (t *tally) ofTest(e event) {
	key := e.Package + " " + e.Test
	switch e.Action {
	case "output":
		if !strings.HasPrefix(e.Output, "=== ") { // who runs, pauses and continues
			t.output[key] = append(t.output[key], e.Output)
		}
		return
	case "pass":
		t.passed++
	case "skip":
		t.skipped++
		t.reasons[reason(t.output[key])]++
	case "fail":
		t.failed++
		t.failures = append(t.failures, key)
		t.say("%s", strings.Join(t.output[key], ""))
	default:
		return
	}
	delete(t.output, key)
}

// reason finds what a test said when it skipped itself.
func reason(output []string) string {
	for _, line := range output {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "---") || line == "" {
			continue
		}
		if _, text, found := strings.Cut(line, ".go:"); found {
			_, text, _ = strings.Cut(text, ": ")
			return text
		}
		return line
	}
	return "no reason given"
}

func (t *tally) broken() bool { return t.failed > 0 || t.brokenPackages > 0 }

// print writes the summary; its last line stands alone.
func (t *tally) print() {
	// A test that never ended (the process died) still has its output.
	for _, key := range slices.Sorted(maps.Keys(t.output)) {
		t.say("\nunfinished: %s\n%s", key, strings.Join(t.output[key], ""))
	}
	if len(t.reasons) > 0 {
		t.say("\nskipped:\n")
		for _, why := range slices.Sorted(maps.Keys(t.reasons)) {
			t.say("  %dx %s\n", t.reasons[why], why)
		}
	}
	if len(t.failures) > 0 {
		t.say("\nfailed:\n")
		for _, f := range t.failures {
			t.say("  %s\n", f)
		}
	}
	t.say("\n%d passed, %d failed, %d skipped\n", t.passed, t.failed+t.brokenPackages, t.skipped)
}
