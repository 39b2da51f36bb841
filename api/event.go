package api

// IntelEvent is one thing that changed in the world and concerns something here, with
// what followed from it. There is one for a weakness and a cause, under however
// many names it came. What it counts was so when it was written, and is what the
// asker may see.
type IntelEvent struct {
	ID       string      `json:"id"`
	Kind     string      `json:"kind"`     // advisory.new, advisory.changed, advisory.withdrawn, kev.added, kev.removed, kev.ransomware, epss.jump, exploit.published, feed.updated
	Subject  string      `json:"subject"`  // the weakness by its best known name; of a feed its name
	Sentence string      `json:"sentence"` // all of it in words
	At       Time        `json:"at"`       // when it was written: all that follows was computed
	KnownAt  Time        `json:"known_at"` // when it was learned
	SaidAt   *Time       `json:"said_at"`  // when its source says that it was; null: it does not say
	Cause    EventCause  `json:"cause"`
	EPSS     *EventScore `json:"epss"` // null: it is not about a score
	Here     EventHere   `json:"here"`
}

// EventCause is what an event came of.
type EventCause struct {
	Feed     string   `json:"feed"`     // osv/npm, kev
	Revision int64    `json:"revision"` // of the record; 0: it is about no record
	Change   int64    `json:"change"`   // number in the stream of advisories
	Detail   string   `json:"detail"`   // what is different: range, severity
	Names    []string `json:"names"`    // under which it came
}

// EventScore is a score that jumped.
type EventScore struct {
	From      float64 `json:"from"`
	To        float64 `json:"to"`
	Threshold float64 `json:"threshold"` // the least difference that is told, and the line that is told of when it is crossed
}

// EventHere is what an event concerns.
type EventHere struct {
	Query     string         `json:"query"`     // finds these exposures; "" where there are none
	Exposures int            `json:"exposures"` // live ones
	Opened    int            `json:"opened"`
	Closed    int            `json:"closed"`
	Raised    int            `json:"raised"` // decided more urgent than before
	Lowered   int            `json:"lowered"`
	ActNow    int            `json:"act_now"` // of the opened and raised, those to act on now
	Running   []EventRunning `json:"running"`
}

// EventRunning counts what runs what is affected, by kind of environment.
type EventRunning struct {
	Kind        string `json:"kind"`        // production, staging, test, development; "": nobody has said
	Environment string `json:"environment"` // where it is only one
	Services    int    `json:"services"`
	Workloads   int    `json:"workloads"`
}

// EventQuery asks for events.
type EventQuery struct {
	Kinds   []string // none: all
	Subject string   // "": any
	Since   *Time    // learned from then on; null: all
	Query
}

// SchemaEvents is the schema of a list of events.
const SchemaEvents = "tidemark.events/v1"
