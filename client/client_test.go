package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/api"
)

func TestAddressesAndTokensAreChecked(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		cfg   Config
		fails string // "": it does not
	}{
		{"tls", Config{URL: "https://tidemark.example/", Token: "tdm_x"}, ""},
		{"below_a_path", Config{URL: "https://example.org/tidemark", Token: "tdm_x"}, ""},
		{"this_machine", Config{URL: "http://127.0.0.1:8080", Token: "tdm_x"}, ""},
		{"this_machine_v6", Config{URL: "http://[::1]:8080", Token: "tdm_x"}, ""},
		{"localhost", Config{URL: "http://localhost:8080", Token: "tdm_x"}, ""},
		{"plain", Config{URL: "http://tidemark.example", Token: "tdm_x"}, "for all to read"},
		{"looks_like_this_machine", Config{URL: "http://localhost.example", Token: "tdm_x"}, "for all to read"},
		{"plain_but_allowed", Config{URL: "http://tidemark.example", Token: "tdm_x", AllowHTTP: true}, ""},
		{"no_scheme", Config{URL: "tidemark.example:8080"}, "not of the form"},
		{"nothing", Config{}, "not of the form"},
		{"other_scheme", Config{URL: "file:///etc/passwd"}, "not of the form"},
		{"with_password", Config{URL: "https://ann:geheim@tidemark.example"}, "name or password"},
		{"with_query", Config{URL: "https://tidemark.example?x=1"}, "not of the form"},
		{"unreadable", Config{URL: "https://[::1"}, "cannot be read"},
		{"token_with_line_end", Config{URL: "https://tidemark.example", Token: "tdm_x\n"}, "characters"},
	}
	for _, x := range cases {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			_, err := New(x.cfg)
			if x.fails == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var e *Error
			if !errors.As(err, &e) || !strings.Contains(e.Error(), x.fails) || e.Problem.Code != "invalid" || e.Problem.Hint == "" {
				t.Errorf("got %v, want an invalid address that says %q", err, x.fails)
			}
			if strings.Contains(fmt.Sprint(err), "geheim") {
				t.Errorf("the password is in %v", err)
			}
		})
	}
}

// asking gives a client of a handler; it waits for nothing, and notes for how
// long it would have.
func asking(t *testing.T, h http.HandlerFunc) (*Client, *[]time.Duration) {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	c, err := New(Config{URL: s.URL, Token: "tdm_x", HTTP: s.Client()})
	if err != nil {
		t.Fatal(err)
	}
	var waits []time.Duration
	c.pause = func(ctx context.Context, d time.Duration) error {
		waits = append(waits, d)
		return ctx.Err()
	}
	c.random = func() float64 { return 1 }
	return c, &waits
}

