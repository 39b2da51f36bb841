package exposuredb

import (
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// belief is one history row of anything that is kept with both times: when it
// was so, and when we believed it. value is everything else.
type belief[T comparable] struct {
	from, to             int64 // valid time, half-open; to may be forever
	recorded, superseded int64 // record time, half-open; superseded is forever while we believe it
	endedAt              int64 // record time at which to was learned; 0 while it is forever
	value                T
}

// rebelieve compares what is believed (rows in force, by from) with what is
// now known to be so (by from, without gaps) and returns the rows to write:
// changed ones and new ones, with record time at. An ordinary change ends one
// row and adds one. Nothing is returned when nothing changed.
func rebelieve[T comparable](believed, wanted []belief[T], at int64) []belief[T] {
	var write []belief[T]
	held := make(map[int64]belief[T], len(believed))
	for _, b := range believed {
		held[b.from] = b
	}
	for _, w := range wanted {
		b, ok := held[w.from]
		if ok && b.value == w.value {
			delete(held, w.from)
			if b.to == w.to {
				continue
			}
			if b.to == sqldb.Forever {
				b.to, b.endedAt = w.to, at
				write = append(write, b)
				continue
			}
			b.superseded = at
			write = append(write, b)
		}
		write = append(write, learned(w, at))
	}
	for _, b := range believed {
		if _, dropped := held[b.from]; dropped {
			b.superseded = at
			write = append(write, b)
		}
	}
	return write
}

// learned is a row as it is first written.
func learned[T comparable](w belief[T], at int64) belief[T] {
	w.recorded, w.superseded, w.endedAt = at, sqldb.Forever, 0
	if w.to != sqldb.Forever {
		w.endedAt = at
	}
	return w
}
