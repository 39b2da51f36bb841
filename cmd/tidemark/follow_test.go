package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/cmd/tidemark/host"
	"github.com/tidemark/tidemark/internal/server"
)

// password is that of every person in these tests.
const password = "a long enough password"

// signIn gives the cookie of a new session.
func (s *served) signIn(name string) (cookie string) {
	s.t.Helper()
	body := fmt.Sprintf(`{"name":%q,"password":%q}`, name, password)
	code, h, text := s.ask("POST", "/api/v1/session", body, "Authorization", "", "Content-Type", "application/json", "X-Tidemark-CSRF", "1")
	cookie, _, _ = strings.Cut(h.Get("Set-Cookie"), ";")
	if code != 200 || !strings.HasPrefix(cookie, "tidemark_session=") {
		s.t.Fatalf("sign in: %d %q\n%s", code, cookie, text)
	}
	return cookie
}

// followed is a line of events.
type followed struct {
	events <-chan string // name and data; closed at the end of the line
	hangUp func()
}

// follow listens with the cookie of a session.
func (s *served) follow(cookie string) followed {
	s.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	s.t.Cleanup(stop)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/api/v1/events", http.NoBody)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Cookie", cookie)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = res.Body.Close() })
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/event-stream" {
		s.t.Fatalf("events: %d %s", res.StatusCode, res.Header.Get("Content-Type"))
	}
	out := make(chan string, 1000)
	go func() {
		defer close(out)
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
	return followed{out, stop}
}

// until waits for an event that fits, and gives all that came before it.
func (f followed) until(t *testing.T, what string, fits func(string) bool) (before []string) {
	t.Helper()
	timer := time.NewTimer(20 * time.Second)
	defer timer.Stop()
	for {
		select {
		case e, open := <-f.events:
			if !open {
				t.Fatalf("the line ended before %s; it told %q", what, before)
			}
			if before = append(before, e); fits(e) {
				return before
			}
		case <-timer.C:
			t.Fatalf("no %s within 20 s; it told %q", what, before)
		}
	}
}

// ends wants the line to end.
func (f followed) ends(t *testing.T, when string) {
	t.Helper()
	timer := time.NewTimer(10 * time.Second)
	defer timer.Stop()
	for {
		select {
		case _, open := <-f.events:
			if !open {
				return
			}
		case <-timer.C:
			t.Fatalf("the line is still open 10 s after %s", when)
		}
	}
}

// counted reports whether an event tells how many exposures are new.
func counted(e string) bool {
	data, ok := strings.CutPrefix(e, "changed ")
	var c struct {
		New    *int `json:"new"`
		ActNow *int `json:"act_now"`
	}
	return ok && json.Unmarshal([]byte(data), &c) == nil && c.New != nil && *c.New > 0 && c.ActNow != nil
}

func beat(e string) bool { return e == "heartbeat {}" }

// people is a store with persons of two ways of looking.
func people(t *testing.T) *cli {
	t.Helper()
	c := &cli{t: t, where: []string{"--data", t.TempDir()}, now: time.Now()}
	c.typing(0, password, "user", "create", "ann", "--role", "viewer")
	c.typing(0, password, "user", "create", "bob", "--role", "viewer")
	c.typing(0, password, "user", "create", "sam", "--role", "viewer", "--product", "other")
	c.now = time.Time{}
	c.run(0, "intel", "update", "--from", smallIntel(t))
	return c
}

// beating is a server whose events beat fast.
func beating(t *testing.T, c *cli) *served {
	t.Helper()
	s := &served{t: t, token: c.token("admin")}
	ctx, cancel := context.WithCancel(context.Background())
	up, ended := make(chan string, 1), make(chan error, 1)
	h := host.Host{Home: homeOf(c.where, func() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }), Clock: time.Now, Version: "test"}
	h.Err, h.Log = io.Discard, slog.New(slog.DiscardHandler)
	go func() {
		ended <- h.Serve(ctx, host.Options{
			Listen: server.Listen{Address: "127.0.0.1:0"}, Started: func(url, _ string) { up <- url }, Beat: 100 * time.Millisecond,
		})
	}()
	select {
	case s.url = <-up:
	case err := <-ended:
		t.Fatalf("the server did not start: %v", err)
	}
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	s.quiet()
	return s
}

