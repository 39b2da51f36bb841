package main

import (
	"database/sql"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/store/storetest"
)

// shows waits until a server lists so many open exposures.
func (s *served) shows(n int) {
	s.t.Helper()
	last := -1
	for until := time.Now().Add(30 * time.Second); time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
		list := want[api.List[api.Exposure]](s, 200, "GET", "/api/v1/exposures?limit=1", "")
		if last = list.Total; last == n {
			return
		}
	}
	s.t.Fatalf("%s lists %d exposures, want %d", s.url, last, n)
}

// Two servers on one database are one: each shows what the other took, lets in
// whom the other let in, and knows what the other answered.
func TestTwoServersAreOne(t *testing.T) {
	t.Parallel()
	c := &cli{t: t, where: []string{"--db", storetest.StartServer(t).Database(t)}, now: time.Now()}
	c.typing(0, password, "user", "create", "ann", "--role", "viewer")
	c.now = time.Time{}
	c.run(0, "intel", "update", "--from", smallIntel(t))
	token := c.token("admin")
	pair := [2]*served{}
	for i := range pair {
		pair[i] = start(t, append(c.where, "--data", t.TempDir())...)
		pair[i].token = token
		pair[i].quiet()
	}
	cookie := pair[0].signIn("ann")
	told := pair[1].follow(cookie) // the session is known at the other
	const each, clients = 6, 4
	var all sync.WaitGroup
	receipts := make(chan api.ReceiptStatus, each*clients)
	for client := range clients {
		all.Go(func() {
			for i := range each {
				artifact, body := bigSBOM(client*each+i, 5)
				receipts <- want[api.ReceiptStatus](pair[client%2], 202, "POST", "/api/v1/evidence/sboms?artifact="+artifact, body)
			}
		})
	}
	all.Wait()
	close(receipts)
	i := 0
	for r := range receipts {
		pair[i%2].computed(r) // whichever took it
		i++
	}
	told.until(t, "news", counted)
	for _, s := range pair {
		s.shows(each * clients)
	}
	const path = "/api/v1/evidence/deployments?source=c1"
	artifact, _ := bigSBOM(0, 5)
	first := want[api.ReceiptStatus](pair[0], 202, "POST", path, record("shop", artifact, ""), "Idempotency-Key", "k")
	code, h, text := pair[1].ask("POST", path, record("shop", artifact, ""), "Idempotency-Key", "k")
	if code != 202 || h.Get("Idempotency-Replayed") != "true" || !strings.Contains(text, first.ID) {
		t.Errorf("the key at the other: %d %v %s", code, h, text)
	}
	if code, _, _ := pair[1].ask("POST", path, record("next", artifact, ""), "Idempotency-Key", "k"); code != 409 {
		t.Errorf("another request at the other: %d", code)
	}
	pair[1].computed(first)
	var lists [2]string
	for range 100 { // each follows the streams in its own time
		for i, s := range pair {
			s.shows(each * clients) // the first build runs now, the others do not
			_, _, body := s.ask("GET", "/api/v1/exposures?q=is:live&limit=100", "")
			lists[i] = fmt.Sprint(still(t, body)["items"])
		}
		if lists[0] == lists[1] {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if lists[0] != lists[1] {
		t.Errorf("they list different things:\n%s\n%s", lists[0], lists[1])
	}
	if code, _, text := pair[1].ask("DELETE", "/api/v1/session", "", "Authorization", "", "Cookie", cookie, "X-Tidemark-CSRF", "1"); code != 200 {
		t.Fatalf("sign out at the other: %d %s", code, text)
	}
	if code, _, _ := pair[0].ask("GET", "/api/v1/exposures", "", "Authorization", "", "Cookie", cookie); code != http.StatusUnauthorized {
		t.Errorf("a session that ended at the other: %d", code)
	}
}

// behind is how many of the receipts that were given are not computed.
func (s *served) behind(taken *sync.Map) (n int) {
	s.t.Helper()
	taken.Range(func(id, _ any) bool {
		if want[api.ReceiptStatus](s, 200, "GET", "/api/v1/receipts/"+id.(string), "").State != "computed" {
			n++
		}
		return n == 0
	})
	return n
}

func count(m *sync.Map) (n int) {
	m.Range(func(_, _ any) bool { n++; return true })
	return n
}

// minutePasses ends all leases.
func minutePasses(t *testing.T, url string) {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), "UPDATE lease SET expires = 0"); err != nil {
		t.Fatal(err)
	}
}

// What a server acknowledged is computed by another when it is ended by force,
// whatever it was at.
func TestAServerTakesOverFromOneThatWasKilled(t *testing.T) {
	t.Parallel()
	db := storetest.StartServer(t)
	c := &cli{t: t, where: []string{"--db", db.Database(t)}}
	c.run(0, "intel", "update", "--from", smallIntel(t))
	token := c.token("admin")
	lives := &served{t: t}
	*lives = *start(t, append(c.where, "--data", t.TempDir())...)
	lives.token = token
	rounds := 2
	if everyKill {
		rounds = 50
	}
	var taken sync.Map
	for round := range rounds {
		dies := &served{t: t, token: token}
		cmd := program(t, dies, c.where...)
		var all sync.WaitGroup
		for client := range 4 {
			all.Go(func() { uploads(t, dies, round*1_000_000+client*100_000, &taken) })
		}
		for begun, had := time.Now(), count(&taken); count(&taken) < had+5+round%7 && time.Since(begun) < 10*time.Second; {
			time.Sleep(time.Millisecond)
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // it was ended by force
		all.Wait()
	}
	if !everyKill {
		minutePasses(t, c.where[1])
	}
	n := 0
	began := time.Now()
	for until := began.Add(90 * time.Second); time.Now().Before(until); time.Sleep(100 * time.Millisecond) {
		if lives.behind(&taken) == 0 {
			break
		}
	}
	taken.Range(func(id, artifact any) bool {
		n++
		lives.computed(api.ReceiptStatus{ID: id.(string), URL: "/api/v1/receipts/" + id.(string)})
		return true
	})
	if n == 0 {
		t.Fatal("nothing was taken: the test proves nothing")
	}
	t.Logf("%d documents of %d killed servers were computed %s after the last was killed", n, rounds, time.Since(began).Round(time.Millisecond))
	// One that was stored and not answered is there as well.
	if list := want[api.List[api.Exposure]](lives, 200, "GET", "/api/v1/exposures?limit=1", ""); list.Total < n {
		t.Errorf("%d exposures of %d documents", list.Total, n)
	}
}
