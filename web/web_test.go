package web

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestDistIsServable: a checkout that was not built has no page, and one that
// was has a page without inline script, and no source map.
func TestDistIsServable(t *testing.T) {
	t.Parallel()
	page, err := fs.ReadFile(Dist(), "index.html")
	if err != nil {
		t.Skip("the interface was not built: make ui")
	}
	for _, bad := range []string{"<script>", "<style", " style=", "http://", "https://"} {
		if strings.Contains(string(page), bad) {
			t.Errorf("index.html has %q, which the content policy forbids", bad)
		}
	}
	err = fs.WalkDir(Dist(), ".", func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".map") {
			t.Errorf("%s would be embedded", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// report is what vitest prints with its reporter json.
type report struct {
	Success     bool `json:"success"`
	TestResults []struct {
		Name             string `json:"name"`
		Message          string `json:"message"`
		Status           string `json:"status"`
		AssertionResults []struct {
			FullName        string   `json:"fullName"`
			Status          string   `json:"status"`
			FailureMessages []string `json:"failureMessages"`
		} `json:"assertionResults"`
	} `json:"testResults"`
}

// TestInterface runs the unit tests of the interface, and reports each of them.
func TestInterface(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("node_modules/vitest"); err != nil {
		missing(t, "the interface's packages are not installed: scripts/ui.sh deps")
	}
	out := filepath.Join(t.TempDir(), "report.json")
	said, failure := exec.CommandContext(t.Context(), "node", "node_modules/vitest/vitest.mjs", "run", "--reporter=json", "--outputFile="+out).CombinedOutput()
	raw, err := os.ReadFile(out)
	if err != nil {
		t.Fatalf("vitest wrote no report (%v): %s", failure, said)
	}
	var r report
	if err := json.Unmarshal(raw, &r); err != nil {
		t.Fatal(err)
	}
	for _, file := range r.TestResults {
		if file.Status == "failed" && len(file.AssertionResults) == 0 {
			t.Errorf("%s: %s", filepath.Base(file.Name), file.Message)
		}
		for _, a := range file.AssertionResults {
			t.Run(filepath.Base(file.Name)+"/"+a.FullName, func(t *testing.T) {
				switch a.Status {
				case "passed":
				case "failed":
					t.Error(strings.Join(a.FailureMessages, "\n"))
				default:
					t.Skip(a.Status)
				}
			})
		}
	}
	if !r.Success && !t.Failed() {
		t.Errorf("vitest failed without a failed test: %s", said)
	}
}

// TestTypes checks the types of the interface.
func TestTypes(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("node_modules/typescript"); err != nil {
		missing(t, "the interface's packages are not installed: scripts/ui.sh deps")
	}
	if said, err := exec.CommandContext(t.Context(), "node", "node_modules/typescript/bin/tsc", "--noEmit").CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, said)
	}
}

// missing skips a test; where all must run, it fails it.
func missing(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(why)
	}
	t.Skip(why)
}
