package intel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/intel/fetch"
	"github.com/tidemark/tidemark/internal/intel/osv"
)

// When the changed records of an ecosystem are fetched one by one: while they
// are few, and few of all. Else the whole archive is.
const (
	maxSingles    = 500
	singlesShare  = 4 // one record in this many
	singlesAtOnce = 8
	maxList       = 256 << 20
	maxRecord     = 16 << 20
)

// refresh brings one ecosystem's archive in the cache up to date.
//
// The model. The publisher's list says when each record last changed; applied is
// the list of what the archive has. Their difference is what to fetch: a run that
// was cut off, or a record that could not be had, stays in it.
type refresh struct {
	*update
	w       wanted
	list    fetch.Target
	applied string // the file
	records string // folder for single records
}

func newRefresh(u *update, w wanted) refresh {
	state := w.target.State
	return refresh{
		update: u, w: w, applied: state + ".applied.csv", records: state + ".records",
		list: fetch.Target{
			URL:  strings.TrimSuffix(w.target.URL, "all.zip") + "modified_id.csv",
			Path: state + ".modified.csv", State: state + ".modified", MaxBytes: maxList,
		},
	}
}

// run fetches what has changed.
func (r refresh) run(ctx context.Context) error {
	have, old, err := r.known()
	if err != nil {
		return err
	}
	now, err := r.listed(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil || !have {
		return r.whole(ctx, now)
	}
	in := Input{Kind: advisory.FeedOSV, Name: r.w.name, Path: r.w.target.Path}
	if r.shrunk(in, len(old.At), len(now.At)) {
		r.done[r.w.target.Path] = true
		return nil
	}
	changed := now.Since(old)
	switch {
	case len(now.At)*100 < len(old.At)*leastShare: // which somebody has accepted
		return r.whole(ctx, now)
	case len(changed) == 0:
		return nil
	case len(changed) > maxSingles || len(changed)*singlesShare > len(now.At):
		return r.whole(ctx, now)
	}
	return r.singles(ctx, changed, now, old)
}

// known reads what the archive in the cache has; have is false without one.
func (r refresh) known() (have bool, old osv.Listed, err error) {
	if _, err := os.Stat(r.w.target.Path); err != nil {
		return false, old, nil
	}
	f, err := os.Open(r.applied)
	if errors.Is(err, fs.ErrNotExist) {
		return false, old, nil
	}
	if err != nil {
		return false, old, fmt.Errorf("the cache: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	old, err = osv.ParseModified(f)
	return err == nil && len(old.Rejected) == 0, old, nil // a damaged list is made anew with the archive
}

// listed fetches the publisher's list, and reads it.
func (r refresh) listed(ctx context.Context) (osv.Listed, error) {
	if _, err := r.Fetcher.Get(ctx, r.list); err != nil {
		return osv.Listed{}, err
	}
	f, err := os.Open(r.list.Path)
	if err != nil {
		return osv.Listed{}, err
	}
	defer func() { _ = f.Close() }() // it was only read
	l, err := osv.ParseModified(f)
	if err == nil && len(l.At) == 0 {
		err = errors.New("the list of modifications is empty")
	}
	return l, err
}

// whole fetches the archive, and notes which of the listed records it has. One
// that changed after the archive was packed is left for the next time.
func (r refresh) whole(ctx context.Context, now osv.Listed) error {
	got, err := r.Fetcher.Get(ctx, r.w.target)
	if err != nil || len(now.At) == 0 {
		return err
	}
	a, done, err := openArchive(r.w.target.Path, r.Limits)
	if err != nil {
		return nil // it is refused with its reason when it is read
	}
	defer done()
	has := osv.Listed{At: map[string]time.Time{}}
	for _, id := range a.Names() {
		if at, ok := now.At[id]; ok && (got.Modified.IsZero() || !at.After(got.Modified)) {
			has.At[id] = at
		}
	}
	return r.note(has)
}

func openArchive(path string, limits osv.Limits) (a *osv.Archive, done func(), err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err == nil {
		a, err = osv.Open(f, info.Size(), limits)
	}
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return a, func() { _ = f.Close() }, nil // it was only read
}

// note remembers what the archive has.
func (r refresh) note(l osv.Listed) error {
	return replace(r.applied, l.Write)
}

// replace writes a file whole, or leaves the one that is there.
func replace(path string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	if err := errors.Join(write(f), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// got are the records that were fetched one by one.
type got struct {
	bodies   map[string][]byte
	records  []advisory.Record
	rejected []advisory.Rejection
	had      []string // ids that need not be asked for again
}

// singles fetches records one by one, puts them into the archive and commits
// them, so that the archive need not be read.
func (r refresh) singles(ctx context.Context, changed []string, now, old osv.Listed) error {
	if err := os.MkdirAll(r.records, 0o700); err != nil {
		return fmt.Errorf("preparing the cache: %w", err)
	}
	g, err := r.each(ctx, changed, now)
	if err != nil {
		return err
	}
	before, after, replaced, err := r.pack(g)
	if err != nil {
		return err
	}
	for _, id := range g.had {
		old.At[id] = now.At[id]
	}
	if err := r.note(old); err != nil {
		return err
	}
	if err := os.RemoveAll(r.records); err != nil {
		return err
	}
	return r.tell(ctx, g, swapped{before, after, replaced})
}

// swapped is an archive that got new records.
type swapped struct {
	before, after string // its hash
	replaced      []advisory.Record
}

// tell commits the records where the store has all others of the archive. Where
// it is behind, the archive will be read; what could not be had is said here.
func (r refresh) tell(ctx context.Context, g got, s swapped) error {
	have := r.stored[label(advisory.FeedOSV, r.w.name)]
	rep := FeedReport{Feed: have, Status: Unchanged, Rejected: g.rejected}
	switch {
	case have.Hash == s.before && len(g.records) > 0:
		r.done[r.w.target.Path] = true
		rep.Status, rep.Hash = Loaded, s.after
		return r.commit(ctx, rep, g.records, s.replaced)
	case have.Hash == s.before:
		r.done[r.w.target.Path] = true
	case len(g.rejected) == 0:
		return nil
	default:
		rep.Feed, rep.Status = advisory.Feed{Kind: advisory.FeedOSV, Name: r.w.name, Origin: fetch.Mask(r.list.URL)}, Refused
	}
	r.report.Feeds = append(r.report.Feeds, rep)
	return nil
}

// each fetches the records, a few at once.
func (r refresh) each(ctx context.Context, ids []string, now osv.Listed) (got, error) {
	g := got{bodies: map[string][]byte{}}
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(singlesAtOnce)
	for _, id := range ids {
		group.Go(func() error {
			body, rec, err := r.one(ctx, id, now.At[id])
			if ctx.Err() != nil {
				return ctx.Err()
			}
			mu.Lock()
			defer mu.Unlock()
			g.take(id, body, rec, err)
			r.progress(Progress{Feed: label(advisory.FeedOSV, r.w.name), Stage: Fetching, Done: int64(len(g.had) + len(g.rejected)), Total: int64(len(ids))})
			return nil
		})
	}
	return g, group.Wait()
}

// errBroken is a record that will not get better until it changes.
var errBroken = errors.New("broken")

func (g *got) take(id string, body []byte, rec advisory.Record, err error) {
	if err != nil {
		g.rejected = advisory.AddRejection(g.rejected, id+".json", err)
	}
	if err == nil {
		g.bodies[id], g.records = body, append(g.records, rec)
	}
	if err == nil || errors.Is(err, errBroken) {
		g.had = append(g.had, id)
	}
}

// one fetches a record. It must be the one that was asked for, as new as listed.
func (r refresh) one(ctx context.Context, id string, at time.Time) (body []byte, rec advisory.Record, err error) {
	path := filepath.Join(r.records, id+".json")
	_, err = r.Fetcher.Get(ctx, fetch.Target{
		URL: strings.TrimSuffix(r.w.target.URL, "all.zip") + url.PathEscape(id) + ".json", Path: path, State: path + ".state", MaxBytes: maxRecord,
	})
	if err != nil {
		return nil, rec, err
	}
	if body, err = os.ReadFile(path); err != nil {
		return nil, rec, err
	}
	rec, err = osv.ParseRecord(body)
	switch {
	case err != nil:
		return nil, rec, fmt.Errorf("%w: %w", errBroken, err)
	case rec.ID != id:
		return nil, rec, fmt.Errorf("%w: it is the record %.80q", errBroken, rec.ID)
	case rec.Modified.Before(at.Truncate(time.Second)):
		return nil, rec, fault.New(fault.Unavailable, "of %s, older than the list says (%s)", dateText(rec.Modified), dateText(at))
	}
	return body, rec, nil
}

// pack puts records into the archive and gives its hash before and after.
func (r refresh) pack(g got) (before, after string, replaced []advisory.Record, err error) {
	path := r.w.target.Path
	if before, err = hashOf(path); err != nil || len(g.bodies) == 0 {
		return before, before, nil, err
	}
	a, done, err := openArchive(path, r.Limits)
	if err != nil {
		return "", "", nil, err
	}
	defer done()
	err = replace(path, func(w io.Writer) (err error) {
		replaced, err = a.Rewrite(w, g.bodies)
		return err
	})
	if err != nil {
		return "", "", nil, fmt.Errorf("putting records into %s: %w", path, err)
	}
	after, err = hashOf(path)
	return before, after, replaced, err
}

func hashOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }() // it was only read
	return hashFile(f)
}

// commit stores the records; the feed counts as read to its end.
func (r refresh) commit(ctx context.Context, rep FeedReport, records, replaced []advisory.Record) error {
	did, err := r.Store.CommitAdvisories(ctx, advisory.Batch{Feed: rep.Name, Records: records, Now: r.Now()})
	if err != nil {
		return fmt.Errorf("%w: feed %s: %w", errStore, label(rep.Kind, rep.Name), err)
	}
	rep.Did, rep.Records = did, rep.Records+len(records)-len(replaced)
	rep.note(osv.Chunk{Records: records})
	for i := range replaced {
		if !replaced[i].Withdrawn.IsZero() {
			rep.Withdrawn--
		}
	}
	a, done, err := openArchive(r.w.target.Path, r.Limits)
	if err != nil {
		return err
	}
	defer done()
	if err := r.finish(ctx, rep, a.Names()); err != nil {
		return fmt.Errorf("%w: %w", errStore, err)
	}
	return nil
}

// errStore is a failure of the store: no fault of the feed's.
var errStore = errors.New("storing what was fetched")
