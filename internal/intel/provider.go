package intel

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/intel/csaf"
	"github.com/tidemark/tidemark/internal/intel/fetch"
)

// How much of a provider is fetched: the newest documents, a part of them in each
// update, so that the first one does not take hours. The rest is left for the next.
const (
	mostDocuments = 5000
	documentsRun  = 500
)

// provider brings the documents of one provider of CSAF up to date in the cache.
//
// The model. Its lists say which documents there are and when each last changed;
// applied is what the cache has. Their difference is fetched, newest first: a run
// that was cut off, or a document that could not be had, stays in it. All of a
// provider is on the host of its metadata: where its lists lead elsewhere is not
// followed.
type provider struct {
	*update
	address string
	host    string
	dir     string // of documents
	state   string // prefix of the files that remember
	bad     []advisory.Rejection
}

func newProvider(u *update, cache, address string) (*provider, error) {
	a, err := url.Parse(address)
	if err != nil || a.Scheme != "https" || a.Host == "" {
		return nil, fault.New(fault.Invalid, "%s is not the https address of a provider-metadata.json", fetch.Mask(address))
	}
	sum := sha256.Sum256([]byte(address))
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.' || r == '-' {
			return r
		}
		return '_'
	}, strings.ToLower(a.Host)) + "-" + hex.EncodeToString(sum[:4])
	return &provider{
		update: u, address: address, host: a.Host,
		dir: filepath.Join(cache, "feeds", "csaf", name), state: filepath.Join(cache, "state", "csaf_"+name),
	}, nil
}

// run fetches what has changed. What could not be had is in the report.
func (p *provider) run(ctx context.Context) error {
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		return fmt.Errorf("preparing the cache: %w", err)
	}
	listed, err := p.listed(ctx)
	if err != nil {
		return err
	}
	have := p.applied()
	if had, has := len(have), len(listed); had >= leastShrink && has*100 < had*leastShare {
		return fault.New(fault.Invalid, "its lists shrank from %d to %d documents: held, and what was fetched before stays", had, has)
	}
	if len(listed) > mostDocuments {
		p.pass(p.address, fmt.Sprintf("it has %d documents: the newest %d are read", len(listed), mostDocuments))
		listed = listed[:mostDocuments]
	}
	if err := p.leave(have, listed); err != nil {
		return err
	}
	var wanted []csaf.Listed
	for _, d := range listed {
		if at, known := have[d.URL]; !known || d.At.After(at) {
			wanted = append(wanted, d)
		}
	}
	if len(wanted) > documentsRun {
		p.pass(p.address, fmt.Sprintf("%d documents are still to be fetched: the next updates go on with them", len(wanted)-documentsRun))
		wanted = wanted[:documentsRun]
	}
	err = p.documents(ctx, wanted, have)
	return errors.Join(err, replace(p.state+".applied.json", func(w io.Writer) error { return csaf.WriteApplied(w, have) }))
}

// pass notes what was left out, and is no fault.
func (p *provider) pass(where, reason string) {
	p.report.Ignored = append(p.report.Ignored, Ignored{Path: fetch.Mask(where), Reason: reason})
}

func (p *provider) reject(where string, err error) {
	p.bad = advisory.AddRejection(p.bad, fetch.Mask(where), err)
}

// told notes in the report what could not be had.
func (p *provider) told() {
	if len(p.bad) == 0 {
		return
	}
	feed := p.stored[label(advisory.FeedCSAF, "")]
	feed.Kind, feed.Origin = advisory.FeedCSAF, fetch.Mask(p.address)
	p.report.Feeds = append(p.report.Feeds, FeedReport{Feed: feed, Status: Unchanged, Rejected: p.bad})
}

func (p *provider) applied() map[string]time.Time {
	f, err := os.Open(p.state + ".applied.json")
	if err != nil {
		return map[string]time.Time{} // nothing was had
	}
	defer func() { _ = f.Close() }() // it was only read
	have, err := csaf.ParseApplied(f)
	if err != nil {
		return map[string]time.Time{} // a damaged list is made anew
	}
	return have
}

// listed fetches the provider's lists, and joins them.
func (p *provider) listed(ctx context.Context) ([]csaf.Listed, error) {
	meta := p.state + ".provider.json"
	if err := p.get(ctx, fetch.Target{URL: p.address, Path: meta, MaxBytes: csaf.MaxList}); err != nil {
		return nil, err
	}
	said, err := parsed(meta, csaf.ParseProvider)
	if err != nil {
		return nil, err
	}
	var all []csaf.Listed
	seen := map[string]bool{}
	take := func(l csaf.List, from string) {
		for _, r := range l.Rejected {
			p.reject(from, errors.New(r.Where+": "+r.Reason))
		}
		for _, d := range l.Documents {
			if !seen[d.URL] {
				seen[d.URL] = true
				all = append(all, d)
			}
		}
	}
	for i, feed := range said.Feeds {
		l, err := p.list(ctx, feed, fmt.Sprintf("%s.feed%d.json", p.state, i), csaf.ParseROLIE)
		if err != nil {
			return nil, err
		}
		take(l, feed)
	}
	if len(said.Feeds) > 0 {
		said.Folders = nil // they name the same documents
	}
	for i, folder := range said.Folders {
		l, err := p.folder(ctx, folder, fmt.Sprintf("%s.list%d", p.state, i))
		if err != nil {
			return nil, err
		}
		take(l, folder)
	}
	if len(all) == 0 {
		return nil, fault.New(fault.Invalid, "its lists name no document")
	}
	slices.SortStableFunc(all, func(a, b csaf.Listed) int { return b.At.Compare(a.At) })
	return all, nil
}

