package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/api"

	"github.com/tidemark/tidemark/cmd/tidemark/command"
)

// judged runs a gate and reads its answer.
func (c *cli) judged(want int, args ...string) (out api.Gate) {
	c.t.Helper()
	if err := json.Unmarshal([]byte(c.run(want, append([]string{"gate", "-o", "json"}, args...)...)), &out); err != nil {
		c.t.Fatal(err)
	}
	return out
}

// youngIntel has a weakness that was published on 10 January, and a package that
// is an attack since then.
func youngIntel(t *testing.T) string {
	t.Helper()
	about := `{"schema_version":"1.7.3","id":"ID","modified":"2026-01-10T00:00:00Z","published":"2026-01-10T00:00:00Z","severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],"affected":[{"package":{"ecosystem":"npm","name":"NAME"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"1.2.5"}]}]}]}`
	return osvFolder(t, "npm", map[string]string{
		"GHSA-young":   strings.NewReplacer("ID", "GHSA-young", "NAME", "left").Replace(about),
		"MAL-2026-777": strings.NewReplacer("ID", "MAL-2026-777", "NAME", "evil").Replace(about),
	})
}

// What is young does not fail yet, and says until when; what is an attack, or
// used in attacks, does.
func TestGateWithGrace(t *testing.T) {
	t.Parallel()
	c := &cli{t: t, now: on(12, 0)}
	lock, feeds := file(t, "package-lock.json", weakLock), youngIntel(t)
	args := []string{lock, "--intel", feeds, "--fail-on", "score>=1"}
	c.judged(command.ExitBad, args...)
	got := c.judged(0, append(args, "--grace", "7d")...)
	if len(got.Deferred) != 1 || got.Deferred[0].Until == nil || !got.Deferred[0].Until.Equal(on(17, 0)) || !strings.Contains(got.Sentence, "1 in grace") {
		t.Errorf("%+v", got)
	}
	if text := c.run(0, append([]string{"gate", "--grace", "7d"}, args...)...); !strings.Contains(text, "in grace   GHSA-young") {
		t.Errorf("it does not say what is in grace:\n%s", text)
	}
	c.judged(command.ExitBad, append(args, "--grace", "1d")...)
	evil := file(t, "package-lock.json", strings.ReplaceAll(weakLock, "left", "evil"))
	c.judged(command.ExitBad, evil, "--intel", feeds, "--grace", "7d")
	c.judged(command.ExitBad, lock, "--intel", smallIntel(t), "--grace", "30d") // it is in the KEV catalogue
	c.run(command.ExitUsage, "gate", lock, "--intel", feeds, "--grace", "soon")
}

// With --explain the answer says why, and the command of the fix.
func TestGateExplains(t *testing.T) {
	t.Parallel()
	c := &cli{t: t, now: on(12, 0)}
	lock, feeds := file(t, "package-lock.json", weakLock), smallIntel(t)
	text := c.run(command.ExitBad, "gate", lock, "--intel", feeds, "--explain")
	for _, want := range []string{"why: npm left", "GHSA-left-left-left", "1.2.0 < 1.2.5", "fix: npm install left@1.2.5"} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q:\n%s", want, text)
		}
	}
	if text := c.run(command.ExitBad, "gate", lock, "--intel", feeds); strings.Contains(text, "why:") {
		t.Errorf("nobody asked why:\n%s", text)
	}
	if a, b := c.run(command.ExitBad, "gate", lock, "--intel", feeds, "-o", "md"), c.run(command.ExitBad, "gate", lock, "--intel", feeds, "-o", "markdown"); a != b || !strings.Contains(a, "npm install left@1.2.5") {
		t.Errorf("-o md:\n%s", a)
	}
}

