package send_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/agent/send"
	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/client"
)

var start = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// receiver is a server of which a test says what it answers.
type receiver struct {
	mu      sync.Mutex
	batches []api.Observations
	answer  func(api.Observations) (api.Observed, error)
	pauses  []time.Duration
}

func (r *receiver) SendObservations(_ context.Context, b api.Observations) (api.Observed, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.answer != nil {
		if out, err := r.answer(b); err != nil || out.Epoch != 0 {
			return out, err
		}
	}
	r.batches = append(r.batches, b)
	return api.Observed{Accepted: len(b.Items)}, nil
}

// subjects are those that were taken, in order.
func (r *receiver) subjects() (out []string) {
	for _, b := range r.batches {
		for _, item := range b.Items {
			out = append(out, item.Subject)
		}
	}
	return out
}

func (r *receiver) open(t *testing.T, dir string, change ...func(*send.Config)) *send.Sender {
	t.Helper()
	cfg := send.Config{
		Source: "kube/lab", Dir: dir, Every: time.Hour, Server: r, Now: func() time.Time { return start }, Random: func() float64 { return 1 },
		Pause: func(ctx context.Context, d time.Duration) error {
			r.pauses = append(r.pauses, d)
			return ctx.Err()
		},
	}
	for _, f := range change {
		f(&cfg)
	}
	s, err := send.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func put(t *testing.T, s *send.Sender, subjects ...string) {
	t.Helper()
	for _, subject := range subjects {
		item := api.Observation{Kind: "delta", Scope: "lab/shop", Subject: subject, Media: "workload", ObservedAt: start, Body: json.RawMessage(`{"service":"x"}`)}
		if err := s.Put(item); err != nil {
			t.Fatal(err)
		}
	}
}

func drain(t *testing.T, s *send.Sender) {
	t.Helper()
	if err := s.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func closed(t *testing.T, s *send.Sender) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func refuse(status int) error { return &client.Error{Status: status} }

// What was put is sent in order, numbered, at most a thousand at once.
func TestBatches(t *testing.T) {
	t.Parallel()
	var r receiver
	s := r.open(t, t.TempDir())
	var want []string
	for i := range 2500 {
		want = append(want, fmt.Sprint("workload/", i))
	}
	put(t, s, want...)
	s.Trouble("kinds", []api.Rejection{{Where: "ingresses", Reason: "forbidden"}})
	drain(t, s)
	if d := cmp.Diff(want, r.subjects()); d != "" {
		t.Error(d)
	}
	var sizes []int
	seq := int64(0)
	for _, b := range r.batches {
		sizes = append(sizes, len(b.Items))
		if b.Schema != api.SchemaObservations || b.Source != "kube/lab" || b.Epoch != start.Unix() || b.Every != 3600 || !b.SentAt.Equal(start) || b.Scopes != nil ||
			!slices.Equal(b.Trouble, []api.Rejection{{Where: "ingresses", Reason: "forbidden"}}) {
			t.Errorf("%+v", b)
		}
		for _, item := range b.Items {
			if seq++; item.Seq != seq {
				t.Fatalf("number %d at %d", item.Seq, seq)
			}
		}
	}
	if !slices.Equal(sizes, []int{1000, 1000, 500}) {
		t.Error(sizes)
	}
	if st := s.Stats(); st.Pending != 0 || st.Sent != 2500 || st.Batches != 3 || st.Seq != 2500 || st.Failure != "" || !st.Succeeded.Equal(start) {
		t.Errorf("%+v", st)
	}
	s.Trouble("kinds", nil)
	put(t, s, "x")
	drain(t, s)
	if b := r.batches[3]; len(b.Trouble) != 0 {
		t.Errorf("trouble that is over is told: %v", b.Trouble)
	}
}

// No batch is larger than a MiB, but one piece always goes.
func TestBytes(t *testing.T) {
	t.Parallel()
	var r receiver
	s := r.open(t, t.TempDir())
	large := json.RawMessage(`"` + strings.Repeat("x", 700_000) + `"`)
	tooLarge := json.RawMessage(`"` + strings.Repeat("x", 1<<20) + `"`)
	for i, body := range []json.RawMessage{large, large, tooLarge, large} {
		if err := s.Put(api.Observation{Subject: fmt.Sprint(i), Body: body}); err != nil {
			t.Fatal(err)
		}
	}
	drain(t, s)
	if d := cmp.Diff([]string{"0", "1", "3"}, r.subjects()); d != "" || len(r.batches) != 3 {
		t.Errorf("%d batches: %s", len(r.batches), d)
	}
	if st := s.Stats(); st.Aside != 1 || !strings.Contains(r.batches[0].Trouble[0].Reason, "1 pieces of evidence were set aside") {
		t.Errorf("%+v %+v", st, r.batches[0].Trouble)
	}
}

// The list of scopes ends its batch: what follows was seen later.
func TestScopes(t *testing.T) {
	t.Parallel()
	var r receiver
	s := r.open(t, t.TempDir())
	put(t, s, "a", "b")
	if err := s.Scopes([]string{"lab/shop", "lab"}); err != nil {
		t.Fatal(err)
	}
	put(t, s, "c")
	drain(t, s)
	if len(r.batches) != 2 || r.batches[0].Scopes == nil || !slices.Equal(*r.batches[0].Scopes, []string{"lab", "lab/shop"}) || len(r.batches[0].Items) != 2 || r.batches[1].Scopes != nil {
		t.Errorf("%+v", r.batches)
	}
}

// A restart sends what was not taken, with the same numbers, and goes on counting.
func TestRestart(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*testing.T, *send.Sender){"stopped": closed, "killed": func(*testing.T, *send.Sender) {}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var r receiver
			dir := t.TempDir()
			s := r.open(t, dir)
			put(t, s, "a", "b")
			drain(t, s)
			put(t, s, "c", "d")
			end(t, s)
			s = r.open(t, dir)
			if st := s.Stats(); st.Pending != 2 {
				t.Errorf("%+v", st)
			}
			put(t, s, "e")
			drain(t, s)
			if d := cmp.Diff([]string{"a", "b", "c", "d", "e"}, r.subjects()); d != "" {
				t.Error(d)
			}
			var numbers []int64
			for _, b := range r.batches {
				for _, item := range b.Items {
					numbers = append(numbers, item.Seq)
				}
				if b.Epoch != start.Unix() {
					t.Errorf("epoch %d", b.Epoch)
				}
			}
			if !slices.IsSorted(numbers) || len(slices.Compact(slices.Clone(numbers))) != 5 || !slices.Equal(numbers[:4], []int64{1, 2, 3, 4}) {
				t.Error(numbers)
			}
			closed(t, s)
		})
	}
}

