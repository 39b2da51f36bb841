package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/cmd/tidemark/command"
)

// pipeline runs the script of the templates with a tidemark and a curl that
// write down what they are asked. The first one fails, as a gate does.
func pipeline(t *testing.T, env []string, args ...string) (dir string, code int) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range map[string]string{
		"tidemark": `printf '%s\n' "$@" >"$TEST/asked"
for a in "$@"; do case $a in markdown=*) printf '### GATE "FAIL" \\\n\n| a | b |\n' >"${a#*=}" ;; esac; done
exit 1`,
		"curl": `printf '%s\n' "$@" >"$TEST/sent"
while [ $# -gt 0 ]; do
  case $1 in
  --config) cat "$2" >"$TEST/header" ;;
  --data-binary) cat "${2#@}" >"$TEST/body" ;;
  esac
  shift
done
printf '%s' "$FORMER"
[ -n "$FORMER" ] || exit 22`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	c := exec.CommandContext(t.Context(), "bash", append([]string{filepath.Join("..", "..", "deploy", "gate.sh")}, args...)...)
	c.Env = append([]string{"PATH=" + dir + ":" + os.Getenv("PATH"), "TEST=" + dir, "TIDEMARK_OUT=" + filepath.Join(dir, "out")}, env...)
	if out, err := c.CombinedOutput(); err != nil {
		t.Logf("%s", out)
	}
	return dir, c.ProcessState.ExitCode()
}

func content(t *testing.T, path ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The script ends as the gate does, also when a comment cannot be made; a secret
// is in no argument; and what it asks of the gate is what the gate understands.
func TestThePipelineScript(t *testing.T) {
	t.Parallel()
	weak, feeds := file(t, "weak.json", weakSBOM), smallIntel(t)
	for name, x := range map[string]struct {
		env  []string
		url  string
		head string
	}{
		"github": {
			[]string{"GITHUB_API_URL=https://host.example", "GITHUB_REPOSITORY=a/b", "TIDEMARK_PULL_REQUEST=7", "GITHUB_TOKEN=s3cret"},
			"https://host.example/repos/a/b/issues/7/comments", "Authorization: Bearer s3cret",
		},
		"gitlab": {
			[]string{"CI_API_V4_URL=https://host.example/api/v4", "CI_PROJECT_ID=3", "CI_MERGE_REQUEST_IID=9", "TIDEMARK_COMMENT_TOKEN=s3cret"},
			"https://host.example/api/v4/projects/3/merge_requests/9/notes", "PRIVATE-TOKEN: s3cret",
		},
	} {
		dir, code := pipeline(t, x.env, "--sbom", weak, "--intel", feeds)
		if code != command.ExitBad {
			t.Errorf("%s: exit %d", name, code)
		}
		sent := content(t, dir, "sent")
		if !strings.Contains(sent, x.url+"\n") || strings.Contains(sent, "s3cret") || !strings.Contains(content(t, dir, "header"), x.head) {
			t.Errorf("%s sent:\n%s", name, sent)
		}
		body := content(t, dir, "body")
		var doc struct{ Body string }
		if err := json.Unmarshal([]byte(body), &doc); err != nil {
			t.Errorf("%s: %v in %s", name, err, body)
		}
		if doc.Body != "<!-- tidemark-gate -->\n### GATE \"FAIL\" \\\n\n| a | b |\n" {
			t.Errorf("%s says %q", name, doc.Body)
		}
		(&cli{t: t, now: on(12, 0)}).run(command.ExitBad, strings.Split(strings.TrimSpace(content(t, dir, "asked")), "\n")...)
		if !strings.Contains(content(t, dir, "out", "tidemark-codequality.json"), "CVE-2026-0001") {
			t.Errorf("%s: no code quality report", name)
		}
	}
	if _, err := exec.LookPath("jq"); err == nil {
		former := `FORMER=[{"id":4,"body":null},{"id":5,"body":"<!-- tidemark-gate -->\nold"},{"id":6,"body":"x"}]`
		for want, env := range map[string][]string{
			"PATCH\n--header\nContent-Type: application/json\n--data-binary\n": {"GITHUB_API_URL=https://host.example", "GITHUB_REPOSITORY=a/b", "TIDEMARK_PULL_REQUEST=7", "GITHUB_TOKEN=s3cret"},
			"PUT\n--header\nContent-Type: application/json\n--data-binary\n":   {"CI_API_V4_URL=https://host.example/api/v4", "CI_PROJECT_ID=3", "CI_MERGE_REQUEST_IID=9", "TIDEMARK_COMMENT_TOKEN=s3cret"},
		} {
			dir, _ := pipeline(t, append(env, former), "--sbom", weak)
			if sent := content(t, dir, "sent"); !strings.Contains(sent, want) || !strings.HasSuffix(strings.TrimSpace(sent), "/5") {
				t.Errorf("the former comment is not changed:\n%s", sent)
			}
		}
	}
	dir, _ := pipeline(t, []string{"TIDEMARK_COMMENT=false", "TIDEMARK_PULL_REQUEST=7", "GITHUB_TOKEN=x"}, "--sbom", weak)
	if _, err := os.Stat(filepath.Join(dir, "sent")); err == nil {
		t.Error("a comment was made that nobody wants")
	}
}

// The shell parts of the templates are shell.
func TestTheTemplatesAreShell(t *testing.T) {
	t.Parallel()
	scripts := []string{content(t, "..", "..", "deploy", "gate.sh")}
	for _, path := range []string{"github/action.yml", "gitlab/tidemark.gitlab-ci.yml"} {
		text := content(t, "..", "..", "deploy", filepath.FromSlash(path))
		start := max(strings.LastIndex(text, "run: |\n"), strings.LastIndex(text, "- |\n"))
		if start < 0 {
			t.Fatalf("%s has no script", path)
		}
		_, script, _ := strings.Cut(text[start:], "\n")
		if end := strings.Index(script, "\n  allow_failure"); end >= 0 {
			script = script[:end]
		}
		scripts = append(scripts, script)
	}
	for _, s := range scripts {
		c := exec.CommandContext(t.Context(), "bash", "-n")
		c.Stdin = strings.NewReader(s)
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("%v: %s\n%s", err, out, s)
		}
	}
}
