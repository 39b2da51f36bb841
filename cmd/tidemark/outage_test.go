package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/store/storetest"
)

// turnedAway wants an answer that says what is wrong and when to come back.
func (s *served) turnedAway(when, method, path, body string, headers ...string) {
	s.t.Helper()
	began := time.Now()
	code, h, text := s.ask(method, path, body, headers...)
	var p api.Problem
	err := json.Unmarshal([]byte(text), &p)
	if code != http.StatusServiceUnavailable || h.Get("Content-Type") != "application/problem+json" || h.Get("Retry-After") == "" ||
		err != nil || p.Detail == "" || p.Code != "unavailable" || p.RequestID == "" {
		s.t.Errorf("%s, %s %s: %d %s, Retry-After %q\n%s", when, method, path, code, h.Get("Content-Type"), h.Get("Retry-After"), text)
	}
	if took := time.Since(began); took > 6*time.Second {
		s.t.Errorf("%s, %s %s: after %s", when, method, path, took)
	}
}

// goesOn sends a request with a key until it is taken.
func (s *served) goesOn(path, body, key string) api.ReceiptStatus {
	s.t.Helper()
	for until := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		code, _, text := s.ask("POST", path, body, "Idempotency-Key", key)
		var r api.ReceiptStatus
		if code == http.StatusAccepted && json.Unmarshal([]byte(text), &r) == nil {
			return r
		}
		if time.Now().After(until) {
			s.t.Fatalf("it does not go on: %d %s", code, text)
		}
	}
}

// Without its database the server says so, whatever it is asked for, keeps the
// lines of events, and goes on by itself: what was sent meanwhile with a key is
// done once.
func TestWithoutTheDatabase(t *testing.T) {
	t.Parallel()
	db := storetest.StartServer(t)
	c := &cli{t: t, where: []string{"--db", db.Database(t)}, now: time.Now()}
	c.typing(0, password, "user", "create", "ann", "--role", "viewer")
	c.now = time.Time{}
	c.run(0, "intel", "update", "--from", smallIntel(t))
	admin := c.token("admin")
	s := start(t, append(c.where, "--data", t.TempDir())...)
	s.token = admin
	s.quiet()
	const path = "/api/v1/evidence/sboms?artifact=" + weakImg
	s.computed(s.goesOn(path, weakSBOM, "before"))
	weak := want[api.List[api.Exposure]](s, 200, "GET", "/api/v1/exposures", "").Items[0].ID
	line := s.follow(s.signIn("ann"))
	db.Stop(t)
	s.turnedAway("without", "POST", path, mendedBOM, "Idempotency-Key", "meanwhile")
	s.turnedAway("without", "GET", "/api/v1/exposures", "")
	s.turnedAway("without", "PATCH", "/api/v1/exposures/"+weak, `{"owner":"team-a"}`, "Content-Type", "application/json")
	s.turnedAway("without", "POST", "/api/v1/session", `{"name":"ann","password":"`+password+`"}`, "Authorization", "", "Content-Type", "application/json", "X-Tidemark-CSRF", "1")
	s.turnedAway("without", "GET", "/api/v1/events", "")
	if code, _, _ := s.ask("GET", "/healthz", ""); code != 200 {
		t.Errorf("the process answers %d", code)
	}
	if code, _, _ := s.ask("GET", "/exposures", "", "Authorization", ""); code != 200 {
		t.Errorf("the page is %d", code)
	}
	db.Restart(t)
	other := "/api/v1/evidence/sboms?artifact=" + mendedImg
	s.computed(s.goesOn(other, mendedBOM, "after"))
	s.quiet()
	one, two := s.goesOn(path, mendedBOM, "meanwhile"), s.goesOn(path, mendedBOM, "meanwhile")
	if one.ID != two.ID {
		t.Errorf("done twice: %s, %s", one.ID, two.ID)
	}
	if all := want[api.List[api.ReceiptStatus]](s, 200, "GET", "/api/v1/receipts", ""); all.Total != 3 {
		t.Errorf("%d receipts of 3 documents", all.Total)
	}
	if e := want[api.ExposureDetail](s, 200, "GET", "/api/v1/exposures/"+weak, ""); e.Owner != "" || len(e.Rulings) != 0 {
		t.Errorf("what was refused is done: %+v", e)
	}
	if v := want[api.Audit](s, 200, "GET", "/api/v1/audit/verification", ""); !v.OK {
		t.Errorf("the log: %+v", v)
	}
	s.ask("DELETE", "/api/v1/session", "", "Authorization", "")
	line.hangUp()
}

// Without room the server says so, has nothing half done, still shows what it
// has, and goes on when there is room.
func TestWithoutRoom(t *testing.T) {
	dir := smallDisk(t)
	c := &cli{t: t, where: []string{"--data", filepath.Join(dir, "d")}}
	c.run(0, "intel", "update", "--from", smallIntel(t))
	s := start(t, c.where...)
	s.quiet()
	send := func(i int, key string) (int, string) {
		artifact, body := bigSBOM(i, 20)
		code, _, text := s.ask("POST", "/api/v1/evidence/sboms?artifact="+artifact, body, "Idempotency-Key", key)
		return code, text
	}
	filler := filepath.Join(dir, "filler")
	f, err := os.Create(filler)
	if err != nil {
		t.Fatal(err)
	}
	chunk := make([]byte, 4096)
	for err == nil {
		_, err = f.Write(chunk)
	}
	_ = f.Close()
	taken, failed := 0, -1
	for i := range 100 {
		code, text := send(i, fmt.Sprint("k", i))
		if code == http.StatusAccepted {
			taken++
			continue
		}
		if code != http.StatusServiceUnavailable {
			t.Fatalf("without room: %d %s", code, text)
		}
		failed = i
		break
	}
	if failed < 0 {
		t.Fatal("there was room all the time: the test proves nothing")
	}
	artifact, body := bigSBOM(failed, 20)
	path := "/api/v1/evidence/sboms?artifact=" + artifact
	s.turnedAway("without room", "POST", path, body)
	s.turnedAway("without room", "POST", path, body, "Idempotency-Key", fmt.Sprint("k", failed))
	if code, _, text := s.ask("GET", "/api/v1/receipts", ""); code != 200 {
		t.Errorf("reading without room: %d %s", code, text)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	key := fmt.Sprint("k", failed)
	one := s.goesOn(path, body, key)
	s.computed(one)
	if two := s.goesOn(path, body, key); two.ID != one.ID {
		t.Errorf("done twice: %s, %s", one.ID, two.ID)
	}
	if all := want[api.List[api.ReceiptStatus]](s, 200, "GET", "/api/v1/receipts", ""); all.Total != taken+1 {
		t.Errorf("%d receipts; %d documents were taken", all.Total, taken+1)
	}
	if list := want[api.List[api.Exposure]](s, 200, "GET", "/api/v1/exposures?limit=1", ""); list.Total != taken+1 {
		t.Errorf("%d exposures of %d documents", list.Total, taken+1)
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	if v := read[api.Audit](c, "audit", "verify"); !v.OK {
		t.Errorf("the log: %+v", v)
	}
}
