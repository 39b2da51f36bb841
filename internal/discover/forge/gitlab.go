package forge

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// gitlab asks GitLab.
type gitlab struct{ *Client }

// gitlabProject is what is read of a project.
type gitlabProject struct {
	ID          int64     `json:"id"`
	Web         string    `json:"web_url"`
	Description string    `json:"description"`
	Branch      string    `json:"default_branch"`
	Visibility  string    `json:"visibility"`
	Archived    bool      `json:"archived"`
	Topics      []string  `json:"topics"`
	ActiveAt    time.Time `json:"last_activity_at"`
	ForkedFrom  *struct {
		ID int64 `json:"id"`
	} `json:"forked_from_project"`
}

func (g gitlab) list(ctx context.Context, q Asked) (out []found, complete bool, err error) {
	const perPage = 100
	path := "/projects?membership=true&per_page=100&order_by=id"
	if q.Group != "" {
		path = "/groups/" + url.PathEscape(q.Group) + "/projects?include_subgroups=true&per_page=100&order_by=id"
	}
	list, more, err := pages[gitlabProject](ctx, g.Client, path, (q.Most+perPage-1)/perPage)
	if err != nil {
		return nil, false, err
	}
	for _, p := range list[:min(len(list), q.Most)] {
		f := found{name: twin.RepositoryName(p.Web), id: strconv.FormatInt(p.ID, 10), spec: twin.Repository{
			Forge: GitLab, URL: clean(p.Web), Description: clean(p.Description), Branch: clean(p.Branch), Visibility: clean(p.Visibility),
			Archived: p.Archived, Fork: p.ForkedFrom != nil, Topics: sortedTexts(p.Topics), PushedAt: p.ActiveAt.UTC(),
		}}
		if f.name != "" && p.ID != 0 {
			out = append(out, f)
		}
	}
	return out, !more && len(list) <= q.Most, nil
}

func (g gitlab) fill(ctx context.Context, r *found) error {
	if err := g.owners(ctx, r); err != nil {
		return err
	}
	if err := g.pipelines(ctx, r); err != nil {
		return err
	}
	var releases []struct {
		Tag      string    `json:"tag_name"`
		At       time.Time `json:"released_at"`
		Upcoming bool      `json:"upcoming_release"`
	}
	err := g.get(ctx, fmt.Sprintf("/projects/%s/releases?per_page=%d", r.id, mostReleases), &releases)
	if ok, err := r.shown(err, "releases"); !ok {
		return err
	}
	for _, x := range releases[:min(len(releases), mostReleases)] {
		r.spec.Releases = append(r.spec.Releases, twin.Release{Tag: clean(x.Tag), At: x.At.UTC(), Pre: x.Upcoming})
	}
	return nil
}

// owners reads CODEOWNERS where GitLab looks for it, in its order.
func (g gitlab) owners(ctx context.Context, r *found) error {
	for _, path := range []string{"CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"} {
		body, err := g.raw(ctx, "/projects/"+r.id+"/repository/files/"+url.PathEscape(path)+"/raw?ref=HEAD", "*/*")
		if fault.KindOf(err) == fault.NotFound {
			continue
		}
		if ok, err := r.shown(err, "CODEOWNERS"); !ok {
			return err
		}
		r.spec.Owners = ParseCodeOwners(path, body, true)
		return nil
	}
	return nil
}

func (g gitlab) pipelines(ctx context.Context, r *found) error {
	var list []struct {
		ID      int64     `json:"id"`
		SHA     string    `json:"sha"`
		Ref     string    `json:"ref"`
		Status  string    `json:"status"`
		Source  string    `json:"source"`
		Web     string    `json:"web_url"`
		Created time.Time `json:"created_at"`
		Updated time.Time `json:"updated_at"`
	}
	err := g.get(ctx, fmt.Sprintf("/projects/%s/pipelines?per_page=%d", r.id, mostBuilds), &list)
	if ok, err := r.shown(err, "pipelines"); !ok {
		return err
	}
	for _, p := range list[:min(len(list), mostBuilds)] {
		if p.ID == 0 {
			continue
		}
		id := strconv.FormatInt(p.ID, 10)
		b := twin.Build{
			System: GitLab, Run: twin.Run{ID: id, URL: clean(p.Web)}, Source: twin.Revision{Repository: r.name, Commit: clean(p.SHA), Ref: clean(p.Ref)},
			Trigger: clean(p.Source), Status: gitlabStatus(p.Status), Started: p.Created.UTC(), Finished: p.Updated.UTC(),
		}
		if !b.Status.Ended() {
			b.Finished = time.Time{}
		}
		r.builds = append(r.builds, Build{r.name + "/-/pipelines/" + id, b})
	}
	return nil
}

func gitlabStatus(s string) twin.BuildStatus {
	switch s {
	case "created", "waiting_for_resource", "preparing", "pending", "scheduled", "manual", "waiting_for_callback":
		return twin.BuildQueued
	case "running", "canceling":
		return twin.BuildRunning
	case "success":
		return twin.BuildSucceeded
	case "failed":
		return twin.BuildFailed
	case "canceled":
		return twin.BuildCancelled
	case "skipped":
		return twin.BuildSkipped
	}
	return twin.BuildUnknown
}

// sbom: GitLab gives one only as a job that exports it, which would write.
func (g gitlab) sbom(_ context.Context, r *found) error {
	r.unseen("SBOM: GitLab makes one only when a job is started, and nothing is started here; attach it in the pipeline")
	return nil
}

func (g gitlab) alerts(ctx context.Context, r *found) error {
	type finding struct {
		Severity string `json:"severity"`
		Type     string `json:"report_type"`
	}
	list, more, err := pages[finding](ctx, g.Client, "/projects/"+r.id+"/vulnerability_findings?scope=all&per_page=100", mostAlertPages)
	if ok, err := r.shown(err, "findings"); !ok {
		return err
	}
	byKind := map[string]*twin.Alerts{}
	kinds := []string{"dependencies", "code", "secrets"}
	for _, k := range kinds {
		byKind[k] = &twin.Alerts{Kind: k, More: more}
	}
	for _, x := range list {
		a := byKind["code"]
		switch x.Type {
		case "dependency_scanning", "container_scanning":
			a = byKind["dependencies"]
		case "secret_detection":
			a = byKind["secrets"]
		}
		a.Open++
		a.Count(x.Severity)
	}
	for _, k := range kinds {
		r.spec.Alerts = append(r.spec.Alerts, *byKind[k])
	}
	return nil
}
