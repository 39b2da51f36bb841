package intel

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/intel/fetch"
	"github.com/tidemark/tidemark/internal/intel/osv"
)

// Store is where an update is committed.
type Store interface {
	Feeds(ctx context.Context) ([]advisory.Feed, error)
	CommitAdvisories(ctx context.Context, b advisory.Batch) (advisory.Committed, error)
	FinishFeed(ctx context.Context, f advisory.Feed, present []string) (gone []string, err error)
	SignalStore
	ContextStore
}

// ContextStore is where is committed what is shown of weaknesses and decides nothing.
type ContextStore interface {
	CommitUses(ctx context.Context, b advisory.UseBatch) (advisory.Committed, error)
	CommitStatements(ctx context.Context, b advisory.StatementBatch) (advisory.Committed, error)
}

// SignalStore is where signs of exploitation are committed.
type SignalStore interface {
	CommitKEV(ctx context.Context, b advisory.KEVBatch) (advisory.Committed, error)
	CommitEPSS(ctx context.Context, b advisory.EPSSBatch) (advisory.Committed, error)
	CommitExploits(ctx context.Context, b advisory.ExploitBatch) (advisory.Committed, error)
	CommitSSVC(ctx context.Context, b advisory.SSVCBatch) (advisory.Committed, error)
}

// Updater brings the store up to date with a folder, or with the feeds'
// public addresses. A feed that was cut off half-way is read again by the next
// update: what it had committed is then unchanged, and its hash is noted last.
type Updater struct {
	Store   Store
	Now     func() time.Time
	Sources Sources        // used when Update is given no folder
	Fetcher *fetch.Fetcher // the same
	// AcceptShrink names the feeds ("osv/npm", "kev") that may lose more than a
	// fifth of their entries.
	AcceptShrink []string
	// As is what the folder is called to whoever sent it; "": its own name.
	As      string
	Workers int // parsers; 0: 2
	Batch   int // records in a commit; 0: 2,000
	Limits  osv.Limits
}

// Progress says how far one feed has come.
type Progress struct {
	Feed  string // "osv/npm", "kev", "epss"
	Stage Stage
	Done  int64
	Total int64 // 0: not known
}

// Stage is a part of the work on a feed.
type Stage string

// The stages; Done and Total count bytes while fetching, else entries.
const (
	Fetching Stage = "fetch"
	Reading  Stage = "read"
	Finished Stage = "done"
)

// Status says what became of a feed.
type Status string

// The statuses of a feed.
const (
	Loaded    Status = "loaded"
	Unchanged Status = "unchanged"
	Refused   Status = "rejected"
	Held      Status = "held" // it shrank: nothing of it was taken until somebody accepts that
)

// FeedReport is what an update did to one feed.
type FeedReport struct {
	advisory.Feed
	Status   Status
	Did      advisory.Committed
	Rejected []advisory.Rejection // parts of the feed; for a refused feed the reason
	Gone     []string             // ids that the feed once gave and no longer has; they stay as they are
}

// Report is what an update did.
type Report struct {
	Feeds   []FeedReport
	Ignored []Ignored
}

// Rejections lists everything that was refused in any feed.
func (r Report) Rejections() []advisory.Rejection {
	var all []advisory.Rejection
	for _, f := range r.Feeds {
		all = append(all, f.Rejected...)
	}
	return all
}

// count returns how many feeds have a status.
func (r Report) count(s Status) int {
	n := 0
	for _, f := range r.Feeds {
		if f.Status == s {
			n++
		}
	}
	return n
}

// update is one run of an Updater.
type update struct {
	*Updater
	stored   map[string]advisory.Feed // by label
	names    sender
	done     map[string]bool // paths of archives that are up to date already
	progress func(Progress)
	report   Report
}

func label(kind advisory.FeedKind, name string) string {
	if name == "" {
		return string(kind)
	}
	return string(kind) + "/" + name
}