// Whoever looks at a page is told of what is new while they look; who sees a
// part is told that something moved, and not what.
func TestAPageIsToldWhatIsNew(t *testing.T) {
	t.Parallel()
	s := beating(t, people(t))
	wide, narrow := s.follow(s.signIn("ann")), s.follow(s.signIn("sam"))
	wide.until(t, "heartbeat", beat)
	narrow.until(t, "heartbeat", beat)
	s.ask("POST", "/api/v1/evidence/sboms?artifact="+weakImg, weakSBOM)
	s.computed(want[api.ReceiptStatus](s, 202, "POST", "/api/v1/evidence/deployments?source=c1", record("shop", weakImg, "")))
	told := wide.until(t, "news", counted)
	t.Logf("told: %q", told)
	narrow.until(t, "change", func(e string) bool { return strings.HasPrefix(e, "changed ") })
	deadline := time.After(300 * time.Millisecond)
	for done := false; !done; {
		select {
		case e := <-narrow.events:
			var data map[string]any
			name, text, _ := strings.Cut(e, " ")
			if err := json.Unmarshal([]byte(text), &data); err != nil {
				t.Fatal(err)
			}
			delete(data, "revision")
			if name != "changed" && name != "heartbeat" || len(data) > 0 {
				t.Errorf("who sees another product is told %s", e)
			}
		case <-deadline:
			done = true
		}
	}
}

// A session that ended, and a person who may see less, are told nothing more.
func TestEventsEndWithTheSession(t *testing.T) {
	t.Parallel()
	s := beating(t, people(t))
	cookie := s.signIn("ann")
	out, disabled, stays := s.follow(cookie), s.follow(s.signIn("bob")), s.follow(s.signIn("sam"))
	for _, f := range []followed{out, disabled, stays} {
		f.until(t, "heartbeat", beat)
	}
	if code, _, text := s.ask("DELETE", "/api/v1/session", "", "Authorization", "", "Cookie", cookie, "X-Tidemark-CSRF", "1"); code != 200 {
		t.Fatalf("sign out: %d %s", code, text)
	}
	out.ends(t, "signing out")
	if code, _, text := s.ask("PATCH", "/api/v1/users/bob", `{"disabled":true}`, "Content-Type", "application/json"); code != 200 {
		t.Fatalf("disable: %d %s", code, text)
	}
	disabled.ends(t, "the user was disabled")
	for range 3 {
		stays.until(t, "heartbeat", beat)
	}
}

// Listeners that read nothing do not stop the server from telling the others,
// and are gone when their lines are.
func TestDeafListeners(t *testing.T) {
	t.Parallel()
	s := beating(t, people(t))
	cookie := s.signIn("ann")
	const deaf = 40
	for range deaf {
		c := s.says("GET /api/v1/events HTTP/1.1\r\nHost: x\r\nCookie: " + cookie + "\r\n\r\n")
		defer func() { _ = c.Close() }()
	}
	s.listening(deaf)
	hears := s.follow(cookie)
	s.ask("POST", "/api/v1/evidence/sboms?artifact="+weakImg, weakSBOM)
	s.computed(want[api.ReceiptStatus](s, 202, "POST", "/api/v1/evidence/deployments?source=c1", record("shop", weakImg, "")))
	hears.until(t, "news", counted)
	if code, _, text := s.ask("DELETE", "/api/v1/session", "", "Authorization", "", "Cookie", cookie, "X-Tidemark-CSRF", "1"); code != 200 {
		t.Fatalf("sign out: %d %s", code, text)
	}
	hears.ends(t, "signing out")
	s.listening(0)
}

// listening waits until so many listen.
func (s *served) listening(n int) {
	s.t.Helper()
	line := fmt.Sprintf("\ntidemark_event_listeners %d\n", n)
	for until := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		_, _, text := s.ask("GET", "/metrics", "")
		if strings.Contains(text, line) {
			return
		}
		if time.Now().After(until) {
			s.t.Fatalf("not %d listen:\n%s", n, text)
		}
	}
}