func reply(w http.ResponseWriter, status int, kind, body string) {
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func TestRefusalsComeBackAsTheServerPutThem(t *testing.T) {
	t.Parallel()
	const doc = "application/problem+json"
	cases := []struct {
		name         string
		status       int
		kind, body   string
		code, detail string
		hint, id     string
	}{
		{"problem", 422, doc, `{"status":422,"detail":"no key x","hint":"use y","code":"invalid","request_id":"r1"}`, "invalid", "no key x", "use y", "r1"},
		{"faults", 422, doc, `{"status":422,"detail":"wrong","code":"invalid","errors":[{"where":"query.limit","detail":"too large"},{"detail":"odd"}]}`, "invalid", "wrong: query.limit: too large; odd", "", ""},
		{"without_code", 404, doc, `{"title":"Not Found"}`, "not-found", "Not Found", "", ""},
		{"not_there", 404, "text/html", "<h1>404</h1>", "unavailable", "the answer 404 Not Found is not one of a Tidemark server", "*", ""},
		{"a_proxy_says_no", 403, "text/html", "<h1>no</h1>", "forbidden", "the answer 403 Forbidden is not one of a Tidemark server", "*", ""},
		{"broken_problem", 500, doc, `{"detail":`, "unavailable", "the answer 500 Internal Server Error is not one of a Tidemark server", "*", ""},
		{"a_page_of_success", 200, "text/html", "<h1>hello</h1>", "unavailable", "the answer 200 OK is not one of a Tidemark server", "*", ""},
		{"not_a_document", 200, "application/json", "[", "unavailable", "the server's answer cannot be read: unexpected end of JSON input", "*", ""},
	}
	for _, x := range cases {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			c, _ := asking(t, func(w http.ResponseWriter, _ *http.Request) { reply(w, x.status, x.kind, x.body) })
			_, err := c.Exposure(t.Context(), "EXP-1", api.Moment{})
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v, want an *Error", err)
			}
			if x.hint == "*" {
				x.hint = e.Problem.Hint
			}
			got := []string{e.Problem.Code, e.Error(), e.Problem.Hint, e.Problem.RequestID}
			if d := cmp.Diff([]string{x.code, x.detail, x.hint, x.id}, got); d != "" {
				t.Error(d)
			}
			if x.detail != "the server's answer cannot be read: unexpected end of JSON input" && e.Status != x.status {
				t.Errorf("status %d, want %d", e.Status, x.status)
			}
		})
	}
}

func TestWhatIsTriedAgain(t *testing.T) {
	t.Parallel()
	question := func(c *Client) error { return errOf(c.Doctor(context.Background())) }
	mutation := func(c *Client) error { return errOf(c.ApplyScope(context.Background(), []byte("x: 1"))) }
	upload := func(c *Client) error {
		open := func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("archive")), nil }
		return errOf(c.UpdateIntel(context.Background(), open))
	}
	once := func(c *Client) error {
		_, err := c.do(context.Background(), call{method: http.MethodPost, path: "tokens", secret: true})
		return err
	}
	ms := time.Millisecond
	cases := []struct {
		name   string
		send   func(*Client) error
		answer int // of the first two tries; 0: the connection breaks
		after  string
		tries  int32
		waits  []time.Duration
	}{
		{"question_busy", question, 503, "", 3, []time.Duration{250 * ms, 500 * ms}},
		{"question_gateway", question, 502, "", 3, []time.Duration{250 * ms, 500 * ms}},
		{"question_slow_gateway", question, 504, "", 3, []time.Duration{250 * ms, 500 * ms}},
		{"question_broken", question, 0, "", 3, []time.Duration{250 * ms, 500 * ms}},
		{"mutation_busy", mutation, 503, "", 3, []time.Duration{250 * ms, 500 * ms}},
		{"mutation_broken", mutation, 0, "", 3, []time.Duration{250 * ms, 500 * ms}},
		{"archive_busy", upload, 503, "", 3, []time.Duration{250 * ms, 500 * ms}},
		{"as_the_server_asks", question, 503, "7", 3, []time.Duration{7250 * ms, 7500 * ms}},
		{"longer_than_anybody_waits", question, 503, "3600", 1, nil},
		{"defect", question, 500, "", 1, nil},
		{"too_many", question, 429, "1", 1, nil},
		{"what_is_given_once", once, 503, "", 1, nil},
		{"what_is_given_once_broken", once, 0, "", 1, nil},
	}
	for _, x := range cases {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			var tries atomic.Int32
			var keys, bodies []string
			c, waits := asking(t, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				keys, bodies = append(keys, r.Header.Get(keyHeader)), append(bodies, string(body))
				if tries.Add(1) > 2 {
					reply(w, 200, "application/json", "{}")
					return
				}
				if x.answer == 0 {
					panic(http.ErrAbortHandler)
				}
				w.Header().Set("Retry-After", x.after)
				reply(w, x.answer, "application/problem+json", `{"detail":"later"}`)
			})
			c.http.Transport = &http.Transport{DisableKeepAlives: true} // or the transport itself tries a question again
			err := x.send(c)
			if tries.Load() != x.tries || (err == nil) != (x.tries == 3) {
				t.Errorf("%d tries, %v; want %d", tries.Load(), err, x.tries)
			}
			if d := cmp.Diff(x.waits, *waits); d != "" {
				t.Errorf("waits: %s", d)
			}
			for i := range keys {
				if keys[i] != keys[0] || bodies[i] != bodies[0] {
					t.Errorf("try %d was sent with key %q and body %q, the first with %q and %q", i+1, keys[i], bodies[i], keys[0], bodies[0])
				}
			}
		})
	}
}

