package server

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// small serves with few places until the end of the test; /slow is served until
// let is closed.
func small(t *testing.T, places int) (address string, let chan struct{}) {
	t.Helper()
	l := Listen{Address: "127.0.0.1:0", Connections: places}
	in, err := l.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	let = make(chan struct{})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- l.Serve(ctx, in, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/slow" {
				<-let
			}
			_, _ = io.WriteString(w, "served")
		}), func() {})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return in.Addr().String(), let
}

// dial connects, and says something.
func dial(t *testing.T, address, says string) net.Conn {
	t.Helper()
	var dialer net.Dialer
	c, err := dialer.DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if _, err := io.WriteString(c, says); err != nil {
		t.Fatal(err)
	}
	return c
}

const (
	wholeAsk = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
	partAsk  = "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "
	slowAsk  = "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"
)

// answers reports whether an answer comes in time.
func answers(c net.Conn, within time.Duration) bool {
	if c.SetReadDeadline(time.Now().Add(within)) != nil {
		return false
	}
	got := make([]byte, 4096)
	n, err := c.Read(got)
	return err == nil && strings.HasPrefix(string(got[:n]), "HTTP/1.1 200 OK")
}

// Who asks for something gets the place of who says nothing, has not said all, or
// has nothing to ask any more; what is being served goes on.
func TestWhoSaysNothingKeepsNobodyOut(t *testing.T) {
	t.Parallel()
	const places = 8
	address, let := small(t, places)
	served := []net.Conn{dial(t, address, slowAsk), dial(t, address, slowAsk)}
	kept := dial(t, address, wholeAsk) // stays idle
	if !answers(kept, 5*time.Second) {
		t.Fatal("the first was not answered")
	}
	var silent []net.Conn
	for i := range 5 * places {
		silent = append(silent, dial(t, address, []string{"", partAsk}[i%2]))
	}
	for i := range 2 * places {
		if c := dial(t, address, wholeAsk); !answers(c, 5*time.Second) {
			t.Fatalf("the %d. of those that ask was not answered", i)
		}
	}
	over := 0
	for _, c := range silent {
		if err := c.SetReadDeadline(time.Now().Add(10 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Read(make([]byte, 1)); err != nil && !strings.Contains(err.Error(), "timeout") {
			over++
		}
	}
	if over < len(silent)-places {
		t.Errorf("%d of %d silent ones were given up; there are %d places", over, len(silent), places)
	}
	close(let)
	for _, c := range served {
		if !answers(c, 5*time.Second) {
			t.Error("what was being served was cut off")
		}
	}
}

// Where every place is being served, the next waits, and gets the first that is
// free.
func TestTheNextWaitsWhileAllAreServed(t *testing.T) {
	t.Parallel()
	const places = 4
	address, let := small(t, places)
	for range places {
		dial(t, address, slowAsk)
	}
	time.Sleep(50 * time.Millisecond) // they are being served
	next := dial(t, address, wholeAsk)
	if answers(next, 300*time.Millisecond) {
		t.Fatal("there are more connections than places")
	}
	close(let)
	if !answers(next, 5*time.Second) {
		t.Error("it was not answered when there was room")
	}
}
