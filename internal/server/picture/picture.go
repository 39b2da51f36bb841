// Package picture is what a server knows beyond the store: all exposures in
// memory, and the pages that are drawn from them.
//
// The model. A shot is the list of exposures at one time, as an index: the
// present one follows the streams, those of the past are built when they are
// asked for and kept a while. A page is a few questions to a shot. The items of
// a list are read from the store by number, so the list of the server, of a page
// and of the command line have the same rows.
//
// Invariants. Every number goes with the query that lists exactly what it
// counts. A viewer's numbers count only what the viewer may see. The present
// shot is never older than one round of following; what was read while
// something changed is read again. Whatever a page shows is of one revision or
// newer: an answer to the same question at the same revision is the same but
// for what time alone changes.
package picture

import (
	"context"
	"sync"
	"time"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/server/desk"
	"github.com/tidemark/tidemark/internal/server/reply"
	"github.com/tidemark/tidemark/internal/twin"
)

// Rows reads exposures for an index, and by number for a list.
type Rows interface {
	EachExposure(ctx context.Context, at ctem.AsOf, each func([]ctem.Exposure) error) error
	BriefExposures(ctx context.Context, nums []int64, at ctem.AsOf) ([]ctem.Exposure, error)
	ListedExposures(ctx context.Context, nums []int64, at ctem.AsOf) ([]ctem.Exposure, error)
	EachLiveSpan(ctx context.Context, from time.Time, at ctem.AsOf, each func([]ctem.Span)) error
	SpansOf(ctx context.Context, nums []int64, from, to time.Time) ([]ctem.Span, error)
}

// Streams says what changed.
type Streams interface {
	Head(ctx context.Context, stream ctem.Stream) (seq int64, at time.Time, err error)
	ExposureChanges(ctx context.Context, after int64, limit int) (nums []int64, last int64, err error)
	DecisionChanges(ctx context.Context, after int64, limit int) (nums []int64, last int64, err error)
	AdvisoryChanges(ctx context.Context, after int64, limit int) (changes []advisory.Change, last int64, err error)
}

// Ages says on whose evidence exposures stand, and how old it is.
type Ages interface {
	BasisFreshness(ctx context.Context, at time.Time) (map[int64]twin.Freshness, error)
	ExposuresOfBases(ctx context.Context, bases []int64) ([]int64, error)
	ExposuresByWeaknessNames(ctx context.Context, names []string) ([]int64, error)
	WorkloadCovers(ctx context.Context, at ctem.AsOf) ([]ctem.WorkloadCover, error)
}

// World is what is known of weaknesses.
type World interface {
	Signals(ctx context.Context, names []string) (map[string]advisory.Signal, error)
	Feeds(ctx context.Context) ([]advisory.Feed, error)
	Records(ctx context.Context, ids []string) ([]advisory.Record, error)
	News(ctx context.Context, from, to time.Time, limit int) ([]advisory.News, error)
}

// Search answers "are we affected?", and how far it looks.
type Search interface {
	AffectedExposures(ctx context.Context, q ctem.ListQuery, what string) (ctem.Affected, error)
	SearchCoverage(ctx context.Context, q ctem.ListQuery) (ctem.SearchCoverage, error)
}

// Names finds components by how their name begins.
type Names interface {
	ComponentsByPrefix(ctx context.Context, prefix string, limit int) ([]ctem.ComponentItem, error)
}

// Parts is what a Picture is made of.
type Parts struct {
	Desk    desk.Parts // its lists of exposures become those of the picture
	Rows    Rows
	Streams Streams
	Ages    Ages
	World   World
	Names   Names
	Search  Search
	Scope   Scope
	Score   func(risk float64) int // a risk on the scale of scores
	Tell    func(Told)             // of changes, after they are shown; may be nil
}

// Told is what changed in one round of following.
type Told struct {
	Revision  int64
	Exposures int  // that were opened, changed or decided anew
	New       int  // that were not there before
	ActNow    int  // that have to be acted on now, and had not before
	Scope     bool // what the business says changed
	World     bool // what is known of weaknesses changed
}

// Picture draws the pages.
type Picture struct {
	*follower
	listing
	overviewing
	detailing
	placing
	finding
}