func TestTriesEnd(t *testing.T) {
	t.Parallel()
	var tries atomic.Int32
	c, _ := asking(t, func(w http.ResponseWriter, _ *http.Request) {
		tries.Add(1)
		reply(w, 503, "application/problem+json", `{"detail":"busy","code":"unavailable"}`)
	})
	var e *Error
	if err := errOf(c.Doctor(t.Context())); !errors.As(err, &e) || e.Status != 503 || tries.Load() != maxTries {
		t.Errorf("%v after %d tries", err, tries.Load())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := errOf(c.Doctor(ctx)); !errors.Is(err, context.Canceled) || errors.As(err, &e) {
		t.Errorf("cancelled: %v", err)
	}
}

// The token goes to the configured host alone.
func TestRedirectsToOthersAreRefused(t *testing.T) {
	t.Parallel()
	var seen atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen.Add(1)
		reply(w, 200, "application/json", "{}")
	}))
	t.Cleanup(other.Close)
	c, waits := asking(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/api/v1/doctor":
			http.Redirect(w, r, other.URL+"/api/v1/doctor", http.StatusTemporaryRedirect)
		case "/api/v1/overview":
			http.Redirect(w, r, "/api/v1/overview", http.StatusTemporaryRedirect)
		case "/api/v1/first-run":
			http.Redirect(w, r, "/api/v1/drill", http.StatusPermanentRedirect)
		default:
			reply(w, 200, "application/json", "{}")
		}
	})
	var e *Error
	if err := errOf(c.Doctor(t.Context())); !errors.As(err, &e) || !strings.Contains(e.Error(), "sends on to") || seen.Load() != 0 {
		t.Errorf("to another host: %v, which was asked %d times", err, seen.Load())
	}
	if err := errOf(c.Overview(t.Context(), api.Query{})); !errors.As(err, &e) || !strings.Contains(e.Error(), "on and on") {
		t.Errorf("in a circle: %v", err)
	}
	if err := errOf(c.FirstRun(t.Context())); err != nil {
		t.Errorf("within the server: %v", err)
	}
	if len(*waits) != 0 {
		t.Errorf("a refused redirect was tried again %d times", len(*waits))
	}
}

// rows serves a list of n numbers in pages.
func rows(n int, asked *[]string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		*asked = append(*asked, r.URL.RawQuery)
		limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
		from, _ := strconv.Atoi(r.URL.Query().Get("cursor"))
		var b bytes.Buffer
		fmt.Fprintf(&b, `{"schema":"s","total":%d,"items":[`, n)
		upto := min(n, from+limit)
		for i := from; i < upto; i++ {
			if i > from {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `{"service":"%d"}`, i)
		}
		next := "null"
		if upto < n {
			next = fmt.Sprintf(`"%d"`, upto)
		}
		fmt.Fprintf(&b, `],"truncated":%v,"next":%s}`, upto < n, next)
		reply(w, 200, "application/json", b.String())
	}
}

