package host

import "time"

// Stats is how watching goes.
type Stats struct {
	Samples   int64     // since the agent started
	Sampled   time.Time // when the newest was complete
	Inventory time.Time // when the newest was begun; zero: none is complete
	Processes int       // of the host, outside of containers, by program and user, in the window
	Unseen    int       // processes that the newest sample could not look at
	Images    int       // that containers here run, and that are watched
	Parts     int       // that are installed on the host
	Loaded    int       // of them, in the window
	Told      bool      // everything was told once
}

// Stats says how it goes. It may be called by anybody.
func (a *Agent) Stats() Stats {
	if s := a.stats.Load(); s != nil {
		return *s
	}
	return Stats{}
}

// count notes how it goes, after a sample.
func (a *Agent) count() {
	w := a.look.watch
	s := a.Stats()
	s.Samples++
	s.Sampled, s.Inventory, s.Told = time.Unix(w.Last, 0).UTC(), a.done.refresh, len(a.tell.told) > 0
	s.Processes, s.Unseen, s.Images, s.Loaded = len(w.Procs), w.lost, len(w.Targets)-1, len(w.host.Seen)
	if w.host.index != nil {
		s.Parts = len(w.host.index.keys)
	}
	a.stats.Store(&s)
}
