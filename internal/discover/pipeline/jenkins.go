package pipeline

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// readJenkins reads what Jenkins' notification plugin sends.
func readJenkins(raw []byte) (event, error) {
	var w struct {
		Job   string `json:"name"`
		Build struct {
			URL       string                     `json:"full_url"`
			Number    int64                      `json:"number"`
			Phase     string                     `json:"phase"`
			Status    string                     `json:"status"`
			At        moment                     `json:"timestamp"`
			Variables map[string]json.RawMessage `json:"parameters"`
			Artifacts map[string]json.RawMessage `json:"artifacts"`
			SCM       struct {
				URL    string `json:"url"`
				Branch string `json:"branch"`
				Commit string `json:"commit"`
			} `json:"scm"`
		} `json:"build"`
	}
	if err := decode(raw, &w); err != nil {
		return event{}, err
	}
	b := w.Build
	name := twin.BuildName(b.URL)
	host, _, ok := strings.Cut(name, "/")
	if !ok || host == "" || b.Number == 0 {
		return event{}, fault.New(fault.Invalid, "the notification does not say which build: it has no full_url").
			WithHint("set Jenkins' own address (Manage Jenkins, System)")
	}
	e := event{name: name, source: sourceCI + systemJenkins, scope: host, queued: b.At.Time, at: b.At.Time, build: twin.Build{
		System: systemJenkins, Run: twin.Run{ID: strconv.FormatInt(b.Number, 10), Workflow: w.Job, URL: b.URL},
		Source: twin.Revision{Commit: b.SCM.Commit, Ref: strings.TrimPrefix(b.SCM.Branch, "origin/")},
		Status: jenkinsStatus(b.Phase, b.Status), Parameters: slices.Sorted(maps.Keys(b.Variables)),
	}}
	if b.SCM.URL != "" {
		e.build.Source.Repository = twin.RepositoryName(b.SCM.URL)
	}
	switch {
	case e.build.Status.Ended():
		e.build.Finished = b.At.Time
	case e.build.Status == twin.BuildRunning:
		e.build.Started = b.At.Time
	}
	for _, artifact := range slices.Sorted(maps.Keys(b.Artifacts)) {
		e.build.Artifacts = append(e.build.Artifacts, built(artifact, ""))
	}
	return e, nil
}

func jenkinsStatus(phase, result string) twin.BuildStatus {
	switch strings.ToUpper(phase) {
	case "QUEUED":
		return twin.BuildQueued
	case "STARTED":
		return twin.BuildRunning
	}
	return status(result, map[string]twin.BuildStatus{
		"success": twin.BuildSucceeded, "failure": twin.BuildFailed, "unstable": twin.BuildFailed,
		"aborted": twin.BuildCancelled, "not_built": twin.BuildSkipped,
	})
}