func TestListsAreReadToTheirEnd(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name      string
		q         api.Query
		rows      int
		first     string
		truncated bool
		next      string
		asked     []string
	}{
		{"all", api.Query{}, 2500, "0", false, "", []string{"limit=1000", "cursor=1000&limit=1000", "cursor=2000&limit=1000"}},
		{"more_than_a_page", api.Query{Limit: 1700}, 1700, "0", true, "1700", []string{"limit=1000", "cursor=1000&limit=700"}},
		{"a_page", api.Query{Limit: 10}, 10, "0", true, "10", []string{"limit=10"}},
		{"from_a_cursor", api.Query{Cursor: "2400"}, 100, "2400", false, "", []string{"cursor=2400&limit=1000"}},
	}
	for _, x := range cases {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			var asked []string
			c, _ := asking(t, rows(2500, &asked))
			got, err := c.Workloads(t.Context(), x.q)
			if err != nil {
				t.Fatal(err)
			}
			next := ""
			if got.Next != nil {
				next = *got.Next
			}
			if len(got.Items) != x.rows || got.Items[0].Service != x.first || got.Truncated != x.truncated || next != x.next || got.Total != 2500 {
				t.Errorf("%d rows from %s, truncated %v, next %q, total %d", len(got.Items), got.Items[0].Service, got.Truncated, next, got.Total)
			}
			if d := cmp.Diff(x.asked, asked); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestAListThatDoesNotEnd(t *testing.T) {
	t.Parallel()
	for name, page := range map[string]string{
		"same_cursor": `{"schema":"s","items":[{"service":"a"}],"next":"x"}`,
		"no_rows":     `{"schema":"s","items":[],"next":"y"}`,
	} {
		c, _ := asking(t, func(w http.ResponseWriter, _ *http.Request) { reply(w, 200, "application/json", page) })
		if _, err := c.Workloads(t.Context(), api.Query{}); err == nil || !strings.Contains(err.Error(), "does not end") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	c, _ := asking(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		chunk := bytes.Repeat([]byte(" "), 1<<20)
		for range maxAnswer>>20 + 1 {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
	if err := errOf(c.Doctor(t.Context())); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("got %v", err)
	}
}

func TestIdsThatAreNone(t *testing.T) {
	t.Parallel()
	c, _ := asking(t, func(w http.ResponseWriter, r *http.Request) { t.Errorf("%s was asked", r.URL) })
	for _, id := range []string{"", ".", ".."} {
		if _, err := c.Exposure(t.Context(), id, api.Moment{}); err == nil || !strings.Contains(err.Error(), "names nothing") {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func TestSettledWaits(t *testing.T) {
	t.Parallel()
	var looks atomic.Int32
	c, waits := asking(t, func(w http.ResponseWriter, _ *http.Request) {
		state := "stored"
		if looks.Add(1) > 3 {
			state = "computed"
		}
		reply(w, 200, "application/json", `{"id":"R-1","state":"`+state+`"}`)
	})
	r, err := c.Settled(t.Context(), "R-1")
	if err != nil || r.State != "computed" || looks.Load() != 4 || len(*waits) != 3 {
		t.Errorf("%+v, %v after %d looks", r, err, looks.Load())
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, after, date string
		want              time.Duration
	}{
		{"none", "", "", 0},
		{"seconds", "3", "", 3 * time.Second},
		{"negative", "-3", "", 0},
		{"absurd", "99999999999999", "", time.Hour},
		{"far", "999999", "", time.Hour},
		{"date", "Sun, 22 Nov 2026 10:00:05 GMT", "Sun, 22 Nov 2026 10:00:00 GMT", 5 * time.Second},
		{"past", "Sun, 22 Nov 2026 10:00:00 GMT", "Sun, 22 Nov 2026 10:00:05 GMT", 0},
		{"date_without_clock", "Sun, 22 Nov 2026 10:00:05 GMT", "", 0},
	}
	for _, x := range cases {
		h := http.Header{"Retry-After": {x.after}, "Date": {x.date}}
		if got := retryAfter(h); got != x.want {
			t.Errorf("%s: %s, want %s", x.name, got, x.want)
		}
	}
}
