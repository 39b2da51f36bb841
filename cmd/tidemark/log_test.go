package main

import (
	"strings"
	"testing"

	"github.com/tidemark/tidemark/api"
)

// What a person does is one entry in the log of mutations, with how the thing
// stood, how it stands then, and why.
func TestEachDeedIsOneEntry(t *testing.T) {
	t.Parallel()
	s, exposure, action := weakPlace(t)
	id := func(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }
	entries := func(object string) []api.AuditEntry {
		return want[api.List[api.AuditEntry]](s, 200, "GET", "/api/v1/audit?limit=200&object="+id(object), "").Items
	}
	for _, x := range []struct {
		method, path, body  string
		verb, before, after string
	}{
		{"PATCH", exposure, `{"decision":"act","reason":"now"}`, "exposures decide", "by rules, owner", "Act now by rules"},
		{"PATCH", exposure, `{"owner":"night shift","reason":"now"}`, "exposures assign", "owner nobody", "owner night shift"},
		{"POST", exposure + "/undo", `{"reason":"now"}`, "exposures undo", "owner night shift", "owner nobody"},
		{"PATCH", action, `{"state":"accepted","reason":"now"}`, "actions move", "proposed", "accepted"},
	} {
		object := strings.TrimSuffix(x.path, "/undo")
		had := len(entries(object))
		if code, _, text := s.ask(x.method, x.path, x.body); code != 200 {
			t.Fatalf("%s %s: %d\n%s", x.method, x.path, code, text)
		}
		now := entries(object)
		if len(now) != had+1 {
			t.Fatalf("%s: %d entries more", x.verb, len(now)-had)
		}
		e := now[0] // the newest first
		if e.Verb != x.verb || e.Object != id(object) || e.Outcome != "done" || e.Reason != "now" || e.RequestID == "" || e.Actor == "" ||
			!strings.Contains(e.Before, x.before) || !strings.Contains(e.After, x.after) {
			t.Errorf("%+v\nwant %+v", e, x)
		}
	}
	// It says before the steps follow what they then come to.
	is := want[api.ExposureDetail](s, 200, "GET", exposure, "")
	if e := entries(exposure)[0]; !strings.HasPrefix(e.After, is.Decision+" by "+is.DecidedBy) {
		t.Errorf("the log says %q, and it is %s by %s", e.After, is.Decision, is.DecidedBy)
	}
	if v := want[api.Audit](s, 200, "GET", "/api/v1/audit/verification", ""); !v.OK {
		t.Errorf("the chain: %+v", v)
	}
}
