package forge

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// github asks GitHub, or GitHub Enterprise.
type github struct{ *Client }

// githubRepo is what is read of a repository.
type githubRepo struct {
	FullName    string    `json:"full_name"`
	HTML        string    `json:"html_url"`
	Description string    `json:"description"`
	Branch      string    `json:"default_branch"`
	Visibility  string    `json:"visibility"`
	Private     bool      `json:"private"`
	Archived    bool      `json:"archived"`
	Fork        bool      `json:"fork"`
	Topics      []string  `json:"topics"`
	PushedAt    time.Time `json:"pushed_at"`
}

func (g github) list(ctx context.Context, q Asked) (out []found, complete bool, err error) {
	const perPage = 100
	most := (q.Most + perPage - 1) / perPage
	path := "/user/repos?per_page=100&sort=full_name"
	if q.Group != "" {
		path = "/orgs/" + url.PathEscape(q.Group) + "/repos?per_page=100&sort=full_name"
	}
	list, more, err := pages[githubRepo](ctx, g.Client, path, most)
	if q.Group != "" && fault.KindOf(err) == fault.NotFound { // a person has no organisation
		list, more, err = pages[githubRepo](ctx, g.Client, "/users/"+url.PathEscape(q.Group)+"/repos?per_page=100&sort=full_name", most)
	}
	if err != nil {
		return nil, false, err
	}
	for _, r := range list[:min(len(list), q.Most)] {
		f := found{name: twin.RepositoryName(r.HTML), id: r.FullName, spec: twin.Repository{
			Forge: GitHub, URL: clean(r.HTML), Description: clean(r.Description), Branch: clean(r.Branch),
			Visibility: cmp.Or(clean(r.Visibility), private(r.Private)), Archived: r.Archived, Fork: r.Fork,
			Topics: sortedTexts(r.Topics), PushedAt: r.PushedAt.UTC(),
		}}
		if f.name != "" && r.FullName != "" {
			out = append(out, f)
		}
	}
	return out, !more && len(list) <= q.Most, nil
}

func private(is bool) string {
	if is {
		return "private"
	}
	return "public"
}

func sortedTexts(list []string) []string {
	out := cleaned(slices.Clone(list[:min(len(list), 50)]))
	slices.Sort(out)
	return out
}

func (g github) fill(ctx context.Context, r *found) error {
	if err := g.owners(ctx, r); err != nil {
		return err
	}
	if err := g.runs(ctx, r); err != nil {
		return err
	}
	var releases []struct {
		Tag   string    `json:"tag_name"`
		At    time.Time `json:"published_at"`
		Pre   bool      `json:"prerelease"`
		Draft bool      `json:"draft"`
	}
	err := g.get(ctx, fmt.Sprintf("/repos/%s/releases?per_page=%d", r.id, mostReleases), &releases)
	if ok, err := r.shown(err, "releases"); !ok {
		return err
	}
	for _, x := range releases[:min(len(releases), mostReleases)] {
		if !x.Draft {
			r.spec.Releases = append(r.spec.Releases, twin.Release{Tag: clean(x.Tag), At: x.At.UTC(), Pre: x.Pre})
		}
	}
	return nil
}

// owners reads CODEOWNERS where GitHub looks for it, in its order.
func (g github) owners(ctx context.Context, r *found) error {
	for _, path := range []string{".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"} {
		body, err := g.raw(ctx, "/repos/"+r.id+"/contents/"+path, "application/vnd.github.raw+json")
		if fault.KindOf(err) == fault.NotFound {
			continue
		}
		if ok, err := r.shown(err, "CODEOWNERS"); !ok {
			return err
		}
		r.spec.Owners = ParseCodeOwners(path, body, false)
		return nil
	}
	return nil
}

// githubRun is what is read of a run of a workflow.
type githubRun struct {
	ID         int64      `json:"id"`
	Attempt    int        `json:"run_attempt"`
	Path       string     `json:"path"`
	Branch     string     `json:"head_branch"`
	SHA        string     `json:"head_sha"`
	Event      string     `json:"event"`
	Status     string     `json:"status"`
	Conclusion string     `json:"conclusion"`
	URL        string     `json:"html_url"`
	Actor      githubUser `json:"triggering_actor"`
	Created    time.Time  `json:"created_at"`
	Started    time.Time  `json:"run_started_at"`
	Updated    time.Time  `json:"updated_at"`
	Head       *struct {
		HTML string `json:"html_url"`
	} `json:"head_repository"`
}

