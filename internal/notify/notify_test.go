package notify

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/store"
	"github.com/tidemark/tidemark/internal/store/storetest"
)

var today = time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)

// receiver is a system that is told of events.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	answer func(n int, w http.ResponseWriter) // n: how many came before
	got    []string                           // ids, as they came
	bad    []string                           // what was wrong about a message
	secret ctem.Secret
}

func receive(t *testing.T, answer func(n int, w http.ResponseWriter)) *receiver {
	r := &receiver{answer: answer}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	n := len(r.got)
	r.got = append(r.got, req.Header.Get(HeaderID))
	at, _, _ := strings.Cut(strings.TrimPrefix(req.Header.Get(HeaderSignature), "t="), ",")
	var seconds int64
	_, _ = fmt.Sscan(at, &seconds)
	if want := Sign(r.secret, time.Unix(seconds, 0), body); want != req.Header.Get(HeaderSignature) || req.Method != http.MethodPost {
		r.bad = append(r.bad, req.Method+" "+req.Header.Get(HeaderSignature))
	}
	r.mu.Unlock()
	if r.answer != nil {
		r.answer(n, w)
	}
}

func (r *receiver) ids() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

// bench is a store with a deliverer whose clock is set by hand.
type bench struct {
	t   *testing.T
	db  *store.DB
	now time.Time
}

func (b *bench) clock() time.Time { return b.now }

func (b *bench) keeper() *Keeper {
	return &Keeper{Store: b.db, Poster: NewPoster(b.clock, "test"), Render: render, By: ctem.Signature{Actor: "ann"}, Now: b.clock}
}

func (b *bench) add(r *receiver, kinds ...ctem.EventKind) ctem.Webhook {
	b.t.Helper()
	w, err := b.keeper().Add(b.t.Context(), Asked{URL: r.URL + "/in?token=abc", Private: true, Kinds: kinds})
	if err != nil {
		b.t.Fatal(err)
	}
	r.secret = w.Secret
	return w
}

func render(e ctem.Event, _ bool) ([]byte, error) { return []byte(`{"id":"` + e.ID() + `"}`), nil }

// happen stores events.
func (b *bench) happen(from, n int, kind ctem.EventKind) {
	b.t.Helper()
	var list []ctem.Event
	for i := range n {
		list = append(list, ctem.Event{Kind: kind, Subject: "CVE-1", Cause: int64(from + i), Known: today})
	}
	adv := ctem.Advance{Step: "news", Now: b.now}
	if err := b.db.CommitEvents(b.t.Context(), adv, list); err != nil {
		b.t.Fatal(err)
	}
}

// pass runs until nothing can be sent now.
func (b *bench) pass(owner string) {
	b.t.Helper()
	d := Deliverer{Store: b.db, Poster: NewPoster(b.clock, "test"), Render: render, Owner: owner, Now: b.clock, Log: slog.New(slog.DiscardHandler), Rand: func() float64 { return 0.5 }}
	for more := true; more; {
		var err error
		if more, err = d.Pass(b.t.Context()); err != nil {
			b.t.Fatal(err)
		}
	}
}

func (b *bench) hook(id string) ctem.Webhook {
	b.t.Helper()
	w, err := b.db.Webhook(b.t.Context(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	return w
}

func ids(from, to int) (out []string) {
	for i := from; i <= to; i++ {
		out = append(out, fmt.Sprintf("EVT-%d", i))
	}
	return out
}

// onBoth runs a test on both engines.
func onBoth(t *testing.T, fn func(t *testing.T, b *bench)) {
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		t.Parallel()
		fn(t, &bench{t: t, db: e.Fresh(t), now: today})
	})
}