// Update reads the feeds of a folder; from "" fetches them first. Feeds whose
// input did not change are not read. An error means that the store failed, the
// context ended, or nothing at all could be used; a feed or a record that was
// refused is in the report.
func (u *Updater) Update(ctx context.Context, from string, progress func(Progress)) (Report, error) {
	if progress == nil {
		progress = func(Progress) {}
	}
	run := &update{Updater: u, progress: progress, stored: map[string]advisory.Feed{}, done: map[string]bool{}, names: sender{as: u.As, origins: map[string]string{}}}
	feeds, err := u.Store.Feeds(ctx)
	if err != nil {
		return Report{}, fmt.Errorf("reading what is loaded: %w", err)
	}
	for _, f := range feeds {
		run.stored[label(f.Kind, f.Name)] = f
	}
	if from == "" {
		if from, err = run.fetch(ctx); err != nil {
			return run.report, err
		}
	}
	found, err := Scan(ctx, from)
	if err != nil {
		return run.report, err
	}
	if run.names.root, err = filepath.EvalSymlinks(from); err != nil {
		return run.report, fault.Wrap(fault.Invalid, err, "intelligence folder")
	}
	run.ignore(found.Ignored)
	return run.report, run.all(ctx, run.names.shown(run.names.root), found)
}

func (u *update) ignore(list []Ignored) {
	for _, i := range list {
		u.report.Ignored = append(u.report.Ignored, Ignored{Path: u.names.shown(i.Path), Reason: u.names.said(i.Reason)})
	}
}

func (u *update) all(ctx context.Context, from string, found Found) error {
	if len(found.Inputs) == 0 && len(u.report.Feeds) == 0 {
		return fault.New(fault.Invalid, "no feed found below %s", from).
			WithHint("it should hold OSV archives as <Ecosystem>/all.zip, the KEV catalogue, EPSS scores")
	}
	for _, in := range ofKind(found.Inputs, advisory.FeedOSV) {
		if u.done[in.Path] {
			continue
		}
		if err := u.archive(ctx, in); err != nil {
			return fmt.Errorf("feed %s: %w", label(in.Kind, in.Name), err)
		}
	}
	for _, kind := range advisory.SignalFeeds() {
		if err := u.signals(ctx, ofKind(found.Inputs, kind)); err != nil {
			return fmt.Errorf("feed %s: %w", kind, err)
		}
	}
	if refused := u.report.count(Refused); refused > 0 && refused == len(u.report.Feeds) {
		first := u.report.Rejections()[0]
		return fault.New(fault.Invalid, "no feed could be used: %s: %s", first.Where, first.Reason)
	}
	return nil
}

// refuse notes a feed of which nothing was taken.
func (u *update) refuse(in Input, err error) {
	u.report.Feeds = append(u.report.Feeds, FeedReport{
		Feed:     advisory.Feed{Kind: in.Kind, Name: in.Name, Origin: u.names.origin(in.Path)},
		Status:   Refused,
		Rejected: []advisory.Rejection{{Where: u.names.shown(in.Path), Reason: u.names.said(err.Error())}},
	})
}

// leastShare is what a feed keeps of its entries, in percent: one that has fewer
// was cut off, or is another file. Of fewer than leastShrink each is more than
// the share, and losing one is no sign.
const (
	leastShare  = 80
	leastShrink = 5
)

// held notes a feed that has less than what is stored of it.
func (u *update) held(in Input, entries int) bool {
	return u.shrunk(in, u.stored[label(in.Kind, in.Name)].Records, entries)
}

// shrunk notes a feed that lost more than its share; what there was of it stays.
func (u *update) shrunk(in Input, had, has int) bool {
	name := label(in.Kind, in.Name)
	if had < leastShrink || has*100 >= had*leastShare || slices.Contains(u.AcceptShrink, name) {
		return false
	}
	feed := u.stored[name]
	feed.Kind, feed.Name = in.Kind, in.Name
	u.report.Feeds = append(u.report.Feeds, FeedReport{Feed: feed, Status: Held, Rejected: []advisory.Rejection{{
		Where: u.names.shown(in.Path),
		Reason: fmt.Sprintf("it shrank from %d to %d entries: held, and what was loaded before stays; if that is right: intel update --accept-shrink %s",
			had, has, name),
	}}})
	u.progress(Progress{Feed: name, Stage: Finished})
	return true
}

