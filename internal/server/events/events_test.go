package events

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/access"
)

func hub(t *testing.T, h *Hub, who access.Principal) *httptest.Server {
	t.Helper()
	h.Now = time.Now
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.Serve(w, r, who) }))
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