// drawing is what the parts of a Picture have together.
type drawing struct {
	Parts
	desk *desk.Desk
	past *past
	live *shot
	kept *kept
	// revisionOf is the follower's: what is kept is of one revision.
	revisionOf func() int64
}

// The pages, by what they are about.
type (
	listing     struct{ *drawing } // lists, facets, groups
	overviewing struct{ *drawing } // the whole, and what is new
	detailing   struct{ *drawing } // one exposure
	placing     struct{ *drawing } // products and the matrix
	finding     struct{ *drawing } // search
)

// New gives a Picture, and with Desk the desk that answers from it. Nothing is
// shown before Run has read the exposures.
func New(p Parts) *Picture {
	d := &drawing{Parts: p, live: newShot(ctem.AsOf{})}
	d.past, d.kept = newPast(d), &kept{}
	parts := p.Desk
	parts.Exposed = listed{parts.Exposed, listing{d}}
	d.desk = desk.New(parts)
	return &Picture{
		follower: newFollower(d), listing: listing{d}, overviewing: overviewing{d}, detailing: detailing{d}, placing: placing{d}, finding: finding{d},
	}
}

// Desk is the desk whose lists of exposures are those of the picture.
func (d listing) Desk() *desk.Desk { return d.desk }

// listed are exposures whose lists come from the index.
type listed struct {
	desk.Exposures
	list listing
}

// ListExposures is the list of the picture.
func (l listed) ListExposures(ctx context.Context, q ctem.ListQuery) (ctem.ExposurePage, error) {
	return l.list.ListExposures(ctx, q)
}

// coverageAge is how long it is said in the same words how far a search looks:
// sources grow old meanwhile.
const coverageAge = 5 * time.Second

// Affected is the store's. How far it looks is the same for every search, and to
// count it takes longer than most searches.
func (l listed) Affected(ctx context.Context, q ctem.ListQuery, what string) (ctem.Affected, error) {
	d := l.list
	a, err := d.Search.AffectedExposures(ctx, q, what)
	if err != nil {
		return a, err
	}
	is := age{now: q.AsOf.Now, most: coverageAge}
	if q.AsOf.At.IsZero() && q.AsOf.KnownAt.IsZero() {
		is.revision = d.revisionOf()
	}
	key := "coverage " + momentKey(q.AsOf) + viewerKey(reply.Viewer{Products: q.Products, Owner: q.Owner})
	a.Coverage, err = keep(d.kept, key, is, func() (ctem.SearchCoverage, error) {
		return d.Search.SearchCoverage(context.WithoutCancel(ctx), q)
	})
	return a, err
}

// kept holds answers that cost more than a look at the index, for the revision
// that they were computed at.
type kept struct {
	mu      sync.Mutex
	answers map[string]*answer
}

type answer struct {
	done     chan struct{}
	value    any
	err      error
	revision int64
	at       time.Time
}

// maxKept bounds the answers that are kept.
const maxKept = 256

// age is how old an answer may be, and at which revision it has to be.
type age struct {
	now      time.Time
	revision int64
	most     time.Duration // whatever the revision
}

func (a *answer) fits(is age) bool {
	return a.revision == is.revision && is.now.Sub(a.at) < is.most
}

// keep gives an answer that was kept, or computes it once for all who ask.
func keep[T any](k *kept, key string, is age, compute func() (T, error)) (T, error) {
	k.mu.Lock()
	a, ok := k.answers[key]
	if ok && a.fits(is) {
		k.mu.Unlock()
		<-a.done
		value, _ := a.value.(T)
		return value, a.err
	}
	a = &answer{done: make(chan struct{}), revision: is.revision, at: is.now}
	if k.answers == nil || len(k.answers) >= maxKept {
		k.answers = map[string]*answer{}
	}
	k.answers[key] = a
	k.mu.Unlock()
	value, err := compute()
	a.value, a.err = value, err
	close(a.done)
	if err != nil {
		k.mu.Lock()
		if k.answers[key] == a {
			delete(k.answers, key)
		}
		k.mu.Unlock()
	}
	return value, err
}