// unchanged notes a feed whose input is the one that is stored.
func (u *update) unchanged(in Input, hash string) bool {
	f, ok := u.stored[label(in.Kind, in.Name)]
	if !ok || f.Hash != hash {
		return false
	}
	u.report.Feeds = append(u.report.Feeds, FeedReport{Feed: f, Status: Unchanged})
	u.progress(Progress{Feed: label(in.Kind, in.Name), Stage: Finished})
	return true
}

func (u *update) archive(ctx context.Context, in Input) error {
	f, err := os.Open(in.Path)
	if err != nil {
		u.refuse(in, err)
		return nil
	}
	defer func() { _ = f.Close() }() // it was only read
	hash, err := hashFile(f)
	if err != nil {
		u.refuse(in, err)
		return nil
	}
	if u.unchanged(in, hash) {
		return nil
	}
	a, err := osv.Open(f, in.Size, u.Limits)
	if err != nil {
		u.refuse(in, err)
		return nil
	}
	if u.held(in, a.Len()) {
		return nil
	}
	rep := FeedReport{Status: Loaded, Feed: advisory.Feed{Kind: in.Kind, Name: in.Name, Hash: hash, Origin: u.names.origin(in.Path)}}
	present, err := u.load(ctx, a, &rep)
	if err != nil {
		return err
	}
	rep.Rejected = placed(u.names.shown(in.Path), rep.Rejected)
	if rep.Records == 0 {
		rep.Status = Refused
		rep.Rejected = append(rep.Rejected, advisory.Rejection{Where: u.names.shown(in.Path), Reason: "it holds no OSV record"})
		u.report.Feeds = append(u.report.Feeds, rep)
		return nil
	}
	return u.finish(ctx, rep, present)
}

// load commits an archive batch by batch and returns the ids in it.
func (u *update) load(ctx context.Context, a *osv.Archive, rep *FeedReport) (present []string, err error) {
	workers := u.Workers
	if workers <= 0 {
		workers = 2
	}
	done := 0
	err = a.Read(ctx, osv.Options{Workers: workers, Size: u.Batch}, func(c osv.Chunk) error {
		did, err := u.Store.CommitAdvisories(ctx, advisory.Batch{Feed: rep.Name, Records: c.Records, Now: u.Now()})
		if err != nil {
			return err
		}
		rep.Did = rep.Did.Add(did)
		rep.Rejected = append(rep.Rejected, c.Rejected...)
		rep.Records += len(c.Records)
		present = append(present, rep.note(c)...)
		done += c.Entries
		u.progress(Progress{Feed: label(rep.Kind, rep.Name), Stage: Reading, Done: int64(done), Total: int64(a.Len())})
		return nil
	})
	return present, err
}

// note counts a chunk's records and returns their ids. A refused entry counts
// as present: its record may be bad today, but it has not left the feed.
func (rep *FeedReport) note(c osv.Chunk) []string {
	ids := make([]string, 0, len(c.Records)+len(c.Rejected))
	for i := range c.Records {
		r := &c.Records[i]
		ids = append(ids, r.ID)
		if !r.Withdrawn.IsZero() {
			rep.Withdrawn++
		}
		if r.Modified.After(rep.DataTime) {
			rep.DataTime = r.Modified
		}
	}
	for _, r := range c.Rejected {
		ids = append(ids, osv.EntryID(r.Where))
	}
	return ids
}

func (u *update) finish(ctx context.Context, rep FeedReport, present []string) error {
	rep.LoadedAt = u.Now().UTC().Truncate(time.Microsecond)
	gone, err := u.Store.FinishFeed(ctx, rep.Feed, present)
	if err != nil {
		return fmt.Errorf("finishing: %w", err)
	}
	rep.Gone = gone
	u.report.Feeds = append(u.report.Feeds, rep)
	u.progress(Progress{Feed: label(rep.Kind, rep.Name), Stage: Finished, Done: int64(rep.Records), Total: int64(rep.Records)})
	return nil
}

