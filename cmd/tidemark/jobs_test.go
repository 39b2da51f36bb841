package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/api"
)

// What takes long is a job: it is accepted, and its address says what came of it.
// The same key is the same job.
func TestLongThingsAreJobs(t *testing.T) {
	t.Parallel()
	c := &cli{t: t, where: []string{"--data", t.TempDir()}}
	admin, viewer := c.token("admin"), c.token("viewer")
	s := start(t, c.where...)
	s.token = admin
	const path, keep = "/api/v1/compaction", `{"keep":"30d"}`
	code, head, body := s.ask("POST", path, keep, "Idempotency-Key", "once")
	var j api.Job
	if err := json.Unmarshal([]byte(body), &j); err != nil || code != 202 || j.Kind != "compact" || head.Get("Location") != j.URL {
		t.Fatalf("%d, %v, at %q\n%s", code, err, head.Get("Location"), body)
	}
	if code, _, again := s.ask("POST", path, keep, "Idempotency-Key", "once"); code != 202 || again != body {
		t.Errorf("once more: %d\n%s", code, again)
	}
	for until := time.Now().Add(time.Minute); j.State == api.JobRunning && time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
		j = want[api.Job](s, 200, "GET", j.URL, "")
	}
	if j.State != api.JobDone || j.Result == nil || j.Result.Compacted == nil || j.Ended == nil {
		t.Errorf("%+v %+v", j, j.Fault)
	}
	if code, _, _ := s.ask("GET", j.URL, "", "Authorization", "Bearer "+viewer); code != 200 {
		t.Errorf("seen by a viewer: %d", code)
	}
	if code, _, _ := s.ask("GET", "/api/v1/jobs/job_none", ""); code != 404 {
		t.Errorf("no job: %d", code)
	}
	page := want[api.List[api.AuditEntry]](s, 200, "GET", "/api/v1/audit?verb=compact", "")
	if len(page.Items) != 2 || page.Items[0].Outcome != "done" || page.Items[1].Outcome != "begun" || page.Items[0].RequestID != page.Items[1].RequestID {
		t.Errorf("the log of one compaction: %+v", page.Items)
	}
}

// A job that fails ends the command as it did without a job; what it says on the
// way is on standard error.
func TestACommandWaitsForItsJob(t *testing.T) {
	t.Parallel()
	f := serving(t, smallWorld(t))
	code, _, errs := f.ask("", "intel", "update", "--from", smallIntel(t), "--verbose")
	if code != 0 || !strings.Contains(errs, "computing") && !strings.Contains(errs, "begun") {
		t.Errorf("exit %d, no progress:\n%s", code, errs)
	}
	bad := t.TempDir()
	if err := os.WriteFile(filepath.Join(bad, "known_exploited_vulnerabilities.json"), []byte(`{"vulnerabilities": 7}`), 0o600); err != nil {
		t.Fatal(err)
	}
	here := &cli{t: t, where: []string{"--data", t.TempDir()}}
	got, _ := here.with("", "intel", "update", "--from", bad)
	wanted := got.code
	if code, out, errs := f.ask("", "intel", "update", "--from", bad); code != wanted || wanted == 0 {
		t.Errorf("a feed that cannot be read: exit %d, without a server %d\n%s%s", code, wanted, out, errs)
	}
}
