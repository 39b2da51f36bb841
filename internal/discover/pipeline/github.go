package pipeline

import (
	"encoding/json"
	"strconv"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

type githubRepository struct {
	URL  string `json:"html_url"`
	Name string `json:"full_name"`
}

type githubUser struct {
	Login string `json:"login"`
}

type githubRun struct {
	ID         int64            `json:"id"`
	Attempt    int              `json:"run_attempt"`
	Path       string           `json:"path"`
	Branch     string           `json:"head_branch"`
	SHA        string           `json:"head_sha"`
	Event      string           `json:"event"`
	Status     githubStatus     `json:"status"`
	Conclusion string           `json:"conclusion"`
	URL        string           `json:"html_url"`
	Actor      githubUser       `json:"triggering_actor"`
	Head       githubRepository `json:"head_repository"`
}

type githubTimes struct {
	Created moment `json:"created_at"`
	Started moment `json:"run_started_at"`
	Updated moment `json:"updated_at"`
}

type githubStatus string

func githubStates() map[string]twin.BuildStatus {
	return map[string]twin.BuildStatus{
		"requested": twin.BuildQueued, "queued": twin.BuildQueued, "waiting": twin.BuildQueued, "pending": twin.BuildQueued,
		"in_progress": twin.BuildRunning,
		"success":     twin.BuildSucceeded,
		"failure":     twin.BuildFailed, "timed_out": twin.BuildFailed, "startup_failure": twin.BuildFailed, "action_required": twin.BuildFailed,
		"cancelled": twin.BuildCancelled, "skipped": twin.BuildSkipped, "neutral": twin.BuildSkipped, "stale": twin.BuildSkipped,
	}
}

// of is the state by status and, once that is "completed", conclusion.
func (s githubStatus) of(conclusion string) twin.BuildStatus {
	if s == "completed" {
		return status(conclusion, githubStates())
	}
	return status(string(s), githubStates())
}

// readGitHubRun reads the payload of the event workflow_run.
func readGitHubRun(raw []byte) (event, error) {
	var w struct {
		Run        githubRun        `json:"workflow_run"`
		Repository githubRepository `json:"repository"`
	}
	var times struct {
		Run githubTimes `json:"workflow_run"`
	}
	if err := decodeBoth(raw, &w, &times); err != nil {
		return event{}, err
	}
	r, at := w.Run, times.Run
	repository := w.Repository.name()
	if r.ID == 0 || repository == "" {
		return event{}, fault.New(fault.Invalid, "the event workflow_run does not say which run of which repository")
	}
	if at.Started.IsZero() {
		at.Started = at.Created
	}
	return event{
		name: twin.GitHubRunName(repository, strconv.FormatInt(r.ID, 10), r.Attempt), source: sourceCI + systemGitHub, scope: repository,
		queued: at.Started.Time, at: at.Updated.Time,
		build: twin.Build{
			System: systemGitHub,
			Run:    twin.Run{ID: strconv.FormatInt(r.ID, 10), Attempt: max(r.Attempt, 1), Workflow: r.Path, URL: r.URL},
			Source: twin.Revision{Repository: r.Head.or(repository), Commit: r.SHA, Ref: r.Branch},
			Actor:  r.Actor.Login, Trigger: r.Event,
			Status: r.Status.of(r.Conclusion), Started: at.Started.Time, Finished: at.Updated.Time,
		},
	}, nil
}

// readGitHubJob reads the payload of the event workflow_job.
func readGitHubJob(raw []byte) (event, error) {
	var w struct {
		Job struct {
			ID         int64        `json:"id"`
			Run        int64        `json:"run_id"`
			Attempt    int          `json:"run_attempt"`
			Workflow   string       `json:"workflow_name"`
			Name       string       `json:"name"`
			Branch     string       `json:"head_branch"`
			SHA        string       `json:"head_sha"`
			Status     githubStatus `json:"status"`
			Conclusion string       `json:"conclusion"`
			URL        string       `json:"html_url"`
			Runner     string       `json:"runner_name"`
		} `json:"workflow_job"`
		Repository githubRepository `json:"repository"`
	}
	var times struct {
		Job struct {
			Created  moment `json:"created_at"`
			Started  moment `json:"started_at"`
			Finished moment `json:"completed_at"`
		} `json:"workflow_job"`
	}
	if err := decodeBoth(raw, &w, &times); err != nil {
		return event{}, err
	}
	j, at := w.Job, times.Job
	repository := w.Repository.name()
	if j.ID == 0 || j.Run == 0 || repository == "" {
		return event{}, fault.New(fault.Invalid, "the event workflow_job does not say which job of which run and repository")
	}
	run := twin.GitHubRunName(repository, strconv.FormatInt(j.Run, 10), j.Attempt)
	return event{
		name: jobName(run, j.ID), source: sourceCI + systemGitHub, scope: repository, queued: at.Created.Time,
		build: twin.Build{
			System: systemGitHub,
			Run:    twin.Run{ID: strconv.FormatInt(j.Run, 10), Attempt: max(j.Attempt, 1), Workflow: j.Workflow, Job: j.Name, Of: run, URL: j.URL},
			Source: twin.Revision{Repository: repository, Commit: j.SHA, Ref: j.Branch},
			Status: j.Status.of(j.Conclusion), Started: at.Started.Time, Finished: at.Finished.Time, Runner: j.Runner,
		},
	}, nil
}

// readGitHubRelease reads the payload of the event release: GitHub itself names
// the digests of what was published.
func readGitHubRelease(raw []byte) (event, error) {
	var w struct {
		Action  string `json:"action"`
		Release struct {
			Tag    string     `json:"tag_name"`
			Target string     `json:"target_commitish"` // a branch or a commit
			URL    string     `json:"html_url"`
			Draft  bool       `json:"draft"`
			Author githubUser `json:"author"`
			At     moment     `json:"published_at"`
			Assets []struct {
				Name   string `json:"name"`
				Digest string `json:"digest"`
			} `json:"assets"`
		} `json:"release"`
		Repository githubRepository `json:"repository"`
	}
	if err := decode(raw, &w); err != nil {
		return event{}, err
	}
	r, repository := w.Release, w.Repository.name()
	if r.Tag == "" || repository == "" {
		return event{}, fault.New(fault.Invalid, "the event release does not say which release of which repository")
	}
	if w.Action == "deleted" || w.Action == "unpublished" || r.Draft {
		return event{}, errOther("a release that is a draft, or no longer there")
	}
	e := event{
		name: repository + "/releases/tag/" + r.Tag, source: sourceCI + systemGitHub, scope: repository,
		build: twin.Build{
			System: systemGitHub, Run: twin.Run{ID: r.Tag, Workflow: "release", URL: r.URL},
			Source: twin.Revision{Repository: repository, Commit: r.Target, Ref: "refs/tags/" + r.Tag},
			Actor:  r.Author.Login, Trigger: "release", Status: twin.BuildSucceeded, Finished: r.At.Time,
		},
	}
	for _, a := range r.Assets {
		e.build.Artifacts = append(e.build.Artifacts, built(a.Name, a.Digest))
	}
	return e, nil
}

// name is the repository as everybody writes it; "" where nothing is said.
func (r githubRepository) name() string {
	switch {
	case r.URL != "":
		return Clean(twin.RepositoryName(r.URL))
	case r.Name != "":
		return Clean(twin.RepositoryName("https://github.com/" + r.Name))
	}
	return ""
}

// or is the repository's name, or another where nothing is said.
func (r githubRepository) or(other string) string {
	if name := r.name(); name != "" {
		return name
	}
	return other
}

func decode(raw []byte, to any) error {
	if err := json.Unmarshal(raw, to); err != nil {
		return fault.New(fault.Invalid, "the event cannot be read: %s", jsonReason(err))
	}
	return nil
}

// decodeBoth reads one document into two views of it.
func decodeBoth(raw []byte, a, b any) error {
	if err := decode(raw, a); err != nil {
		return err
	}
	return decode(raw, b)
}