// repository is a git work tree with a branch main that has a lock file.
func repository(t *testing.T, lock string) (dir string, git func(args ...string)) {
	t.Helper()
	dir = t.TempDir()
	git = func(args ...string) {
		t.Helper()
		c := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir, "-c", "user.name=ann", "-c", "user.email=ann@example.org", "-c", "commit.gpgsign=false"}, args...)...)
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	git("init", "--quiet", "--initial-branch=main")
	put(t, filepath.Join(dir, "web", "package-lock.json"), lock)
	git("add", ".")
	git("commit", "--quiet", "--message", "first")
	return dir, git
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Against a branch of git only what the change brings fails, by what is known
// today; what main has mended since then is no fault of the change.
func TestGateAgainstABranch(t *testing.T) {
	t.Parallel()
	c := &cli{t: t, now: on(12, 0)}
	feeds := smallIntel(t)
	mended := strings.ReplaceAll(weakLock, "1.2.0", "1.2.5")
	dir, git := repository(t, weakLock)
	lock := filepath.Join(dir, "web", "package-lock.json")
	git("checkout", "--quiet", "-b", "feature")
	got := c.judged(0, lock, "--intel", feeds, "--baseline", "main")
	if len(got.Known) != 1 || !strings.HasPrefix(got.Baseline, "main@") || !strings.Contains(got.Sentence, "new against main@") {
		t.Errorf("the same as main: %+v", got)
	}
	got = c.judged(0, dir, "--intel", feeds, "--baseline", "main")
	if len(got.Known) != 1 {
		t.Errorf("the folder: %+v", got)
	}
	other := filepath.Join(dir, "api", "package-lock.json")
	put(t, other, strings.ReplaceAll(weakLock, "left", "right"))
	c.run(command.ExitUsage, "gate", other, "--intel", feeds, "--baseline", "main") // not in git
	git("add", ".")
	c.judged(0, other, "--intel", feeds, "--baseline", "main") // new there
	put(t, other, weakLock)
	if got := c.judged(command.ExitBad, other, "--intel", feeds, "--baseline", "main"); len(got.Failed) != 1 {
		t.Errorf("a new file with the weakness: %+v", got)
	}

	git("stash", "--quiet")
	git("checkout", "--quiet", "main")
	put(t, lock, mended)
	git("commit", "--quiet", "--all", "--message", "mend it")
	c.judged(0, lock, "--intel", feeds, "--baseline", "main")
	git("checkout", "--quiet", "feature")
	if got := c.judged(0, lock, "--intel", feeds, "--baseline", "main"); len(got.Known) != 1 {
		t.Errorf("main was mended later: %+v", got)
	}
	for _, branch := range []string{"nobody", "--help", "main:web", ""} {
		want := command.ExitUsage
		if branch == "" {
			want = command.ExitBad
		}
		c.run(want, "gate", lock, "--intel", feeds, "--baseline", branch)
	}
	c.run(command.ExitUsage, "gate", file(t, "package-lock.json", weakLock), "--intel", feeds, "--baseline", "main")
	git("checkout", "--quiet", "--orphan", "alone")
	git("commit", "--quiet", "--allow-empty", "--message", "no past")
	c.run(command.ExitUsage, "gate", lock, "--intel", feeds, "--baseline", "main")
}

// In a workflow what counts is shown at its line, and the answer stays data.
func TestGateInAWorkflow(t *testing.T) {
	t.Parallel()
	lock, feeds := file(t, "package-lock.json", strings.Replace(weakLock, `"node_modules/left"`, "\n"+`"node_modules/left"`, 1)), smallIntel(t)
	for _, env := range []string{"true", ""} {
		var out, errs bytes.Buffer
		s := command.Streams{In: strings.NewReader(""), Out: &out, Err: &errs, Env: func(name string) string { return map[string]string{"GITHUB_ACTIONS": env}[name] }}
		code := run(t.Context(), s, time.Now, []string{"--data", t.TempDir(), "gate", lock, "--intel", feeds, "-o", "json", "--now", "2026-01-12"})
		said := "::error file=" + lock + ",line=2,title=CVE-2026-0001::Act now"
		if code != command.ExitBad || !json.Valid(out.Bytes()) || strings.Contains(errs.String(), said) != (env == "true") {
			t.Errorf("%q: exit %d\n%s\n%s", env, code, out.String(), errs.String())
		}
	}
}

