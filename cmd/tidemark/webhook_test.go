package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/notify"
)

// heard is a message as a receiver got it.
type heard struct {
	id, signature string
	body          []byte
}

// through runs a command through the server, and decodes what it prints.
func through[T any](t *testing.T, f *far, code int, args ...string) (doc T) {
	t.Helper()
	got, out, errs := f.ask("", append(args, "-o", "json")...)
	if got != code {
		t.Fatalf("%q: exit %d, want %d\n%s%s", args, got, code, out, errs)
	}
	if err := json.Unmarshal([]byte(out), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// A server tells a webhook what changed in the world, signed, as the list of
// events has it.
func TestWebhooks(t *testing.T) {
	t.Parallel()
	got := make(chan heard, 100)
	to := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- heard{r.Header.Get(notify.HeaderID), r.Header.Get(notify.HeaderSignature), body}
	}))
	t.Cleanup(to.Close)
	c := people(t)
	s := beating(t, c)
	f := &far{cli: c, url: s.url, env: map[string]string{"TIDEMARK_TOKEN": s.token, "XDG_CONFIG_HOME": t.TempDir()}}
	hook := through[api.WebhookDetail](t, f, 0, "webhook", "add", to.URL+"/in/secret-part", "--private", "--kind", "kev.ransomware")
	if hook.Secret == "" || strings.Contains(hook.URL, "secret-part") {
		t.Fatalf("%+v", hook)
	}
	next := func() heard {
		t.Helper()
		select {
		case h := <-got:
			at := strings.TrimPrefix(strings.Split(h.signature, ",")[0], "t=")
			var seconds int64
			if err := json.Unmarshal([]byte(at), &seconds); err != nil || notify.Sign(ctem.Secret(hook.Secret), time.Unix(seconds, 0), h.body) != h.signature {
				t.Errorf("signed %q: %v", h.signature, err)
			}
			return h
		case <-time.After(30 * time.Second):
			t.Fatal("nothing came")
			return heard{}
		}
	}
	if x := through[api.WebhookTest](t, f, 0, "webhook", "test", hook.ID); !x.OK || x.Status != 200 {
		t.Errorf("a test: %+v", x)
	}
	var notice api.EventNotice
	if err := json.Unmarshal(next().body, &notice); err != nil || !notice.Test {
		t.Errorf("a test is told as %+v, %v", notice, err)
	}
	s.ask("POST", "/api/v1/evidence/sboms?artifact="+weakImg, weakSBOM)
	s.computed(want[api.ReceiptStatus](s, 202, "POST", "/api/v1/evidence/deployments?source=c1", record("shop", weakImg, "")))
	feeds := newFeeds(t)
	delete(feeds.records, "GHSA-0001")
	feeds.records["GHSA-left-left-left"] = feeds.record("GHSA-left-left-left", "CVE-2026-0001", "9.0.0")
	feeds.kev = append(feeds.kev, map[string]string{"cveID": "CVE-2026-0001", "dateAdded": "2026-01-04", "vulnerabilityName": "n", "knownRansomwareCampaignUse": "Known"})
	if code, out, errs := f.ask("", "intel", "update", "--from", feeds.write("2026-02-01")); code != 0 {
		t.Fatalf("exit %d\n%s%s", code, out, errs)
	}
	m := next()
	if err := json.Unmarshal(m.body, &notice); err != nil || notice.Event.Kind != "kev.ransomware" || notice.Event.ID != m.id {
		t.Fatalf("told %s, %v", m.body, err)
	}
	list := through[api.List[api.IntelEvent]](t, f, 0, "intel", "events", "--kind", "kev.ransomware")
	if len(list.Items) != 1 || list.Items[0].Sentence != notice.Event.Sentence {
		t.Errorf("the list says %+v, it was told %+v", list.Items, notice.Event)
	}
	for until := time.Now().Add(20 * time.Second); ; {
		hooks := through[api.List[api.Webhook]](t, f, 0, "webhook", "list").Items
		if len(hooks) == 1 && hooks[0].Delivered == 1 && hooks[0].Behind == 0 {
			break
		}
		if time.Now().After(until) {
			t.Fatalf("%+v", hooks)
		}
		time.Sleep(20 * time.Millisecond)
	}
	through[api.WebhookDetail](t, f, 0, "webhook", "remove", hook.ID)
	through[api.Error](t, f, command.ExitNotFound, "webhook", "test", hook.ID)
	log := through[api.List[api.AuditEntry]](t, f, 0, "audit", "list", "--verb", "webhook")
	if len(log.Items) != 3 || strings.Contains(mustJSON(t, log), "secret-part") || strings.Contains(mustJSON(t, log), hook.Secret) {
		t.Errorf("the log: %+v", log.Items)
	}
}
