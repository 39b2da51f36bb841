package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// crowds is how many connect in the test below; all of them with -tags=integration.
func crowds() int {
	if everyKill {
		return 10_000
	}
	return 3_000
}

// files lets this process have so many open, or skips.
func files(t *testing.T, n uint64) {
	t.Helper()
	var had syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &had); err != nil {
		t.Fatal(err)
	}
	if had.Cur >= n {
		return
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: n, Max: max(n, had.Max)}); err != nil {
		t.Skipf("%d open files are allowed, %d are needed: %v", had.Cur, n, err)
	}
	t.Cleanup(func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: had.Cur, Max: max(n, had.Max)}); err != nil {
			t.Logf("the limit of open files stays: %v", err)
		}
	})
}

// More than there are places for connect and say nothing, or a little now and
// then. The memory stays bounded, and whoever asks for something is answered. It
// runs alone: what other tests take up would count.
func TestACrowdThatSaysNothing(t *testing.T) {
	many := crowds()
	files(t, uint64(many+4000)) // theirs, the server's, and some more
	s := start(t, "--data", t.TempDir())
	s.quiet()
	address, before := strings.TrimPrefix(s.url, "http://"), heap()
	lines := make(chan net.Conn, many)
	var all []net.Conn
	defer func() {
		for _, c := range all {
			_ = c.Close()
		}
	}()
	go func() {
		defer close(lines)
		for i := range many {
			ctx, stop := context.WithTimeout(context.Background(), 30*time.Second)
			c, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
			stop()
			if err != nil {
				continue // turned away by the kernel
			}
			if i%2 == 0 {
				_, _ = io.WriteString(c, "POST /api/v1/session HTTP/1.1\r\nHost: x\r\nX-Slow: ") // it may be given up by now
			}
			lines <- c
		}
	}()
	for c := range lines {
		all = append(all, c)
	}
	slow := time.Duration(0)
	for range 20 {
		for i := 0; i < len(all); i += 97 {
			_, _ = all[i].Write([]byte("a")) // as before
		}
		began := time.Now()
		code, _, _, err := s.try("GET", "/api/v1/exposures", "", "Connection", "close")
		if err != nil || code != http.StatusOK && code != http.StatusServiceUnavailable {
			t.Fatalf("beside them: %d, %v", code, err)
		}
		slow = max(slow, time.Since(began))
	}
	grown := heap() - before
	t.Logf("%d of %d connected; %d MiB more; the slowest answer beside them took %s", len(all), many, grown>>20, slow)
	if grown > 2048*40<<10 {
		t.Errorf("they take %d MiB", grown>>20)
	}
	if slow > 5*time.Second {
		t.Errorf("an answer took %s", slow)
	}
}