type githubUser struct {
	Login string `json:"login"`
}

func (g github) runs(ctx context.Context, r *found) error {
	var answer struct {
		Runs []githubRun `json:"workflow_runs"`
	}
	err := g.get(ctx, fmt.Sprintf("/repos/%s/actions/runs?per_page=%d", r.id, mostBuilds), &answer)
	if ok, err := r.shown(err, "workflow runs"); !ok {
		return err
	}
	for _, run := range answer.Runs[:min(len(answer.Runs), mostBuilds)] {
		if run.ID != 0 {
			r.builds = append(r.builds, run.build(r.name))
		}
	}
	return nil
}

func (run *githubRun) build(repository string) Build {
	from := repository // a pull request may come from another one
	if run.Head != nil && run.Head.HTML != "" {
		from = twin.RepositoryName(run.Head.HTML)
	}
	id := strconv.FormatInt(run.ID, 10)
	b := twin.Build{
		System: GitHub, Run: twin.Run{ID: id, Attempt: max(run.Attempt, 1), Workflow: clean(run.Path), URL: clean(run.URL)},
		Source: twin.Revision{Repository: from, Commit: clean(run.SHA), Ref: clean(run.Branch)},
		Actor:  clean(run.Actor.Login), Trigger: clean(run.Event), Status: githubStatus(run.Status, run.Conclusion),
		Started: run.Started.UTC(), Finished: run.Updated.UTC(),
	}
	if b.Started.IsZero() {
		b.Started = run.Created.UTC()
	}
	if !b.Status.Ended() {
		b.Finished = time.Time{}
	}
	return Build{twin.GitHubRunName(repository, id, run.Attempt), b}
}

// githubStatus reads a status and, once that is completed, its conclusion.
func githubStatus(status, conclusion string) twin.BuildStatus {
	if status == "completed" {
		status = conclusion
	}
	switch status {
	case "requested", "queued", "waiting", "pending":
		return twin.BuildQueued
	case "in_progress":
		return twin.BuildRunning
	case "success":
		return twin.BuildSucceeded
	case "failure", "timed_out", "startup_failure", "action_required":
		return twin.BuildFailed
	case "cancelled":
		return twin.BuildCancelled
	case "skipped", "neutral", "stale":
		return twin.BuildSkipped
	}
	return twin.BuildUnknown
}

func (g github) sbom(ctx context.Context, r *found) error {
	body, err := g.raw(ctx, "/repos/"+r.id+"/dependency-graph/sbom", "")
	if ok, err := r.shown(err, "SBOM of the dependency graph"); !ok {
		return err
	}
	if !json.Valid(body) {
		r.unseen("SBOM of the dependency graph: the answer is no JSON")
		return nil
	}
	r.bom = &SBOM{Repository: r.name, Branch: r.spec.Branch, Body: body}
	return nil
}

func (g github) alerts(ctx context.Context, r *found) error {
	type alert struct {
		Advisory struct {
			Severity string `json:"severity"`
		} `json:"security_advisory"`
		Rule struct {
			Level    string `json:"security_severity_level"`
			Severity string `json:"severity"`
		} `json:"rule"`
	}
	for _, k := range []struct{ kind, path string }{{"dependencies", "dependabot"}, {"code", "code-scanning"}, {"secrets", "secret-scanning"}} {
		list, more, err := pages[alert](ctx, g.Client, "/repos/"+r.id+"/"+k.path+"/alerts?state=open&per_page=100", mostAlertPages)
		ok, err := r.shown(err, "alerts of "+k.kind)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		a := twin.Alerts{Kind: k.kind, Open: len(list), More: more}
		for _, x := range list {
			a.Count(cmp.Or(x.Advisory.Severity, x.Rule.Level, x.Rule.Severity))
		}
		r.spec.Alerts = append(r.spec.Alerts, a)
	}
	return nil
}
