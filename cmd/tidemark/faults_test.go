package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/internal/access"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store"
	"github.com/tidemark/tidemark/internal/store/storetest"
)

// endless is a body that never ends.
type endless struct{ read atomic.Int64 }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	e.read.Add(int64(len(p)))
	return len(p), nil
}

// A body of 1 GB is refused at once when it says so, and at the bound when it
// does not.
func TestHugeBodiesAreRefused(t *testing.T) {
	t.Parallel()
	s := start(t, "--data", t.TempDir())
	for name, length := range map[string]int64{"said": 1 << 30, "unsaid": -1} {
		body := &endless{}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/api/v1/evidence/sboms", io.LimitReader(body, 1<<30))
		if err != nil {
			t.Fatal(err)
		}
		req.ContentLength = length
		req.Header.Set("Authorization", "Bearer "+s.token)
		res, err := http.DefaultClient.Do(req)
		if err == nil {
			_ = res.Body.Close()
			if res.StatusCode != http.StatusRequestEntityTooLarge {
				t.Errorf("%s: status %d", name, res.StatusCode)
			}
		}
		if got := body.read.Load(); got > 100<<20 {
			t.Errorf("%s: %d MiB were taken", name, got>>20)
		}
	}
	if code, _, _ := s.ask("GET", "/api/v1/exposures", ""); code != 200 {
		t.Errorf("afterwards: %d", code)
	}
}

