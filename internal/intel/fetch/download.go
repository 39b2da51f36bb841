package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/fault"
)

// download is the fetching of one target.
type download struct {
	*Fetcher
	Target
}

// state is what is remembered of a file: of the whole one at its place, or of
// the part that has been received.
type state struct {
	URL      string `json:"url"`
	ETag     string `json:"etag,omitempty"`
	Modified string `json:"last_modified,omitempty"`
}

// validator is what proves that a part belongs to the file at the address; a
// weak tag proves nothing about bytes.
func (s state) validator() string {
	if s.ETag != "" && !strings.HasPrefix(s.ETag, "W/") {
		return s.ETag
	}
	return s.Modified
}

// time is when the server last changed the file; zero when it does not say.
func (s state) time() time.Time {
	t, err := http.ParseTime(s.Modified)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

func (d *download) partPath() string  { return d.State + ".part" }
func (d *download) partState() string { return d.State + ".part.json" }
func (d *download) doneState() string { return d.State + ".json" }

func (d *download) load(path string) state {
	var s state
	b, err := os.ReadFile(path)
	if err != nil || json.Unmarshal(b, &s) != nil || s.URL != d.URL {
		return state{} // nothing usable is remembered: the file is fetched whole
	}
	return s
}

func save(path string, s state) error {
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o600)
}

// try makes one attempt.
func (d *download) try(ctx context.Context) (Result, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.URL, http.NoBody)
	if err != nil {
		return Result{}, err
	}
	req.Header.Set("User-Agent", d.cfg.Agent)
	have := d.condition(req)
	resp, err := d.client.Do(req)
	if err != nil {
		if ue, ok := errors.AsType[*url.Error](err); ok {
			err = ue.Err // without the address, which may hold a secret
		}
		if fault.KindOf(err) == fault.Forbidden {
			return Result{}, err
		}
		return Result{}, &passingError{err: err}
	}
	defer func() { _ = resp.Body.Close() }() // what was read of it has been judged
	switch resp.StatusCode {
	case http.StatusNotModified:
		return Result{NotModified: true, Modified: d.load(d.doneState()).time()}, nil
	case http.StatusOK:
		return d.receive(resp, 0, cancel)
	case http.StatusPartialContent:
		if !continues(resp.Header.Get("Content-Range"), have) {
			return Result{}, d.startOver(errors.New("the server sent another part than was asked for"))
		}
		return d.receive(resp, have, cancel)
	case http.StatusRequestedRangeNotSatisfiable:
		return Result{}, d.startOver(errors.New("the server does not have the rest of the file"))
	}
	return Result{}, d.refusal(resp)
}

// condition asks for the rest of a part, or for the file only if it is new. It
// returns how much of the file is there.
func (d *download) condition(req *http.Request) (have int64) {
	part := d.load(d.partState())
	if info, err := os.Stat(d.partPath()); err == nil && info.Size() > 0 && part.validator() != "" {
		req.Header.Set("Range", "bytes="+strconv.FormatInt(info.Size(), 10)+"-")
		req.Header.Set("If-Range", part.validator())
		return info.Size()
	}
	done := d.load(d.doneState())
	if _, err := os.Stat(d.Path); err != nil {
		return 0
	}
	if done.ETag != "" {
		req.Header.Set("If-None-Match", done.ETag)
	}
	if done.Modified != "" {
		req.Header.Set("If-Modified-Since", done.Modified)
	}
	return 0
}

func continues(contentRange string, have int64) bool {
	return strings.HasPrefix(contentRange, "bytes "+strconv.FormatInt(have, 10)+"-")
}

// startOver forgets the part; the next attempt asks for the whole file.
func (d *download) startOver(why error) error {
	if err := os.Remove(d.partPath()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return &passingError{err: why}
}

// refusal tells a passing failure from one that will not go away.
func (d *download) refusal(resp *http.Response) error {
	err := fmt.Errorf("the server answers %s", resp.Status)
	code := resp.StatusCode
	if code == http.StatusTooManyRequests || code == http.StatusRequestTimeout || code >= 500 {
		return &passingError{err: err, after: d.retryAfter(resp.Header.Get("Retry-After"))}
	}
	if code == http.StatusNotFound || code == http.StatusGone {
		return fault.Wrap(fault.NotFound, err, "no such feed")
	}
	return fault.Wrap(fault.Unavailable, err, "refused")
}

func (d *download) retryAfter(v string) time.Duration {
	if v == "" {
		return 0
	}
	if s, err := strconv.Atoi(v); err == nil {
		return time.Duration(min(max(s, 1), 1<<20)) * time.Second
	}
	t, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	if d.cfg.Now == nil {
		return d.cfg.MaxPause
	}
	return max(t.Sub(d.cfg.Now()), time.Second)
}

// receive writes the body behind what is there and moves the whole file to its place.
func (d *download) receive(resp *http.Response, have int64, cancel context.CancelCauseFunc) (Result, error) {
	total := int64(0)
	if resp.ContentLength >= 0 {
		total = have + resp.ContentLength
	}
	if total > d.MaxBytes {
		return Result{}, d.tooLarge()
	}
	s := state{URL: d.URL, ETag: resp.Header.Get("ETag"), Modified: resp.Header.Get("Last-Modified")}
	if err := save(d.partState(), s); err != nil {
		return Result{}, err
	}
	size, err := d.write(resp.Body, have, total, cancel)
	if err != nil {
		return Result{}, err
	}
	err = offered(resp.Header).check(d.partPath())
	if errors.Is(err, errChecksum) {
		return Result{}, d.startOver(err)
	}
	if err != nil {
		return Result{}, err
	}
	if err := os.Rename(d.partPath(), d.Path); err != nil {
		return Result{}, err
	}
	if err := save(d.doneState(), s); err != nil {
		return Result{}, err
	}
	return Result{Resumed: have > 0, Size: size, Modified: s.time()}, os.Remove(d.partState())
}

func (d *download) tooLarge() error {
	_ = os.Remove(d.partPath()) // best effort: the error below is what matters
	return fault.New(fault.Invalid, "the file is larger than %d bytes", d.MaxBytes)
}

func (d *download) write(body io.Reader, have, total int64, cancel context.CancelCauseFunc) (size int64, err error) {
	flags := os.O_CREATE | os.O_WRONLY | os.O_TRUNC
	if have > 0 {
		flags = os.O_WRONLY | os.O_APPEND
	}
	f, err := os.OpenFile(d.partPath(), flags, 0o600)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	watch := &watched{r: body, done: have, total: total, stall: d.cfg.Stall, progress: d.Progress}
	watch.timer = time.AfterFunc(watch.stall, func() { cancel(errors.New("no byte for " + watch.stall.String())) })
	defer watch.timer.Stop()
	n, err := io.Copy(f, io.LimitReader(watch, d.MaxBytes-have+1))
	if err != nil {
		return 0, &passingError{err: fmt.Errorf("after %d bytes: %w", have+n, err)}
	}
	if have+n > d.MaxBytes {
		return 0, d.tooLarge()
	}
	return have + n, f.Sync()
}

// watched is a body that is given up when it stalls, and that says how far it is.
type watched struct {
	r           io.Reader
	timer       *time.Timer
	stall       time.Duration
	done, total int64
	progress    func(done, total int64)
}

// Read reads, and puts the alarm off.
func (w *watched) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if n > 0 {
		w.timer.Reset(w.stall)
		w.done += int64(n)
		if w.progress != nil {
			w.progress(w.done, w.total)
		}
	}
	return n, err
}