// folder reads changes.csv, or index.txt where there is none.
func (p *provider) folder(ctx context.Context, folder, file string) (csaf.List, error) {
	l, err := p.list(ctx, folder+"changes.csv", file+".csv", func(r io.Reader) (csaf.List, error) { return csaf.ParseChanges(r, folder) })
	if err == nil {
		return l, nil
	}
	l, other := p.list(ctx, folder+"index.txt", file+".txt", func(r io.Reader) (csaf.List, error) { return csaf.ParseIndex(r, folder) })
	if other != nil {
		return l, errors.Join(err, other)
	}
	return l, nil
}

func (p *provider) list(ctx context.Context, address, file string, parse func(io.Reader) (csaf.List, error)) (csaf.List, error) {
	if err := p.get(ctx, fetch.Target{URL: address, Path: file, MaxBytes: csaf.MaxList}); err != nil {
		return csaf.List{}, err
	}
	return parsed(file, parse)
}

func parsed[T any](file string, parse func(io.Reader) (T, error)) (T, error) {
	f, err := os.Open(file)
	if err != nil {
		var none T
		return none, err
	}
	defer func() { _ = f.Close() }() // it was only read
	return parse(f)
}

// get fetches from the provider's own host only.
func (p *provider) get(ctx context.Context, t fetch.Target) error {
	u, err := url.Parse(t.URL)
	if err != nil || u.Host != p.host {
		return fault.New(fault.Forbidden, "%s is not on the provider's host %s", fetch.Mask(t.URL), p.host)
	}
	if t.State == "" {
		t.State = t.Path + ".state"
	}
	_, err = p.Fetcher.Get(ctx, t)
	return err
}

// leave drops what the lists no longer name.
func (p *provider) leave(have map[string]time.Time, listed []csaf.Listed) error {
	here := make(map[string]bool, len(listed))
	for _, d := range listed {
		here[d.URL] = true
	}
	for address := range have {
		if here[address] {
			continue
		}
		if err := os.Remove(p.file(address)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("the cache: %w", err)
		}
		delete(have, address)
	}
	return nil
}

// file is where a document is kept: its name tells it from all others.
func (p *provider) file(address string) string {
	sum := sha256.Sum256([]byte(address))
	return filepath.Join(p.dir, hex.EncodeToString(sum[:6])+"-"+filepath.Base(filepath.FromSlash(path.Base(address))))
}

// documents fetches some, a few at once, and notes which were had.
func (p *provider) documents(ctx context.Context, wanted []csaf.Listed, have map[string]time.Time) error {
	var mu sync.Mutex
	done := 0
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(singlesAtOnce)
	for _, d := range wanted {
		group.Go(func() error {
			err := p.document(ctx, d)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			mu.Lock()
			defer mu.Unlock()
			switch done++; {
			case errors.Is(err, csaf.ErrPassed):
				p.pass(d.URL, err.Error())
			case err != nil:
				p.reject(d.URL, err)
			}
			if err == nil || errors.Is(err, errBroken) {
				have[d.URL] = d.At
			}
			p.progress(Progress{Feed: string(advisory.FeedCSAF), Stage: Fetching, Done: int64(done), Total: int64(len(wanted))})
			return nil
		})
	}
	return group.Wait()
}

// document fetches one, checks it against its checksum, and keeps it once it can
// be read. One that cannot be read will not get better until it changes.
func (p *provider) document(ctx context.Context, d csaf.Listed) (err error) {
	fresh := p.state + "." + filepath.Base(p.file(d.URL)) // not among the feeds until it was checked
	defer func() {
		for _, f := range []string{fresh, fresh + ".state.json", fresh + ".sum", fresh + ".sum.state.json"} {
			err = errors.Join(err, removed(f))
		}
	}()
	if err := p.get(ctx, fetch.Target{URL: d.URL, Path: fresh, MaxBytes: csaf.MaxBytes}); err != nil {
		return err
	}
	if err := p.checked(ctx, d, fresh); err != nil {
		return err
	}
	if _, err := parsed(fresh, csaf.Parse); err != nil {
		return errors.Join(fmt.Errorf("%w: %w", errBroken, err), removed(p.file(d.URL)))
	}
	return os.Rename(fresh, p.file(d.URL))
}

func removed(file string) error {
	if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// checked compares a document with the checksum that its provider offers beside it:
// the one that the list names, else SHA-512, else SHA-256; where none is offered,
// nothing is compared. It guards against damage; whose the document is, its
// signature would say, which is not checked.
func (p *provider) checked(ctx context.Context, d csaf.Listed, file string) error {
	offers := []string{d.URL + ".sha512", d.URL + ".sha256"}
	if d.Hash != "" {
		offers = []string{d.Hash}
	}
	for _, address := range offers {
		err := p.get(ctx, fetch.Target{URL: address, Path: file + ".sum", MaxBytes: 4096})
		if err != nil && d.Hash == "" && fault.KindOf(err) == fault.NotFound {
			continue
		}
		if err != nil {
			return fmt.Errorf("its checksum: %w", err)
		}
		return compared(file, file+".sum")
	}
	return nil
}

func compared(file, sums string) error {
	text, err := os.ReadFile(sums)
	if err != nil {
		return err
	}
	want, err := csaf.ParseHash(text)
	if err != nil {
		return err
	}
	body, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	got := sha256.Sum256(body)
	is := string(got[:]) == string(want)
	if len(want) == sha512.Size {
		long := sha512.Sum512(body)
		is = string(long[:]) == string(want)
	}
	if !is {
		return fault.New(fault.Unavailable, "it is not the document that its checksum is of")
	}
	return nil
}
