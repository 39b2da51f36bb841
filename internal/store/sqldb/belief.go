package sqldb

// Belief is one history row of anything that is kept with both times: when it
// was so, and when we believed it. Value is everything else.
type Belief[T comparable] struct {
	From, To             int64 // valid time, half-open; To may be forever
	Recorded, Superseded int64 // record time, half-open; Superseded is forever while we believe it
	EndedAt              int64 // record time at which To was learned; 0 while it is forever
	Value                T
}

// Rebelieve compares what is believed (rows in force, by from) with what is
// now known to be so (by from) and returns the rows to write: the
// changed ones and new ones, with record time at. An ordinary change ends one
// row and adds one. Nothing is returned when nothing changed.
func Rebelieve[T comparable](believed, wanted []Belief[T], at int64) []Belief[T] {
	var write []Belief[T]
	held := make(map[int64]Belief[T], len(believed))
	for _, b := range believed {
		held[b.From] = b
	}
	for _, w := range wanted {
		b, ok := held[w.From]
		if ok && b.Value == w.Value {
			delete(held, w.From)
			if b.To == w.To {
				continue
			}
			if b.To == Forever {
				b.To, b.EndedAt = w.To, at
				write = append(write, b)
				continue
			}
			b.Superseded = at
			write = append(write, b)
		}
		write = append(write, learned(w, at))
	}
	for _, b := range believed {
		if _, dropped := held[b.From]; dropped {
			b.Superseded = at
			write = append(write, b)
		}
	}
	return write
}

// learned is a row as it is first written.
func learned[T comparable](w Belief[T], at int64) Belief[T] {
	w.Recorded, w.Superseded, w.EndedAt = at, Forever, 0
	if w.To != Forever {
		w.EndedAt = at
	}
	return w
}
