package ctem

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/advisory"
)

// StreamEvent numbers what changed in the world and concerns something here.
const StreamEvent Stream = "event"

// EventKind says what an event tells of.
type EventKind string

// The kinds of events.
const (
	EventNew        EventKind = "advisory.new"
	EventChanged    EventKind = "advisory.changed"
	EventWithdrawn  EventKind = "advisory.withdrawn"
	EventKEV        EventKind = "kev.added"
	EventUnlisted   EventKind = "kev.removed"
	EventRansomware EventKind = "kev.ransomware"
	EventEPSS       EventKind = "epss.jump"
	EventExploit    EventKind = "exploit.published"
	EventFeed       EventKind = "feed.updated"
)

// EventKinds are all of them.
func EventKinds() []EventKind {
	return []EventKind{
		EventNew, EventChanged, EventWithdrawn, EventKEV, EventUnlisted, EventRansomware, EventEPSS, EventExploit, EventFeed,
	}
}

// Event is one thing that changed in the world, and what followed from it here.
// There is one for a weakness and a cause, under however many names it came.
type Event struct {
	Seq      int64
	Kind     EventKind
	Subject  string    // the weakness by its canonical name; of a feed its name
	Weakness int64     // 0 for a feed
	At       time.Time // record time of the event
	Known    time.Time // when we learned the cause
	Said     time.Time // when the source says that it was; zero when it does not
	Feed     string    // that it came by: "osv/npm", "kev"
	Revision int64     // of the record; 0 for others
	Cause    int64     // the first change of the advisory stream that it tells of
	Detail   string    // what is different: "range, severity"
	From, To float64   // of a score that jumped
	Records  []string  // under which names it came, sorted
	Here     Here      // what of it the asker may see
	Places   []EventPlace
}

// ID names an event: the same one for every reader.
func (e *Event) ID() string { return fmt.Sprintf("EVT-%d", e.Seq) }

// EventPlace is what an event concerns of one service in an environment.
type EventPlace struct {
	Service, Environment string
	Kind                 EnvironmentKind // "": nobody has said
	Workloads            int             // that run what is affected
	Here
}

// Here counts what an event concerns, when it was written.
type Here struct {
	Live    int // exposures to it
	Opened  int
	Closed  int
	Raised  int // decided more urgent than before
	Lowered int
	ActNow  int // of the raised and the opened, those to act on now
	Running []Running
}

// Running counts what runs what is affected, of one kind of environment.
type Running struct {
	Kind      EnvironmentKind // "": nobody has said
	Where     string          // the environment, where it is only one
	Services  int
	Workloads int
}

// Moved reports whether anything here followed from the event.
func (h *Here) Moved() bool { return h.Opened+h.Closed+h.Raised+h.Lowered > 0 }

// EventQuery asks for events, the newest first.
type EventQuery struct {
	ListQuery
	Kinds   []EventKind // none: all
	Subject string      // "": any
	Since   time.Time   // known from then on
}

// TraceAsk asks what became of the exposures to a weakness since the record
// times of the streams of exposures and decisions.
type TraceAsk struct {
	Weakness             int64
	Exposures, Decisions time.Time
}

// Trace is an exposure to a weakness, as it was before a change of the world and
// as it is now.
type Trace struct {
	Weakness             int64
	Service, Environment string
	Place, Basis         int64
	Existed              bool // before, whatever its state was
	WasLive, Live        bool
	Running              Tri  // before the age of the evidence
	Was, Word            Word // "" where it was not decided
}

// Sentence says an event in plain words, with what it concerns of Here.
func (e *Event) Sentence() string {
	if e.Kind == EventFeed {
		return e.Detail
	}
	said := e.headline() + ": " + e.Here.where()
	if what := e.Here.followed(); what != "" {
		said += "; " + what
	}
	return said
}