// A line that a crash cut is left out, and so is one that cannot be read: then
// everything is said again.
func TestGarbledLines(t *testing.T) {
	t.Parallel()
	var r receiver
	dir := t.TempDir()
	s := r.open(t, dir)
	put(t, s, "a", "b")
	closed(t, s)
	files, err := filepath.Glob(filepath.Join(dir, "*.seg"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	raw, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(raw), "\n")
	if err := os.WriteFile(files[0], []byte(first+"\n\x00\x00\n{}\n"+first[:20]), 0o600); err != nil {
		t.Fatal(err)
	}
	s = r.open(t, dir)
	put(t, s, "c")
	drain(t, s)
	if d := cmp.Diff([]string{"a", "c"}, r.subjects()); d != "" {
		t.Error(d)
	}
	asked(t, s)
	if st := s.Stats(); st.Dropped != 2 {
		t.Errorf("%+v", st)
	}
}

func asked(t *testing.T, s *send.Sender) {
	t.Helper()
	select {
	case <-s.Resync():
	default:
		t.Error("no full reconcile is asked for")
	}
}

// Who lost the folder's state begins a later epoch.
func TestANewFolder(t *testing.T) {
	t.Parallel()
	var r receiver
	dir := t.TempDir()
	s := r.open(t, dir)
	put(t, s, "a")
	closed(t, s)
	if err := os.WriteFile(filepath.Join(dir, "state.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	s = r.open(t, dir, func(c *send.Config) { c.Now = func() time.Time { return start.Add(time.Hour) } })
	put(t, s, "b")
	drain(t, s)
	if d := cmp.Diff([]string{"b"}, r.subjects()); d != "" || r.batches[0].Epoch != start.Add(time.Hour).Unix() || r.batches[0].Items[0].Seq != 1 {
		t.Errorf("%s %+v", d, r.batches)
	}
}

// An old copy of the folder would give numbers again: a new epoch begins.
func TestAnOldCopy(t *testing.T) {
	t.Parallel()
	r := receiver{answer: func(b api.Observations) (api.Observed, error) {
		if b.Epoch == start.Unix() {
			return api.Observed{Epoch: b.Epoch, Seq: 1 << 40}, nil
		}
		return api.Observed{}, nil
	}}
	s := r.open(t, t.TempDir())
	put(t, s, "a")
	drain(t, s)
	asked(t, s)
	put(t, s, "b")
	drain(t, s)
	if b := r.batches[0]; b.Epoch != start.Unix()+1 || b.Items[0].Seq != 1 || b.Items[0].Subject != "b" {
		t.Errorf("%+v", b)
	}
}

// A server that is away is asked again, later each time; nothing is lost.
func TestAServerThatIsAway(t *testing.T) {
	t.Parallel()
	causes := []error{errors.New("no route"), refuse(500), refuse(429), refuse(408), refuse(401), refuse(403), refuse(404), refuse(503), refuse(502), refuse(504), refuse(500)}
	var r receiver
	r.answer = func(api.Observations) (api.Observed, error) {
		if len(causes) == 0 {
			return api.Observed{}, nil
		}
		err := causes[0]
		causes = causes[1:]
		return api.Observed{}, err
	}
	s := r.open(t, t.TempDir())
	put(t, s, "a", "b")
	drain(t, s)
	if d := cmp.Diff([]string{"a", "b"}, r.subjects()); d != "" {
		t.Error(d)
	}
	want := []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 32 * time.Second, 64 * time.Second, 2 * time.Minute, 2 * time.Minute, 2 * time.Minute}
	if got := slices.DeleteFunc(r.pauses, func(d time.Duration) bool { return d == 0 }); !slices.Equal(got, want) {
		t.Error(got)
	}
}

// What the server will never take is found and set aside; the rest goes.
func TestPoison(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 409, 413, 422} {
		var r receiver
		r.answer = func(b api.Observations) (api.Observed, error) {
			if slices.ContainsFunc(b.Items, func(o api.Observation) bool { return o.Subject == "bad" }) {
				return api.Observed{}, refuse(status)
			}
			return api.Observed{}, nil
		}
		dir := t.TempDir()
		s := r.open(t, dir)
		put(t, s, "a", "b", "c", "bad", "d", "e")
		drain(t, s)
		put(t, s, "f")
		drain(t, s)
		if d := cmp.Diff([]string{"a", "b", "c", "d", "e", "f"}, r.subjects()); d != "" {
			t.Errorf("%d: %s", status, d)
		}
		if st := s.Stats(); st.Aside != 1 || st.Pending != 0 {
			t.Errorf("%+v", st)
		}
		if last := r.batches[len(r.batches)-1]; len(last.Trouble) != 1 || last.Trouble[0].Where != "agent: aside.ndjson" {
			t.Errorf("%+v", last.Trouble)
		}
		if raw, err := os.ReadFile(filepath.Join(dir, "aside.ndjson")); err != nil || !strings.Contains(string(raw), `"subject":"bad"`) {
			t.Errorf("%v %s", err, raw)
		}
	}
}

// A server that takes nothing costs a bounded number of requests.
func TestAllIsPoison(t *testing.T) {
	t.Parallel()
	asked := 0
	r := receiver{answer: func(api.Observations) (api.Observed, error) {
		asked++
		return api.Observed{}, refuse(422)
	}}
	s := r.open(t, t.TempDir())
	for i := range 5000 {
		put(t, s, fmt.Sprint(i))
	}
	drain(t, s)
	if st := s.Stats(); st.Aside != 5000 || asked > 100 {
		t.Errorf("%d requests, %+v", asked, st)
	}
}

// A full buffer loses the oldest, says so, and asks for everything when the
// server is there again.
func TestAFullBuffer(t *testing.T) {
	t.Parallel()
	away := true
	var r receiver
	r.answer = func(api.Observations) (api.Observed, error) {
		if away {
			return api.Observed{}, refuse(503)
		}
		return api.Observed{}, nil
	}
	dir := t.TempDir()
	const most = 64 << 10
	s := r.open(t, dir, func(c *send.Config) { c.Most = most })
	for i := range 2000 {
		put(t, s, fmt.Sprint(i))
	}
	st := s.Stats()
	if st.Dropped == 0 || st.Bytes > most || st.Pending+int(st.Dropped) != 2000 {
		t.Errorf("%+v", st)
	}
	select {
	case <-s.Resync():
		t.Error("everything is asked for while it cannot be sent")
	default:
	}
	away = false
	drain(t, s)
	asked(t, s)
	got := r.subjects()
	if len(got) != st.Pending || got[len(got)-1] != "1999" || got[0] != fmt.Sprint(st.Dropped) {
		t.Errorf("%d of %d, from %s to %s", len(got), st.Pending, got[0], got[len(got)-1])
	}
	if tr := r.batches[0].Trouble; len(tr) != 1 || tr[0].Where != "agent: buffer" {
		t.Errorf("%+v", tr)
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "*.seg")); len(files) > 2 {
		t.Errorf("left behind: %v", files)
	}
}