// signals loads the newest of the files of a kind, or what they say together.
func (u *update) signals(ctx context.Context, inputs []Input) error {
	c := chosen(inputs)
	u.ignore(c.ignored)
	for _, r := range c.rejected {
		u.refuse(Input{Kind: inputs[0].Kind, Path: r.Where}, errors.New(r.Reason))
	}
	if c.best == nil || u.unchanged(c.best.input, c.best.hash) || u.older(c.best) {
		return nil
	}
	f := c.best
	rep := FeedReport{Status: Loaded, Rejected: u.names.rejections(f.rejected), Feed: advisory.Feed{
		Kind: f.input.Kind, Hash: f.hash, DataTime: f.date, Origin: u.names.origin(f.input.Path), Records: f.entries(),
	}}
	if rep.Records == 0 {
		rep.Status = Refused
		rep.Rejected = append(rep.Rejected, advisory.Rejection{Where: u.names.shown(f.input.Path), Reason: "it holds no entry"})
		u.report.Feeds = append(u.report.Feeds, rep)
		return nil
	}
	if u.held(f.input, rep.Records) {
		return nil
	}
	if err := u.commitSignals(ctx, f, &rep); err != nil {
		return err
	}
	return u.finish(ctx, rep, nil)
}

// older notes a file whose data is older than what is stored.
func (u *update) older(f *signalFile) bool {
	have, ok := u.stored[label(f.input.Kind, "")]
	if !ok || !later(have.DataTime, f.date) {
		return false
	}
	u.ignore([]Ignored{{
		Path:   f.input.Path,
		Reason: fmt.Sprintf("of %s, older than what is loaded (%s)", dateText(f.date), dateText(have.DataTime)),
	}})
	u.report.Feeds = append(u.report.Feeds, FeedReport{Feed: have, Status: Unchanged})
	return true
}

// signalBatch is how many are committed at once: other writers get in between.
const signalBatch = 20_000

func (u *update) commitSignals(ctx context.Context, f *signalFile, rep *FeedReport) (err error) {
	switch f.input.Kind {
	case advisory.FeedKEV:
		rep.Did, err = u.Store.CommitKEV(ctx, advisory.KEVBatch{Entries: f.kev, Now: u.Now()})
		return err
	case advisory.FeedEPSS:
		return inBatches(u, rep, f.epss, func(part []advisory.EPSS) (advisory.Committed, error) {
			return u.Store.CommitEPSS(ctx, advisory.EPSSBatch{Entries: part, Now: u.Now()})
		})
	case advisory.FeedSSVC:
		return inBatches(u, rep, f.ssvc, func(part []advisory.SSVC) (advisory.Committed, error) {
			return u.Store.CommitSSVC(ctx, advisory.SSVCBatch{Entries: part, Now: u.Now()})
		})
	case advisory.FeedAttack, advisory.FeedGroups:
		rep.Did, err = u.Store.CommitUses(ctx, advisory.UseBatch{Feed: f.input.Kind, Entries: f.uses, Now: u.Now()})
		return err
	case advisory.FeedCSAF:
		rep.Did, err = u.Store.CommitStatements(ctx, advisory.StatementBatch{Entries: f.said.Entries, Now: u.Now()})
		return err
	case advisory.FeedOSV, advisory.FeedMetasploit, advisory.FeedNuclei, advisory.FeedPoC, advisory.NewFeed, advisory.FeedLoaded:
	}
	rep.Did, err = u.Store.CommitExploits(ctx, advisory.ExploitBatch{Source: f.input.Kind, Entries: f.exploits, Now: u.Now()})
	return err
}

func inBatches[T any](u *update, rep *FeedReport, list []T, commit func([]T) (advisory.Committed, error)) error {
	done := 0
	for part := range slices.Chunk(list, signalBatch) {
		did, err := commit(part)
		if err != nil {
			return err
		}
		rep.Did = rep.Did.Add(did)
		done += len(part)
		u.progress(Progress{Feed: string(rep.Kind), Stage: Reading, Done: int64(done), Total: int64(len(list))})
	}
	return nil
}
