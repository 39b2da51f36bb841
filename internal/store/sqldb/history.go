package sqldb

import (
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// Lane is one class of evidence of one watch: what coverage is counted by.
type Lane struct {
	Watch int64
	Class twin.Class
}

// CoverageAt gives each lane's last stretch of coverage that had begun at a time:
// what the age of evidence is measured by. Of a stretch that went on after that
// time the last sign of life is not known by then, only that there was no gap:
// it counts as seen at the time itself, never later.
func (t *Tx) CoverageAt(at int64, each func(watch int64, c twin.Coverage)) error {
	return t.Query(`SELECT w.id, w.source, w.scope, c.class, c.since, c.seen, c.every FROM coverage c JOIN watch w ON w.id = c.watch
		WHERE c.since = (SELECT MAX(x.since) FROM coverage x WHERE x.watch = c.watch AND x.class = c.class AND x.since <= ?)
		ORDER BY w.source, w.scope, c.class`, func(r Scanner) error {
		var c twin.Coverage
		var watch, since, seen, every int64
		if err := r.Scan(&watch, &c.Source, &c.Scope, &c.Class, &since, &seen, &every); err != nil {
			return err
		}
		c.Since, c.Seen, c.Every = FromMicros(since), FromMicros(min(seen, at)), time.Duration(every)*time.Microsecond
		each(watch, c)
		return nil
	}, at)
}

// Floor is the retention floor in microseconds, 0 when nothing was dropped.
func (t *Tx) Floor() (us int64, err error) {
	var text string
	found, err := t.Get(`SELECT value FROM meta WHERE name = 'retention_floor'`, nil, &text)
	if err != nil || !found {
		return 0, err
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	return Micros(at), err
}

// CheckFloor refuses a question about a time of which history was dropped.
func (t *Tx) CheckFloor(q ctem.AsOf) error {
	floor, err := t.Floor()
	if err != nil || floor == 0 {
		return err
	}
	for _, at := range []time.Time{q.At, q.KnownAt} {
		if !at.IsZero() && Micros(at) < floor {
			return fault.New(fault.Invalid, "%s lies before the retention floor %s: what was so then is no longer kept",
				at.UTC().Format(time.RFC3339), FromMicros(floor).Format(time.RFC3339)).WithHint("ask for a time from %s on", FromMicros(floor).Format(time.RFC3339))
		}
	}
	return nil
}