// Run sends what is put while it waits, and ends with its context.
func TestRun(t *testing.T) {
	t.Parallel()
	came := make(chan string, 10)
	r := receiver{}
	r.answer = func(b api.Observations) (api.Observed, error) {
		for _, item := range b.Items {
			came <- item.Subject
		}
		return api.Observed{}, nil
	}
	s := r.open(t, t.TempDir())
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	for i := range 5 {
		put(t, s, fmt.Sprint(i))
		if got := <-came; got != fmt.Sprint(i) {
			t.Errorf("%s at %d", got, i)
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestOpenAsksForWhatItNeeds(t *testing.T) {
	t.Parallel()
	if _, err := send.Open(send.Config{}); err == nil {
		t.Error("nothing was asked for")
	}
}

// Whatever is in the folder, it opens, and nothing of it breaks the sender.
func FuzzFolder(f *testing.F) {
	f.Add([]byte(`{"epoch":5,"reserved":10,"segment":1,"offset":3}`), []byte("{\"item\":{\"seq\":1}}\n{\"scopes\":[]}\n{"))
	f.Add([]byte(`{"epoch":5,"reserved":-10,"segment":-1,"offset":-3}`), []byte("\n\n\n"))
	f.Add([]byte(`{"epoch":9223372036854775807,"reserved":9223372036854775807,"segment":1,"offset":99}`), []byte("x"))
	f.Add([]byte(`{"epoch":5,"reserved":1,"segment":1,"offset":-3}`), []byte("{}\n"))
	f.Add([]byte(``), []byte(``))
	f.Fuzz(func(t *testing.T, state, lines []byte) {
		var r receiver
		dir := t.TempDir()
		for name, b := range map[string][]byte{"state.json": state, fmt.Sprintf("%016d.seg", 1): lines} {
			if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s := r.open(t, dir)
		put(t, s, "mine")
		drain(t, s)
		if got := r.subjects(); len(got) == 0 || got[len(got)-1] != "mine" {
			t.Errorf("%v", got)
		}
		closed(t, s)
	})
}