// embedded is a store of its own.
func embedded(t *testing.T) *store.DB {
	db, err := store.Open(t.Context(), store.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// Each address gets what came after it was added, in order, once, signed; and of
// the kinds that it asked for.
func TestAddressesAreTold(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bench) {
		b.happen(1, 2, ctem.EventKEV) // before anybody asked
		all, some := receive(t, nil), receive(t, nil)
		w, s := b.add(all), b.add(some, ctem.EventEPSS)
		b.happen(3, 120, ctem.EventKEV)
		b.happen(200, 1, ctem.EventEPSS)
		b.happen(300, 60, ctem.EventKEV)
		b.pass("one")
		b.pass("one")
		if d := cmp.Diff(ids(3, 183), all.ids()); d != "" || len(all.bad) > 0 {
			t.Errorf("all: %v -want +got\n%s", all.bad, d)
		}
		if d := cmp.Diff(ids(123, 123), some.ids()); d != "" || len(some.bad) > 0 {
			t.Errorf("some: %v -want +got\n%s", some.bad, d)
		}
		if w, s = b.hook(w.ID), b.hook(s.ID); w.Told != 183 || w.Delivered != 181 || s.Told != 183 || s.Delivered != 1 {
			t.Errorf("told %d and %d, taken %d and %d", w.Told, s.Told, w.Delivered, s.Delivered)
		}
	})
}

// What an address does not take stays first in line, and is sent again after a
// pause that grows; the others do not wait.
func TestTrouble(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bench) {
		elsewhere := receive(t, nil)
		down := receive(t, nil)
		down.Close()
		broken := receive(t, func(n int, w http.ResponseWriter) {
			if n < 2 {
				w.WriteHeader(http.StatusInternalServerError)
			}
		})
		moved := receive(t, func(_ int, w http.ResponseWriter) {
			w.Header().Set("Location", elsewhere.URL)
			w.WriteHeader(http.StatusTemporaryRedirect)
		})
		busy := receive(t, func(n int, w http.ResponseWriter) {
			if n == 0 {
				w.Header().Set("Retry-After", "600")
				w.WriteHeader(http.StatusTooManyRequests)
			}
		})
		fine := receive(t, nil)
		d, x, m, y := b.add(down), b.add(broken), b.add(moved), b.add(busy)
		b.add(fine)
		b.happen(1, 3, ctem.EventKEV)
		b.pass("one")
		b.pass("one") // nothing is tried again at once
		if got := fine.ids(); !slices.Equal(got, ids(1, 3)) {
			t.Errorf("a good one: %v", got)
		}
		for _, c := range []struct {
			w        ctem.Webhook
			says     string
			tried    []string
			receiver *receiver
			wait     time.Duration
		}{
			{d, "refused", nil, down, 3750 * time.Millisecond},
			{x, "the address answers 500", ids(1, 1), broken, 3750 * time.Millisecond},
			{m, "redirects are not followed", ids(1, 1), moved, 3750 * time.Millisecond},
			{y, "the address answers 429", ids(1, 1), busy, 10 * time.Minute},
		} {
			w := b.hook(c.w.ID)
			if w.Told != 0 || w.Failures != 1 || !strings.Contains(w.LastError, c.says) || !w.NextAt.Equal(b.now.Add(c.wait)) || !slices.Equal(c.receiver.ids(), c.tried) {
				t.Errorf("%s: %+v, got %v", c.says, w, c.receiver.ids())
			}
			if strings.Contains(w.LastError, "token") || strings.Contains(w.LastError, "/in") {
				t.Errorf("the address is in %q", w.LastError)
			}
		}
		if got := elsewhere.ids(); len(got) > 0 {
			t.Errorf("a redirect was followed: %v", got)
		}
		b.now = b.now.Add(4 * time.Second)
		b.pass("one")
		if w := b.hook(x.ID); w.Failures != 2 || !w.NextAt.Equal(b.now.Add(7500*time.Millisecond)) {
			t.Errorf("the second failure: %+v", w)
		}
		b.now = b.now.Add(8 * time.Second)
		b.pass("one")
		if got := broken.ids(); !slices.Equal(got, []string{"EVT-1", "EVT-1", "EVT-1", "EVT-2", "EVT-3"}) {
			t.Errorf("a mended one: %v", got)
		}
		if w := b.hook(x.ID); w.Told != 3 || w.Failures != 0 || w.LastError != "" || !w.NextAt.IsZero() {
			t.Errorf("a mended one: %+v", w)
		}
	})
}

