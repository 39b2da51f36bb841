package pipeline

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// SchemaReport names the form in which any CI tells what it built.
const SchemaReport = "tidemark.build/v1"

// report is that form; docs/provenance.md describes it.
type report struct {
	Schema string `json:"schema"`
	System string `json:"system"`
	reportRun
	reportSource
	reportState
	Parameters []string     `json:"parameters"`
	Artifacts  []reportItem `json:"artifacts"`
}

type reportRun struct {
	Run      reportText `json:"run"`
	Attempt  int        `json:"attempt"`
	Workflow string     `json:"workflow"`
	Job      string     `json:"job"`
	URL      string     `json:"url"`
}

type reportSource struct {
	Repository string `json:"repository"`
	Commit     string `json:"commit"`
	Branch     string `json:"branch"`
	Ref        string `json:"ref"`
}

type reportState struct {
	Actor    string `json:"actor"`
	Trigger  string `json:"trigger"`
	Status   string `json:"status"`
	Started  moment `json:"started"`
	Finished moment `json:"finished"`
	Runner   string `json:"runner"`
}

// reportText is a text, or a number as it is written.
type reportText string

// UnmarshalJSON takes either.
func (t *reportText) UnmarshalJSON(b []byte) error {
	if *t = reportText(scalar(b)); *t == "" {
		return fault.New(fault.Invalid, "run is neither a text nor a number")
	}
	return nil
}

// reportItem is an artifact: NAME@DIGEST or a digest as text, or an object.
type reportItem struct{ twin.Built }

// UnmarshalJSON takes either.
func (i *reportItem) UnmarshalJSON(b []byte) error {
	var ref string
	if json.Unmarshal(b, &ref) == nil {
		i.Built = builtRef(ref)
		return nil
	}
	var o struct{ Name, Digest string }
	if err := json.Unmarshal(b, &o); err != nil {
		return err
	}
	i.Built = built(o.Name, o.Digest)
	if i.Digest == "" && o.Digest != "" {
		return fault.New(fault.Invalid, "%q is no digest (sha256: and 64 hex digits)", Clean(o.Digest))
	}
	return nil
}

func readReport(raw []byte) (event, error) {
	var r report
	in := json.NewDecoder(bytes.NewReader(raw))
	in.DisallowUnknownFields()
	if err := in.Decode(&r); err != nil {
		return event{}, fault.New(fault.Invalid, "the report cannot be read: %s", jsonReason(err))
	}
	state := twin.BuildStatus(r.Status)
	switch {
	case r.Schema != SchemaReport:
		return event{}, fault.New(fault.Invalid, "the report is of the form %q, not %q", Clean(r.Schema), SchemaReport)
	case r.System == "" || Clean(r.System) != r.System || strings.ContainsAny(r.System, "/ "):
		return event{}, fault.New(fault.Invalid, "the report names no system").WithHint(`"system": "drone"`)
	case r.Run == "":
		return event{}, fault.New(fault.Invalid, "the report names no run").WithHint(`"run": "17"`)
	case r.Repository == "":
		return event{}, fault.New(fault.Invalid, "the report names no repository").WithHint(`"repository": "https://git.example/shop/front"`)
	case r.Commit != "" && !isHex(r.Commit, 40) && !isHex(r.Commit, 64):
		return event{}, fault.New(fault.Invalid, "the commit %q is no whole hash", Clean(r.Commit))
	case state != "" && !isState(state):
		return event{}, fault.New(fault.Invalid, "the status %q is none of queued, running, succeeded, failed, cancelled, skipped, unknown", Clean(r.Status))
	}
	repository := Clean(twin.RepositoryName(r.Repository))
	e := event{source: sourceReport + strings.ToLower(r.System), scope: repository, build: twin.Build{
		System: strings.ToLower(r.System),
		Run:    twin.Run{ID: string(r.Run), Attempt: r.Attempt, Workflow: r.Workflow, Job: r.Job, URL: r.URL},
		Source: twin.Revision{Repository: repository, Commit: r.Commit, Ref: r.Ref},
		Actor:  r.Actor, Trigger: r.Trigger, Status: state, Started: r.Started.Time, Finished: r.Finished.Time,
		Runner: r.Runner, Parameters: r.Parameters,
	}}
	if r.Ref == "" && r.Branch != "" {
		e.build.Source.Ref = "refs/heads/" + r.Branch
	}
	for _, a := range r.Artifacts {
		e.build.Artifacts = append(e.build.Artifacts, a.Built)
	}
	e.name, e.build.Run.Of = r.names(e.build.System, repository)
	return e, nil
}

func isState(s twin.BuildStatus) bool {
	return s.Ended() || s == twin.BuildQueued || s == twin.BuildRunning || s == twin.BuildUnknown
}

// names are the name of the Build, and of the run that it is a job of. The runs of
// systems that are known have the names that their own events give them.
func (r *report) names(system, repository string) (name, of string) {
	run := Clean(string(r.Run))
	switch system {
	case systemGitHub:
		name = twin.GitHubRunName(repository, run, r.Attempt)
	case systemGitLab:
		name = repository + "/-/pipelines/" + run
	default:
		name = system + "/" + repository + "/" + run
		if r.Attempt > 1 {
			name += "/attempts/" + strconv.Itoa(r.Attempt)
		}
	}
	if r.Job == "" {
		return name, ""
	}
	return name + "/jobs/" + Clean(r.Job), name
}
