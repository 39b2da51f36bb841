package server

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/access"
	"github.com/tidemark/tidemark/internal/ctem"
)

// notebook keeps answers in memory, as a store does.
type notebook struct {
	mu   sync.Mutex
	kept map[[2]string]ctem.Answer
}

func (n *notebook) ClaimAnswer(_ context.Context, a ctem.Answer, _ time.Time) (ctem.Answer, bool, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	have, there := n.kept[[2]string{a.Actor, a.Key}]
	if !there {
		n.kept[[2]string{a.Actor, a.Key}] = a
		return a, true, nil
	}
	return have, false, nil
}

func (n *notebook) KeepAnswer(_ context.Context, a ctem.Answer) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.kept[[2]string{a.Actor, a.Key}] = a
	return nil
}

func (n *notebook) LeaveAnswer(_ context.Context, a ctem.Answer) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.kept, [2]string{a.Actor, a.Key})
	return nil
}

// counting is a server behind which a door counts what is done. It reads the body
// or not, as it is told.
func counting(reads bool) (h http.Handler, done *int) {
	done = new(int)
	s := &Server{cfg: Config{Slog: slog.New(slog.DiscardHandler), Door: badge{}, Now: time.Now, Answers: &notebook{kept: map[[2]string]ctem.Answer{}}}}
	return signedIn(s, replayed(s, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if reads {
			_, _ = io.ReadAll(r.Body)
		}
		*done++
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusAccepted)
		_, _ = w.Write([]byte(`{"done":true}`))
	}))), done
}

func send(h http.Handler, body string, keys ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/api/v1/drill/reset", strings.NewReader(body))
	r.Header.Set("X-Role", string(access.Operator))
	r.Header[keyHeader] = append(r.Header[keyHeader], keys...)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// The same request is the same whether or not its body was of use.
func TestTheSameRequestIsDoneOnce(t *testing.T) {
	t.Parallel()
	for name, reads := range map[string]bool{"a body that is read": true, "a body that is not": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, done := counting(reads)
			for i, x := range []struct {
				body string
				code int
			}{{"{}", 202}, {"{}", 202}, {"{} ", 409}, {"", 409}, {"{}", 202}} {
				w := send(h, x.body, "k")
				if w.Code != x.code || x.code == 202 && w.Body.String() != `{"done":true}` || (w.Header().Get("Idempotency-Replayed") == "true") != (i > 0 && x.code == 202) {
					t.Errorf("request %d: %d %v %s", i, w.Code, w.Header(), w.Body)
				}
			}
			if *done != 1 {
				t.Errorf("it was done %d times", *done)
			}
		})
	}
}

// A key that cannot be one is refused, and nothing is done: the asker would rely
// on it.
func TestHostileKeys(t *testing.T) {
	t.Parallel()
	h, done := counting(true)
	for name, keys := range map[string][]string{
		"empty": {""}, "two": {"a", "b"}, "long": {strings.Repeat("k", longestKey+1)}, "zero": {"a\x00b"}, "line": {"a\r\nb"}, "tab": {"a\tb"},
		"delete": {"\x7f"}, "not ASCII": {"schlüssel"}, "not UTF-8": {"\xff\xfe"}, "a direction": {"\u202e"},
	} {
		if w := send(h, "{}", keys...); w.Code != http.StatusUnprocessableEntity || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	if *done != 0 {
		t.Errorf("%d were done", *done)
	}
	if w := send(h, "{}", strings.Repeat("k", longestKey)); w.Code != 202 || *done != 1 {
		t.Errorf("the longest: %d, done %d", w.Code, *done)
	}
}

// Whatever the key and the body: a request is done once or refused, and the same
// again gets the same answer.
func FuzzIdempotencyKey(f *testing.F) {
	for _, key := range []string{"k", "", " ", "a b", "\x00", "\xff", "é", "\n", strings.Repeat("k", 200), strings.Repeat("k", 201), "01JD7M6T0Z-1", `"quoted"`, "%s%n"} {
		f.Add(key, []byte("{}"))
	}
	f.Add("k", []byte{})
	f.Add("k", bytes.Repeat([]byte("x"), 5000))
	f.Fuzz(func(t *testing.T, key string, body []byte) {
		h, done := counting(len(body)%2 == 0)
		one, two := send(h, string(body), key), send(h, string(body), key)
		if one.Code != two.Code {
			t.Errorf("%d, then %d", one.Code, two.Code)
		}
		switch one.Code {
		case http.StatusAccepted:
			if *done != 1 || one.Body.String() != two.Body.String() {
				t.Errorf("done %d times: %s, then %s", *done, one.Body, two.Body)
			}
		case http.StatusUnprocessableEntity:
			if *done != 0 {
				t.Errorf("refused, and done %d times", *done)
			}
		default:
			t.Errorf("%d %s", one.Code, one.Body)
		}
		if other := send(h, string(body)+"x", key); one.Code == http.StatusAccepted && other.Code != http.StatusConflict {
			t.Errorf("another request: %d", other.Code)
		}
	})
}