// A process that is killed in between leaves at most one event that is sent twice,
// with the same id; the next one goes on where it was.
func TestARestartGoesOn(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bench) {
		ctx, kill := context.WithCancel(t.Context())
		r := receive(t, func(n int, _ http.ResponseWriter) {
			if n == 2 {
				kill()
				time.Sleep(20 * time.Millisecond) // it is taken, and nobody hears of it
			}
		})
		w := b.add(r)
		b.happen(1, 5, ctem.EventKEV)
		d := Deliverer{Store: b.db, Poster: NewPoster(b.clock, "test"), Render: render, Owner: "one", Now: b.clock, Log: slog.New(slog.DiscardHandler)}
		_, _ = d.Pass(ctx) // it dies
		if told := b.hook(w.ID).Told; told != 2 {
			t.Fatalf("told %d", told)
		}
		b.pass("two") // the first one's lease runs
		if got := r.ids(); len(got) != 3 {
			t.Errorf("told by a second process at the same time: %v", got)
		}
		b.now = b.now.Add(2 * leaseTime)
		b.pass("two")
		if got := r.ids(); !slices.Equal(got, []string{"EVT-1", "EVT-2", "EVT-3", "EVT-3", "EVT-4", "EVT-5"}) {
			t.Errorf("got %v", got)
		}
	})
}

// A slow address is given up, and the others are told meanwhile.
func TestASlowAddress(t *testing.T) {
	t.Parallel()
	b := &bench{t: t, db: embedded(t), now: today}
	stuck := make(chan struct{})
	slow, fine := receive(t, func(int, http.ResponseWriter) { <-stuck }), receive(t, nil)
	t.Cleanup(func() { close(stuck) })
	w := b.add(slow)
	b.add(fine)
	b.happen(1, 3, ctem.EventKEV)
	p := NewPoster(b.clock, "test")
	p.open.Timeout = time.Second
	d := Deliverer{Store: b.db, Poster: p, Render: render, Owner: "one", Now: b.clock, Log: slog.New(slog.DiscardHandler)}
	if _, err := d.Pass(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := fine.ids(); len(got) != 3 {
		t.Errorf("the other one: %v", got)
	}
	if w = b.hook(w.ID); w.Failures != 1 || w.LastError == "" {
		t.Errorf("the slow one: %+v", w)
	}
}

// What an address may be, and what is shown of it.
func TestAddresses(t *testing.T) {
	t.Parallel()
	b := &bench{t: t, db: embedded(t), now: today}
	for url, private := range map[string]bool{
		"http://hooks.example.org/x": false, "ftp://hooks.example.org": true, "hooks.example.org": true, "": false, "https://": false,
		"https://ann:secret@hooks.example.org/": false, "https://" + strings.Repeat("a", longestURL): false,
	} {
		if _, err := b.keeper().Add(t.Context(), Asked{URL: url, Private: private}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%.40q: %v", url, err)
		}
	}
	k := b.keeper()
	r := receive(t, nil)
	w, err := k.Add(t.Context(), Asked{URL: strings.Replace(r.URL, "http:", "https:", 1) + "/services/T0/B0/secret"})
	if err != nil {
		t.Fatal(err)
	}
	if shown := Shown(w.URL); strings.Contains(shown, "secret") || fmt.Sprintf("%v %+v %#v", w, w, w.Secret) == "" || strings.Contains(fmt.Sprintf("%v %+v %#v", w, w, w), "tdmhook_") {
		t.Errorf("shown as %s, %+v", shown, w)
	}
	if a, err := k.Test(t.Context(), w.ID); err != nil || a.Err == nil || !strings.Contains(a.Err.Error(), "not a public address") {
		t.Errorf("this machine was dialled: %+v %v", a, err)
	}
	open := b.add(r)
	if a, err := k.Test(t.Context(), open.ID); err != nil || a.Err != nil || a.Status != http.StatusOK || len(r.bad) > 0 {
		t.Errorf("a test: %+v %v %v", a, err, r.bad)
	}
	if _, err := k.Remove(t.Context(), w.ID); err != nil {
		t.Error(err)
	}
	if _, err := k.Remove(t.Context(), w.ID); fault.KindOf(err) != fault.NotFound {
		t.Errorf("removed twice: %v", err)
	}
	for range mostWebhooks - 1 {
		b.add(r)
	}
	if _, err := k.Add(t.Context(), Asked{URL: "https://hooks.example.org"}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("one more than there may be: %v", err)
	}
}
