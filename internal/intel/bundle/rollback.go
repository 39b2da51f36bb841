package bundle

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/fault"
)

// Loaded is what is remembered of the bundles that were loaded: when the last one
// was made, and as of when each feed came with one. A signature proves who made a
// bundle, not that it is the newest: an old one, with its true signature, would
// take back what is known.
type Loaded struct {
	MadeAt time.Time            `json:"made_at"`
	Feeds  map[string]time.Time `json:"feeds"`
}

// ParseLoaded reads what Text wrote; "" is that none was loaded.
func ParseLoaded(text string) (l Loaded, err error) {
	if text != "" {
		err = json.Unmarshal([]byte(text), &l)
	}
	return l, fault.Wrap(fault.Internal, err, "read which bundle was loaded last")
}

// Text is what is to be remembered.
func (l Loaded) Text() (string, error) {
	b, err := json.Marshal(l)
	return string(b), fault.Wrap(fault.Internal, err, "write which bundle was loaded")
}

// feeds are the bundle's feeds, each with when the newest of its files was fetched.
func (m Manifest) feeds() map[string]time.Time {
	out := map[string]time.Time{}
	for _, f := range m.Files {
		if at, known := out[f.Feed]; !known || f.FetchedAt.After(at) {
			out[f.Feed] = f.FetchedAt
		}
	}
	return out
}

// Follows refuses a bundle that is older than the one that was loaded last, as a
// whole or in one of its feeds. The same one again is not older.
func (m Manifest) Follows(last Loaded) error {
	const hint = "load a newer bundle; if going back is meant: intel update --from FILE --trust KEY --allow-older"
	if m.MadeAt.Before(last.MadeAt) {
		return fault.New(fault.Conflict, "the bundle was made at %s, and the one loaded last at %s: it is older",
			m.MadeAt.Format(time.RFC3339), last.MadeAt.Format(time.RFC3339)).WithHint(hint)
	}
	var older []string
	for feed, at := range m.feeds() {
		if had, known := last.Feeds[feed]; known && at.Before(had) {
			older = append(older, feed+" of "+at.Format(time.RFC3339)+", loaded of "+had.Format(time.RFC3339))
		}
	}
	if len(older) == 0 {
		return nil
	}
	slices.Sort(older)
	return fault.New(fault.Conflict, "the bundle holds feeds that are older than those loaded last: %s", strings.Join(older, "; ")).WithHint(hint)
}

// After is what is to be remembered once the bundle was loaded. Feeds that it does
// not hold stay as they were.
func (m Manifest) After(last Loaded) Loaded {
	next := Loaded{MadeAt: m.MadeAt, Feeds: m.feeds()}
	for feed, at := range last.Feeds {
		if _, held := next.Feeds[feed]; !held {
			next.Feeds[feed] = at
		}
	}
	return next
}
