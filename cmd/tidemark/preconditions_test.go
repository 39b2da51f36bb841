package main

import (
	"encoding/json"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/api"
)

// weakPlace is a server with one exposure and its action.
func weakPlace(t *testing.T) (s *served, exposure, action string) {
	t.Helper()
	c := &cli{t: t, where: []string{"--data", t.TempDir()}}
	c.run(0, "intel", "update", "--from", smallIntel(t))
	c.run(0, "ingest", "sbom", file(t, "weak.json", weakSBOM), "--artifact", weakImg)
	c.run(0, "ingest", "deploy", file(t, "r.json", record("shop", weakImg, "")), "--source", "c1")
	admin := c.token("admin")
	s = start(t, c.where...)
	s.token = admin
	exposures := want[api.List[api.Exposure]](s, 200, "GET", "/api/v1/exposures?q=svc:shop", "")
	actions := want[api.List[api.Action]](s, 200, "GET", "/api/v1/actions?q=env:prod", "")
	if len(exposures.Items) != 1 || len(actions.Items) != 1 {
		t.Fatalf("%d exposures, actions %+v", len(exposures.Items), actions.Items)
	}
	return s, "/api/v1/exposures/" + exposures.Items[0].ID, "/api/v1/actions/" + actions.Items[0].ID
}

// still is a document but for the moment at which it was read.
func still(t *testing.T, body string) map[string]any {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal([]byte(body), &doc); err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	delete(doc, "as_of")
	return doc
}

// Who decides on what they no longer see as it is changes nothing; who sees it
// as it is does, and is told its new tag.
func TestAChangeOfWhatHasChangedIsRefused(t *testing.T) {
	t.Parallel()
	s, exposure, action := weakPlace(t)
	for name, x := range map[string]struct{ path, first, second, third string }{
		"exposure": {exposure, `{"owner":"team-a","reason":"theirs"}`, `{"owner":"team-b","reason":"theirs"}`, `{"owner":"team-c","reason":"theirs"}`},
		"action":   {action, `{"state":"accepted"}`, `{"state":"in progress"}`, `{"state":"blocked","reason":"no hands"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			look := func() (tag, body string) {
				code, h, body := s.ask("GET", x.path, "")
				if code != 200 || h.Get("ETag") == "" {
					t.Fatalf("%d, ETag %q\n%s", code, h.Get("ETag"), body)
				}
				return h.Get("ETag"), body
			}
			old, _ := look()
			if again, _ := look(); again != old {
				t.Errorf("the tag moves by itself: %s, then %s", old, again)
			}
			code, h, text := s.ask("PATCH", x.path, x.first, "If-Match", old, "Content-Type", "application/json")
			changed := h.Get("ETag")
			if code != 200 || changed == "" || changed == old {
				t.Fatalf("as it is: %d, ETag %q, was %q\n%s", code, changed, old, text)
			}
			now, before := look()
			if now != changed {
				t.Errorf("the tag of the answer is %s, that of the next look %s", changed, now)
			}
			for _, tag := range []string{old, `"nonsense"`, old + `, "nonsense"`} {
				code, h, text = s.ask("PATCH", x.path, x.second, "If-Match", tag, "Content-Type", "application/json")
				if code != http.StatusPreconditionFailed || h.Get("Content-Type") != "application/problem+json" {
					t.Errorf("If-Match %s: %d %s\n%s", tag, code, h.Get("Content-Type"), text)
				}
			}
			same, after := look()
			if d := cmp.Diff(still(t, before), still(t, after)); d != "" || same != now {
				t.Errorf("what was refused changed something (tag %s, then %s):\n%s", now, same, d)
			}
			for _, tag := range []string{`"nonsense", ` + now, "*"} {
				body := map[bool]string{true: x.third, false: x.second}[tag == "*"]
				if code, h, text = s.ask("PATCH", x.path, body, "If-Match", tag, "Content-Type", "application/json"); code != 200 || h.Get("ETag") == now {
					t.Errorf("If-Match %s: %d, ETag %q\n%s", tag, code, h.Get("ETag"), text)
				}
			}
		})
	}
}

// Of many who change the same thing as they all saw it, one gets through.
func TestOneOfManyGetsThrough(t *testing.T) {
	t.Parallel()
	s, exposure, _ := weakPlace(t)
	_, h, _ := s.ask("GET", exposure, "")
	var done, refused atomic.Int64
	var all sync.WaitGroup
	for i := range 6 {
		all.Go(func() {
			body := `{"owner":"team-` + string(rune('a'+i)) + `","reason":"mine"}`
			code, _, text, err := s.try("PATCH", exposure, body, "If-Match", h.Get("ETag"), "Content-Type", "application/json")
			switch {
			case err == nil && code == 200:
				done.Add(1)
			case err == nil && code == http.StatusPreconditionFailed:
				refused.Add(1)
			default:
				t.Errorf("%v %d %s", err, code, text)
			}
		})
	}
	all.Wait()
	if done.Load() != 1 || refused.Load() != 5 {
		t.Errorf("%d got through, %d were refused", done.Load(), refused.Load())
	}
}

// Who has the answer of a tag is told so, without the answer.
func TestWhatDidNotMoveIsNotSentAgain(t *testing.T) {
	t.Parallel()
	s, exposure, action := weakPlace(t)
	s.quiet()
	for _, path := range []string{exposure, action, "/api/v1/exposures", "/api/v1/overview", "/api/v1/workloads"} {
		for try := 0; ; try++ { // the tag of a list holds the minute, which may end in between
			_, h, _ := s.ask("GET", path, "")
			tag := h.Get("ETag")
			code, h, body := s.ask("GET", path, "", "If-None-Match", `W/"other", `+tag)
			if code == http.StatusNotModified && body == "" && h.Get("ETag") == tag && h.Get("Cache-Control") == "private, no-cache" {
				break
			}
			if try > 1 {
				t.Errorf("%s: %d, tag %q, then %q, Cache-Control %q, %d bytes", path, code, tag, h.Get("ETag"), h.Get("Cache-Control"), len(body))
				break
			}
		}
		if code, _, body := s.ask("GET", path, "", "If-None-Match", `W/"other"`); code != 200 || body == "" {
			t.Errorf("%s with another tag: %d, %d bytes", path, code, len(body))
		}
	}
}

// quiet waits until the pages have followed what is stored.
func (s *served) quiet() {
	s.t.Helper()
	for until := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if code, _, _ := s.ask("GET", "/readyz", ""); code == 200 {
			return
		}
		if time.Now().After(until) {
			s.t.Fatal("the server is not ready")
		}
	}
}
