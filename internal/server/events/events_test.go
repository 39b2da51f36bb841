package events

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/access"
	"github.com/tidemark/tidemark/internal/fault"
)

func hub(t *testing.T, h *Hub, who access.Principal) *httptest.Server {
	t.Helper()
	h.Now = time.Now
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h.Serve(w, r, who); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(s.Close)
	t.Cleanup(h.Close)
	return s
}

// listen returns the names and data of events as they come.
func listen(t *testing.T, url string) <-chan string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	out := make(chan string, 100)
	go func() {
		defer close(out)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return // the test is over
		}
		defer func() { _ = res.Body.Close() }()
		if res.StatusCode != http.StatusOK {
			out <- res.Status
		}
		lines, name := bufio.NewScanner(res.Body), ""
		for lines.Scan() {
			if n, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				name = n
			}
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				out <- name + " " + data
			}
		}
	}()
	return out
}

func waitFor(t *testing.T, h *Hub, n int) {
	t.Helper()
	for until := time.Now().Add(5 * time.Second); h.Count() != n; time.Sleep(time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("%d listen, want %d", h.Count(), n)
		}
	}
}

// Whoever may not see all is told that something changed, and not how much.
func TestNumbersAreForThoseWhoSeeAll(t *testing.T) {
	t.Parallel()
	one := 1
	for name, x := range map[string]struct {
		who  access.Principal
		want string
	}{
		"all":      {access.Principal{Role: access.Viewer}, `changed {"revision":"r1","new":1}`},
		"products": {access.Principal{Role: access.Viewer, Products: []string{}}, `changed {"revision":"r1"}`},
		"owner":    {access.Principal{Role: access.Owner}, `changed {"revision":"r1"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := &Hub{}
			got := listen(t, hub(t, h, x.who).URL)
			waitFor(t, h, 1)
			h.Publish(Event{Name: "changed", Data: Changed{Revision: "r1", New: &one}, Narrow: Changed{Revision: "r1"}})
			if e := <-got; e != x.want {
				t.Errorf("got %s, want %s", e, x.want)
			}
		})
	}
}

func TestHeartbeatAndEnd(t *testing.T) {
	t.Parallel()
	h := &Hub{Beat: 5 * time.Millisecond}
	got := listen(t, hub(t, h, access.Principal{}).URL)
	if e := <-got; e != "heartbeat {}" {
		t.Errorf("got %s", e)
	}
	h.Close()
	for range got { // it ends
	}
	waitFor(t, h, 0)
}

// One that does not keep up gets one resync in place of what it missed, and
// nobody waits for it.
func TestSlowListenersAreToldToLookAgain(t *testing.T) {
	t.Parallel()
	h := &Hub{}
	s, ok := h.join(true)
	if !ok {
		t.Fatal("not let in")
	}
	for range 3*queued + 1 {
		h.Publish(Event{Name: "changed"})
	}
	if n := len(s.queue); n > queued {
		t.Errorf("%d events wait", n)
	}
	names := map[string]int{}
	for len(s.queue) > 0 {
		names[(<-s.queue).Name]++
	}
	if names["resync"] != 1 {
		t.Errorf("%v", names)
	}
}

func TestListenersAreBounded(t *testing.T) {
	t.Parallel()
	h := &Hub{Subscribers: 1}
	url := hub(t, h, access.Principal{}).URL
	listen(t, url)
	waitFor(t, h, 1)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" {
		t.Errorf("status %d", res.StatusCode)
	}
}

// Whoever loses the right to listen, or a part of what they see, is hung up on
// at the next beat; while nobody knows, they stay.
func TestWhoMayListenNoMoreIsHungUpOn(t *testing.T) {
	t.Parallel()
	whole := access.Principal{Name: "a", Kind: access.ByPassword, Role: access.Viewer}
	part, source := whole, whole
	part.Products, source.Role = []string{"p"}, access.Source
	for name, x := range map[string]struct {
		who  access.Principal
		err  error
		ends bool
	}{
		"the same":  {who: whole},
		"not known": {err: fault.New(fault.Unavailable, "the database is gone")},
		"revoked":   {err: fault.New(fault.Unauthenticated, "your session has ended"), ends: true},
		"a part":    {who: part, ends: true},
		"a source":  {who: source, ends: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int64
			h := &Hub{Beat: 5 * time.Millisecond, Still: func(*http.Request) (access.Principal, error) {
				if asked.Add(1) < 3 {
					return whole, nil
				}
				return x.who, x.err
			}}
			got, beats := listen(t, hub(t, h, whole).URL), 0
			for e := range got {
				if beats++; beats == 10 {
					break
				}
				if e != "heartbeat {}" {
					t.Errorf("got %s", e)
				}
			}
			if ended := beats < 10; ended != x.ends {
				t.Errorf("after %d beats", beats)
			}
			if x.ends {
				waitFor(t, h, 0)
			}
		})
	}
}

// One that reads nothing is given up, and nothing waits for it from then on.
func TestOneThatReadsNothingIsDropped(t *testing.T) {
	t.Parallel()
	h := &Hub{Patience: 50 * time.Millisecond}
	var dialer net.Dialer
	conn, err := dialer.DialContext(t.Context(), "tcp", strings.TrimPrefix(hub(t, h, access.Principal{Role: access.Viewer}).URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	waitFor(t, h, 1)
	long := strings.Repeat("x", 1<<20)
	for until := time.Now().Add(20 * time.Second); h.Count() > 0; time.Sleep(time.Millisecond) {
		h.Publish(Event{Name: "changed", Data: long})
		if time.Now().After(until) {
			t.Fatal("it is still there")
		}
	}
}