// Many that say nothing, or a little, take neither the memory nor the places. It
// runs alone: what other tests take up would count.
func TestSlowAndManyConnections(t *testing.T) {
	s := start(t, "--data", t.TempDir())
	const many = 1500
	var lines []net.Conn
	defer func() {
		for _, c := range lines {
			_ = c.Close()
		}
	}()
	before := heap()
	for i := range many {
		var dialer net.Dialer
		c, err := dialer.DialContext(t.Context(), "tcp", strings.TrimPrefix(s.url, "http://"))
		if err != nil {
			t.Fatalf("connection %d: %v", i, err)
		}
		lines = append(lines, c)
		if _, err := io.WriteString(c, "POST /api/v1/session HTTP/1.1\r\nHost: x\r\nX-Slow: "); err != nil {
			t.Fatal(err)
		}
	}
	if code, _, _ := s.ask("GET", "/api/v1/exposures", ""); code != 200 {
		t.Errorf("beside them: %d", code)
	}
	if grown := heap() - before; grown > many*40<<10 {
		t.Errorf("%d slow connections take %d MiB", many, grown>>20)
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// A token that was revoked opens nothing from then on.
func TestATokenAfterRevocation(t *testing.T) {
	t.Parallel()
	c := &cli{t: t, where: []string{"--data", t.TempDir()}}
	d := read[api.TokenDetail](c, "token", "create", "--name", "gone", "--role", "viewer", "--expires", "1d")
	s := start(t, c.where...)
	own := []string{"Authorization", "Bearer " + d.Secret}
	if code, _, _ := s.ask("GET", "/api/v1/exposures", "", own...); code != 200 {
		t.Fatalf("before: %d", code)
	}
	db, err := store.Open(t.Context(), store.Config{Dir: c.where[1]})
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.RevokeToken(t.Context(), d.Token.ID, time.Now(), func(access.Token) (ctem.AuditEntry, error) {
		return ctem.AuditEntry{At: time.Now(), Actor: "os:root", Verb: "token revoke", Object: d.Token.ID, Detail: "{}"}, nil
	})
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	if code, _, _ := s.ask("GET", "/api/v1/exposures", "", own...); code != 401 {
		t.Errorf("after: %d", code)
	}
}

// smallDisk is a folder with little room, which is full soon.
func smallDisk(t *testing.T) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root can mount a small disk")
	}
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=6m"); err != nil {
		t.Skipf("no small disk: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// A full disk is a 503 that changes nothing, and is over when there is room.
func TestAFullDisk(t *testing.T) {
	dir := smallDisk(t)
	s := start(t, "--data", filepath.Join(dir, "d"))
	send := func(i int) int {
		artifact, body := bigSBOM(i, 20)
		code, _, _ := s.ask("POST", "/api/v1/evidence/sboms?artifact="+artifact, body)
		return code
	}
	if code := send(0); code != 202 {
		t.Fatalf("with room: %d", code)
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
	full := 0
	for i := 1; i < 60 && full == 0; i++ {
		if code := send(i); code != 202 {
			full = code
		}
	}
	if full != 503 {
		t.Errorf("without room: %d, want 503", full)
	}
	if code, _, _ := s.ask("GET", "/api/v1/sources", ""); code != 200 && code != 503 {
		t.Errorf("reading without room: %d", code)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	for until := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		artifact, body := bigSBOM(100, 20)
		code, _, text := s.ask("POST", "/api/v1/evidence/sboms?artifact="+artifact, body)
		var r api.ReceiptStatus
		if code == 202 && json.Unmarshal([]byte(text), &r) == nil {
			s.computed(r)
			return
		}
		if time.Now().After(until) {
			t.Fatalf("with room again: %d %s", code, text)
		}
	}
}

// kills is how often the test below ends the server; many with -tags=integration.
func kills() int {
	if everyKill {
		return 200
	}
	return 4
}

// TestServeForKill is the server that TestKillUnderLoad ends: a process of its own.
func TestServeForKill(t *testing.T) {
	dir := os.Getenv("TIDEMARK_KILL_DIR")
	if dir == "" {
		t.Skip("only as a process of TestKillUnderLoad")
	}
	code := run(t.Context(), command.Streams{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard, Env: os.Getenv}, time.Now,
		[]string{"serve", "--data", dir, "--listen", os.Getenv("TIDEMARK_KILL_ADDRESS")})
	t.Fatalf("the server ended with %d", code)
}

// Whatever was acknowledged is there after the process was ended by force, as
// often as that happens.
func TestKillUnderLoad(t *testing.T) {
	t.Parallel()
	c := &cli{t: t, where: []string{"--data", t.TempDir()}}
	s := &served{t: t, token: c.token("operator")}
	acknowledged := map[string]bool{}
	var mu sync.Mutex
	for round := range kills() {
		address := freeAddress(t)
		s.url = "http://" + address
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestServeForKill$")
		cmd.Env = append(os.Environ(), "TIDEMARK_KILL_DIR="+c.where[1], "TIDEMARK_KILL_ADDRESS="+address)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		comesUp(t, s)
		var all sync.WaitGroup
		for client := range 4 {
			all.Go(func() {
				for i := range 100_000 {
					artifact, body := bigSBOM(round*1_000_000+client*100_000+i, 5)
					code, _, text, err := s.try("POST", "/api/v1/evidence/sboms?artifact="+artifact, body)
					var r api.ReceiptStatus
					if err != nil || code != http.StatusAccepted || json.Unmarshal([]byte(text), &r) != nil {
						return // it is being ended
					}
					mu.Lock()
					acknowledged[r.ID+" "+artifact] = true
					mu.Unlock()
				}
			})
		}
		time.Sleep(time.Duration(20+round*37%200) * time.Millisecond)
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // it was ended by force
		all.Wait()
	}
	if len(acknowledged) == 0 {
		t.Fatal("nothing was acknowledged: the test proves nothing")
	}
	db, err := store.Open(t.Context(), store.Config{Dir: c.where[1]})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for key := range acknowledged {
		id, _, _ := strings.Cut(key, " ")
		if _, err := db.FindReceipt(t.Context(), id); err != nil {
			t.Errorf("%s: %v", key, err)
		}
	}
	artifacts := c.artifacts()
	for key := range acknowledged {
		_, artifact, _ := strings.Cut(key, " ")
		if _, digest, _ := strings.Cut(artifact, "@"); !artifacts[digest] {
			t.Errorf("%s is lost", artifact)
		}
	}
	t.Logf("%d documents were acknowledged in %d lives", len(acknowledged), kills())
}

// artifacts are the digests of all that is known, after the backlog was worked off.
func (c *cli) artifacts() map[string]bool {
	c.t.Helper()
	c.run(0, "ingest", "sbom", file(c.t, "weak.json", weakSBOM), "--artifact", weakImg)
	out := map[string]bool{}
	for _, a := range read[api.List[api.Artifact]](c, "twin", "get", "artifacts", "--limit", "all").Items {
		out[a.Digest] = true
	}
	return out
}

func freeAddress(t *testing.T) string {
	t.Helper()
	var config net.ListenConfig
	in, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	return in.Addr().String()
}

// comesUp waits until a server answers.
func comesUp(t *testing.T, s *served) {
	t.Helper()
	last := fmt.Errorf("it was not asked")
	for until := time.Now().Add(20 * time.Second); time.Now().Before(until); time.Sleep(5 * time.Millisecond) {
		if _, _, _, last = s.try("GET", "/healthz", ""); last == nil {
			return
		}
	}
	t.Fatal(last)
}

// A database that goes away is a 503 at once, and the server goes on by itself
// when it is back.
func TestTheDatabaseGoesAndComesBack(t *testing.T) {
	t.Parallel()
	db := storetest.StartServer(t)
	c := &cli{t: t, where: []string{"--db", db.Database(t)}}
	s := start(t, append(c.where, "--data", t.TempDir())...)
	send := func() int {
		code, _, _ := s.ask("POST", "/api/v1/evidence/deployments?source=c1", record("shop", weakImg, ""))
		return code
	}
	if code := send(); code != 202 {
		t.Fatalf("at first: %d", code)
	}
	db.Stop(t)
	begin := time.Now()
	if code := send(); code != 503 || time.Since(begin) > 5*time.Second {
		t.Errorf("without the database: %d after %s", code, time.Since(begin))
	}
	if code, _, text := s.ask("GET", "/readyz", ""); code != 503 || !strings.Contains(text, "database") {
		t.Errorf("readiness: %d %s", code, text)
	}
	db.Restart(t)
	for until := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if send() == 202 {
			break
		}
		if time.Now().After(until) {
			t.Fatal("it does not go on")
		}
	}
}
