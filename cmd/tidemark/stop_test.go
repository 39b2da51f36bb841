package main

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/store"
)

// TestServeForStop is the program itself, in a process that TestStopUnderLoad and
// others end with a signal.
func TestServeForStop(t *testing.T) {
	line := os.Getenv("TIDEMARK_SERVE_LINE")
	if line == "" {
		t.Skip("only as a process of another test")
	}
	os.Args = append([]string{"tidemark", "serve"}, strings.Fields(line)...)
	main()
}

// program starts the program as a process of its own.
func program(t *testing.T, s *served, args ...string) *exec.Cmd {
	t.Helper()
	address := freeAddress(t)
	s.url = "http://" + address
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestServeForStop$")
	cmd.Env = append(os.Environ(), "TIDEMARK_SERVE_LINE="+strings.Join(append(args, "--listen", address), " "))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() }) // it has ended, unless the test failed
	comesUp(t, s)
	return cmd
}

// says opens a connection and sends some text.
func (s *served) says(text string) net.Conn {
	s.t.Helper()
	c, err := (&net.Dialer{}).DialContext(s.t.Context(), "tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := io.WriteString(c, text); err != nil {
		s.t.Fatal(err)
	}
	return c
}

// uploads sends documents until one is not taken, and notes those that were: the
// artifact by the receipt.
func uploads(t *testing.T, s *served, first int, taken *sync.Map) {
	for i := first; ; i++ {
		artifact, body := bigSBOM(i, 5)
		code, _, text, err := s.try("POST", "/api/v1/evidence/sboms?artifact="+artifact, body)
		var r api.ReceiptStatus
		switch {
		case err != nil || code == http.StatusServiceUnavailable:
			return // it is stopping
		case code != http.StatusAccepted || json.Unmarshal([]byte(text), &r) != nil:
			t.Errorf("while it stops: %d %s", code, text)
			return
		}
		taken.Store(r.ID, artifact)
	}
}

// Whoever is answered while the server is told to stop has their document in the
// store, the others are hung up on, and the process ends well, and in time, also
// when somebody does not come to the end of what they send.
func TestStopUnderLoad(t *testing.T) {
	t.Parallel()
	c := &cli{t: t, where: []string{"--data", t.TempDir()}}
	s := &served{t: t, token: c.token("operator")}
	var taken sync.Map
	rounds := 2
	if everyKill {
		rounds = 10
	}
	for round := range rounds {
		cmd := program(t, s, c.where...)
		events := s.says("GET /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + s.token + "\r\n\r\n") // would stay open
		stuck := everyKill && round%5 == 0
		if stuck {
			half := s.says("POST /api/v1/evidence/sboms HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\nAuthorization: Bearer " + s.token + "\r\n\r\n{")
			defer func() { _ = half.Close() }()
		}
		var all sync.WaitGroup
		for client := range 6 {
			all.Go(func() { uploads(t, s, round*1_000_000+client*100_000, &taken) })
		}
		time.Sleep(time.Duration(150+round*70) * time.Millisecond)
		begin := time.Now()
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		err := cmd.Wait()
		took := time.Since(begin)
		all.Wait()
		_ = events.Close()
		most := 5 * time.Second
		if stuck {
			most = 12 * time.Second
		}
		if err != nil || took > most {
			t.Errorf("it ended with %v after %s", err, took)
		}
	}
	db, err := store.Open(t.Context(), store.Config{Dir: c.where[1]})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	artifacts, n := c.artifacts(), 0
	taken.Range(func(id, artifact any) bool {
		n++
		if _, err := db.FindReceipt(t.Context(), id.(string)); err != nil {
			t.Errorf("%v: %v", id, err)
		}
		if _, digest, _ := strings.Cut(artifact.(string), "@"); !artifacts[digest] {
			t.Errorf("%s is lost", artifact)
		}
		return true
	})
	if n == 0 {
		t.Fatal("nothing was taken: the test proves nothing")
	}
	t.Logf("%d documents were taken", n)
}