// Every exit code of the table is that of some command line.
func TestExitCodesOfTheTable(t *testing.T) {
	t.Parallel()
	weak, mended, feeds := file(t, "weak.json", weakSBOM), file(t, "mended.json", mendedBOM), smallIntel(t)
	broken := file(t, "package-lock.json", `{"packages":`)
	f := serving(t, smallWorld(t))
	stopped, stop := context.WithCancel(t.Context())
	stop()
	for name, x := range map[string]struct {
		ctx   context.Context
		token string
		args  []string
		want  int
	}{
		"pass":           {args: []string{"gate", mended, "--intel", feeds}, want: command.ExitOK},
		"fail":           {args: []string{"gate", weak, "--intel", feeds}, want: command.ExitBad},
		"fail_and_doubt": {args: []string{"gate", weak, "--intel", feeds, "--max-age", "1h"}, want: command.ExitBad},
		"flag":           {args: []string{"gate", weak, "--intel", feeds, "--fail-on", "never"}, want: command.ExitUsage},
		"unknown_flag":   {args: []string{"gate", "--nonsense"}, want: command.ExitUsage},
		"no_target":      {args: []string{"gate", "--intel", feeds}, want: command.ExitUsage},
		"no_file":        {args: []string{"gate", weak + "-none", "--intel", feeds}, want: command.ExitUsage},
		"no_feeds":       {args: []string{"gate", weak, "--intel", feeds + "-none"}, want: command.ExitUsage},
		"no_report":      {args: []string{"gate", weak, "--intel", feeds, "--report", "sarif=" + feeds + "/none/x"}, want: command.ExitFailure},
		"no_server":      {token: "tdm_any", args: []string{"gate", "--image", weakDigest, "--environment", "prod", "--server", "http://127.0.0.1:1"}, want: command.ExitFailure},
		"no_token":       {args: []string{"gate", "--image", weakDigest, "--environment", "prod", "--server", f.url}, want: command.ExitForbidden},
		"wrong_token":    {token: "tdm_wrong", args: []string{"gate", "--image", weakDigest, "--environment", "prod", "--server", f.url}, want: command.ExitForbidden},
		"server":         {token: f.env["TIDEMARK_TOKEN"], args: []string{"gate", "--image", weakDigest, "--environment", "prod", "--server", f.url}, want: command.ExitBad},
		"no_object":      {token: f.env["TIDEMARK_TOKEN"], args: []string{"exposures", "show", "EXP-0", "--server", f.url}, want: command.ExitNotFound},
		"too_old":        {args: []string{"gate", mended, "--intel", feeds, "--max-age", "1h"}, want: command.ExitUndecided},
		"warn":           {args: []string{"gate", mended, "--intel", feeds, "--max-age", "1h", "--on-unknown", "warn"}, want: command.ExitOK},
		"unknown_image":  {token: f.env["TIDEMARK_TOKEN"], args: []string{"gate", "--image", nobodys, "--environment", "prod", "--server", f.url}, want: command.ExitUndecided},
		"no_packages":    {args: []string{"gate", t.TempDir(), "--intel", feeds}, want: command.ExitUndecided},
		"partial":        {args: []string{"scan", mended, broken, "--intel", feeds}, want: command.ExitPartial},
		"cancelled":      {ctx: stopped, args: []string{"gate", weak, "--intel", feeds}, want: command.ExitCancelled},
	} {
		if x.ctx == nil {
			x.ctx = t.Context()
		}
		args := x.args
		if !slices.Contains(args, "--server") {
			args = append(slices.Clone(args), "--data", t.TempDir(), "--now", "2026-01-12")
		}
		var out, errs bytes.Buffer
		s := command.Streams{In: strings.NewReader(""), Out: &out, Err: &errs, Env: func(name string) string { return map[string]string{"TIDEMARK_TOKEN": x.token}[name] }}
		if got := run(x.ctx, s, time.Now, args); got != x.want {
			t.Errorf("%s: exit %d, want %d\n%s%s", name, got, x.want, out.String(), errs.String())
		}
	}
}