func (e *Event) headline() string {
	switch e.Kind {
	case EventNew:
		return e.Subject + " was published"
	case EventChanged:
		return e.Subject + " changed (" + e.Detail + ")"
	case EventWithdrawn:
		if e.Detail != "" {
			return e.Subject + " was withdrawn (" + e.Detail + ")"
		}
		return e.Subject + " was withdrawn"
	case EventKEV:
		return "KEV added " + e.Subject
	case EventUnlisted:
		return "KEV removed " + e.Subject
	case EventRansomware:
		return "KEV says that " + e.Subject + " is used for ransom"
	case EventEPSS:
		return fmt.Sprintf("EPSS of %s went from %s to %s", e.Subject, percent(e.From), percent(e.To))
	case EventExploit:
		return "An exploit of " + e.Subject + " is public (" + e.Detail + ")"
	case EventFeed:
	}
	return e.Subject
}

func percent(p float64) string { return fmt.Sprintf("%.1f %%", 100*p) }

// where says how much runs what is affected, production first.
func (h *Here) where() string {
	var parts []string
	for _, r := range h.Running {
		parts = append(parts, r.words())
	}
	if len(parts) == 0 {
		return "running nowhere that is known"
	}
	if h.Live == 0 { // all that it concerned was closed by it
		return "was running in " + strings.Join(parts, " and ")
	}
	return "running in " + strings.Join(parts, " and ")
}

func (r Running) words() string {
	noun := plural(r.Services, "service", "services")
	switch {
	case r.Kind != "":
		return fmt.Sprintf("%d %s %s", r.Services, r.Kind, noun)
	case r.Where != "":
		return fmt.Sprintf("%d %s in %s", r.Services, noun, r.Where)
	}
	return fmt.Sprintf("%d %s", r.Services, noun)
}

// followed says what became of exposures.
func (h *Here) followed() string {
	var parts []string
	for _, x := range []struct {
		n    int
		word string
	}{{h.Opened, "opened"}, {h.Closed, "closed"}, {h.Raised, "now more urgent"}, {h.Lowered, "now less urgent"}, {h.ActNow, "to act on now"}} {
		if x.n == 0 {
			continue
		}
		part := fmt.Sprintf("%d %s", x.n, x.word)
		if len(parts) == 0 {
			part = fmt.Sprintf("%d %s %s", x.n, plural(x.n, "exposure", "exposures"), x.word)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// LoadedSentence says what one reading of a feed brought, and how many weaknesses
// that are here it speaks of: one entry may name several.
func LoadedSentence(feed string, l advisory.Loads, concern int) string {
	said := fmt.Sprintf("%s was updated: %d new, %d changed, %d withdrawn", feed, l.New, l.Changed, l.Withdrawn)
	if l.First {
		said = fmt.Sprintf("%s was loaded for the first time: %d %s", feed, l.New, plural(l.New, "entry", "entries"))
	}
	return said + fmt.Sprintf("; %d %s here", concern, plural(concern, "weakness", "weaknesses"))
}

// kindRank orders kinds of environments: what matters most first.
func kindRank(k EnvironmentKind) int {
	return slices.Index([]EnvironmentKind{Production, "", Staging, Test, Development}, k)
}

// Sum counts places together: a service counts once for each kind of environment.
func Sum(places []EventPlace) Here {
	var out Here
	type count struct {
		Running
		services, where map[string]bool
	}
	kinds := map[EnvironmentKind]*count{}
	for i := range places {
		p := &places[i]
		out.Live += p.Live
		out.Opened += p.Opened
		out.Closed += p.Closed
		out.Raised += p.Raised
		out.Lowered += p.Lowered
		out.ActNow += p.ActNow
		if p.Workloads == 0 {
			continue
		}
		c := kinds[p.Kind]
		if c == nil {
			c = &count{Running: Running{Kind: p.Kind}, services: map[string]bool{}, where: map[string]bool{}}
			kinds[p.Kind] = c
		}
		c.Workloads += p.Workloads
		c.services[p.Service], c.where[p.Environment] = true, true
	}
	for _, c := range kinds {
		c.Services = len(c.services)
		for name := range c.where {
			if len(c.where) == 1 {
				c.Where = name
			}
		}
		out.Running = append(out.Running, c.Running)
	}
	slices.SortFunc(out.Running, func(a, b Running) int { return kindRank(a.Kind) - kindRank(b.Kind) })
	return out
}
