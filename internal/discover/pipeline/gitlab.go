package pipeline

import (
	"strconv"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

type gitlabProject struct {
	URL string `json:"web_url"`
}

type gitlabUser struct {
	Name string `json:"username"`
}

type gitlabRunner struct {
	Description string `json:"description"`
}

func gitlabStates() map[string]twin.BuildStatus {
	return map[string]twin.BuildStatus{
		"created": twin.BuildQueued, "waiting_for_resource": twin.BuildQueued, "preparing": twin.BuildQueued, "pending": twin.BuildQueued,
		"scheduled": twin.BuildQueued, "manual": twin.BuildQueued, "waiting_for_callback": twin.BuildQueued,
		"running": twin.BuildRunning, "canceling": twin.BuildRunning,
		"success": twin.BuildSucceeded, "failed": twin.BuildFailed, "canceled": twin.BuildCancelled, "skipped": twin.BuildSkipped,
	}
}

func readGitLab(kind string, raw []byte) ([]event, error) {
	switch kind {
	case "pipeline":
		return readGitLabPipeline(raw)
	case "build":
		return one(readGitLabJob(raw))
	}
	return nil, errOther("an event " + Clean(kind) + " of GitLab says nothing of builds")
}

// gitlabPipeline is the part of the payload that is the pipeline itself.
type gitlabPipeline struct {
	ID        int64  `json:"id"`
	Ref       string `json:"ref"`
	Tag       bool   `json:"tag"`
	SHA       string `json:"sha"`
	Source    string `json:"source"`
	Status    string `json:"status"`
	Created   moment `json:"created_at"`
	Finished  moment `json:"finished_at"`
	Variables []struct {
		Key string `json:"key"`
	} `json:"variables"`
}

// readGitLabPipeline reads a pipeline hook: the pipeline, and its jobs as far as
// they are by then.
func readGitLabPipeline(raw []byte) ([]event, error) {
	var w struct {
		Pipeline gitlabPipeline `json:"object_attributes"`
		User     gitlabUser     `json:"user"`
		Project  gitlabProject  `json:"project"`
		Jobs     []struct {
			ID       int64         `json:"id"`
			Name     string        `json:"name"`
			Status   string        `json:"status"`
			Created  moment        `json:"created_at"`
			Started  moment        `json:"started_at"`
			Finished moment        `json:"finished_at"`
			Runner   *gitlabRunner `json:"runner"`
			User     gitlabUser    `json:"user"`
		} `json:"builds"`
	}
	if err := decode(raw, &w); err != nil {
		return nil, err
	}
	p, project := w.Pipeline, twin.RepositoryName(w.Project.URL)
	if p.ID == 0 || project == "" {
		return nil, fault.New(fault.Invalid, "the pipeline hook does not say which pipeline of which project")
	}
	of := gitlabRun(project, p.ID)
	whole := event{name: of, source: sourceCI + systemGitLab, scope: project, queued: p.Created.Time, build: twin.Build{
		System: systemGitLab, Run: twin.Run{ID: strconv.FormatInt(p.ID, 10), URL: "https://" + of},
		Source: twin.Revision{Repository: project, Commit: p.SHA, Ref: gitlabRef(p.Ref, p.Tag)},
		Actor:  w.User.Name, Trigger: p.Source, Status: status(p.Status, gitlabStates()),
		Started: p.Created.Time, Finished: p.Finished.Time,
	}}
	for _, v := range p.Variables {
		whole.build.Parameters = append(whole.build.Parameters, v.Key)
	}
	out := []event{whole}
	for _, j := range w.Jobs[:min(len(w.Jobs), maxArtifacts)] {
		e := gitlabJob{project: project, pipeline: p.ID, id: j.ID, name: j.Name, status: j.Status, user: j.User.Name, runner: j.Runner}.event()
		e.queued, e.build.Started, e.build.Finished = j.Created.Time, j.Started.Time, j.Finished.Time
		e.build.Source = whole.build.Source
		out = append(out, e)
	}
	return out, nil
}

// readGitLabJob reads a job hook.
func readGitLabJob(raw []byte) (event, error) {
	var w struct {
		ID       int64         `json:"build_id"`
		Name     string        `json:"build_name"`
		Status   string        `json:"build_status"`
		Pipeline int64         `json:"pipeline_id"`
		Ref      string        `json:"ref"`
		Tag      bool          `json:"tag"`
		SHA      string        `json:"sha"`
		User     gitlabUser    `json:"user"`
		Runner   *gitlabRunner `json:"runner"`
		Project  gitlabProject `json:"project"`
		Home     struct {
			URL string `json:"homepage"`
		} `json:"repository"`
	}
	var times struct {
		Created  moment `json:"build_created_at"`
		Started  moment `json:"build_started_at"`
		Finished moment `json:"build_finished_at"`
	}
	if err := decodeBoth(raw, &w, &times); err != nil {
		return event{}, err
	}
	project := twin.RepositoryName(w.Project.URL)
	if project == "" {
		project = twin.RepositoryName(w.Home.URL)
	}
	if w.ID == 0 || w.Pipeline == 0 || project == "" {
		return event{}, fault.New(fault.Invalid, "the job hook does not say which job of which pipeline and project")
	}
	e := gitlabJob{project: project, pipeline: w.Pipeline, id: w.ID, name: w.Name, status: w.Status, user: w.User.Name, runner: w.Runner}.event()
	e.queued, e.build.Started, e.build.Finished = times.Created.Time, times.Started.Time, times.Finished.Time
	e.build.Source = twin.Revision{Repository: project, Commit: w.SHA, Ref: gitlabRef(w.Ref, w.Tag)}
	return e, nil
}

// gitlabJob is what both hooks say of a job, so that either says the same.
type gitlabJob struct {
	project      string
	pipeline, id int64
	name, status string
	user         string
	runner       *gitlabRunner
}

func (j gitlabJob) event() event {
	name := j.project + "/-/jobs/" + strconv.FormatInt(j.id, 10)
	e := event{name: name, source: sourceCI + systemGitLab, scope: j.project, build: twin.Build{
		System: systemGitLab,
		Run: twin.Run{
			ID: strconv.FormatInt(j.pipeline, 10), Job: j.name, Of: gitlabRun(j.project, j.pipeline), URL: "https://" + name,
		},
		Actor: j.user, Status: status(j.status, gitlabStates()),
	}}
	if j.runner != nil {
		e.build.Runner = j.runner.Description
	}
	return e
}

func gitlabRun(project string, id int64) string {
	return project + "/-/pipelines/" + strconv.FormatInt(id, 10)
}

func gitlabRef(ref string, tag bool) string {
	switch {
	case ref == "":
		return ""
	case tag:
		return "refs/tags/" + ref
	}
	return "refs/heads/" + ref
}
