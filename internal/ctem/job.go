package ctem

import "time"

// Job is something that takes longer than a request may. It runs in one process
// of a server; whoever asks sees how far it is.
type Job struct {
	ID       string
	Kind     string // intel update, compact
	Object   string
	By       string // actor of the log
	Owner    string // the process
	State    JobState
	Progress JobProgress
	Began    time.Time
	Ended    time.Time // zero: not yet
	Holds    time.Time // a running one is believed until then
	Result   string    // the document that came of it, when it is done
	Fault    string    // the problem document, when it failed
}

// JobState says how a job stands.
type JobState string

// The states of a job.
const (
	JobRunning     JobState = "running"
	JobDone        JobState = "done"
	JobFailed      JobState = "failed"
	JobInterrupted JobState = "interrupted" // its process has gone: nobody knows how far it came
)

// JobProgress says how far a job is.
type JobProgress struct {
	Stage string `json:"stage"`
	What  string `json:"what"`
	Done  int64  `json:"done"`
	Total int64  `json:"total"`
}

// At gives the job as it stands at a time: one of which nothing was heard is
// interrupted.
func (j Job) At(now time.Time) Job {
	if j.State == JobRunning && !now.Before(j.Holds) {
		j.State, j.Ended = JobInterrupted, j.Holds
	}
	return j
}
