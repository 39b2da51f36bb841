package pipeline

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

func clock(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

func readEvents(t *testing.T, body string) discover.Reading {
	t.Helper()
	got, err := ReadCI(t.Context(), discover.DocumentInput{Kind: KindCI, Body: []byte(body)}, testNow())
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func buildOf(t *testing.T, told discover.Told) twin.Build {
	t.Helper()
	var b twin.Build
	if err := json.Unmarshal(told.Things[0].Spec, &b); err != nil {
		t.Fatal(err)
	}
	return b
}

const githubPlace = `"repository":{"full_name":"acme/shop","html_url":"https://github.com/acme/shop"},"sender":{"login":"ann"}`

// githubRunEvent is the payload of workflow_run, as GitHub writes it.
func githubRunEvent(status, conclusion, updated string) string {
	return fmt.Sprintf(`{"action":%q,"workflow_run":{"id":17,"name":"build","head_branch":"main","head_sha":%q,"path":".github/workflows/build.yml",
		"event":"push","status":%q,"conclusion":%s,"html_url":"https://github.com/acme/shop/actions/runs/17","run_attempt":1,
		"created_at":"2026-02-03T04:00:00Z","run_started_at":"2026-02-03T04:00:00Z","updated_at":%q,"actor":{"login":"ann"},"triggering_actor":{"login":"ben"},
		"head_repository":{"full_name":"acme/shop","html_url":"https://github.com/acme/shop"}},`+githubPlace+`}`, status, commit1, status, conclusion, updated)
}

func githubJobEvent(status, conclusion, finished string) string {
	return fmt.Sprintf(`{"action":%q,"workflow_job":{"id":99,"run_id":17,"run_attempt":1,"workflow_name":"build","name":"image","head_branch":"main","head_sha":%q,
		"status":%q,"conclusion":%s,"html_url":"https://github.com/acme/shop/actions/runs/17/job/99","runner_name":"r1","created_at":"2026-02-03T04:00:01Z",
		"started_at":"2026-02-03T04:00:02Z","completed_at":%s},`+githubPlace+`}`, status, commit1, status, conclusion, finished)
}

func TestGitHub(t *testing.T) {
	t.Parallel()
	run := "github.com/acme/shop/actions/runs/17/attempts/1"
	source := twin.Revision{Repository: "github.com/acme/shop", Commit: commit1, Ref: "main"}
	got := readEvents(t, githubRunEvent("completed", `"success"`, "2026-02-03T04:05:06Z")+"\n"+githubJobEvent("completed", `"failure"`, `"2026-02-03T04:05:00Z"`))
	want := map[string]twin.Build{
		run: {
			System: "github", Run: twin.Run{ID: "17", Attempt: 1, Workflow: ".github/workflows/build.yml", URL: "https://github.com/acme/shop/actions/runs/17"},
			Source: source, Actor: "ben", Trigger: "push", Status: twin.BuildSucceeded,
			Started: clock("2026-02-03T04:00:00Z"), Finished: clock("2026-02-03T04:05:06Z"),
		},
		run + "/jobs/99": {
			System: "github", Run: twin.Run{ID: "17", Attempt: 1, Workflow: "build", Job: "image", Of: run, URL: "https://github.com/acme/shop/actions/runs/17/job/99"},
			Source: source, Status: twin.BuildFailed, Started: clock("2026-02-03T04:00:02Z"), Finished: clock("2026-02-03T04:05:00Z"), Runner: "r1",
		},
	}
	for _, told := range got.Told {
		if told.Source != "ci/github" || told.Scope != "github.com/acme/shop" || told.Class != twin.Declared {
			t.Errorf("%+v", told)
		}
		name := told.Things[0].Name
		if diff := cmp.Diff(want[name], buildOf(t, told)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		delete(want, name)
	}
	if len(want) > 0 {
		t.Errorf("not told: %v", want)
	}
}

// A release names what was published, and its digests.
func TestGitHubRelease(t *testing.T) {
	t.Parallel()
	body := `{"action":%q,"release":{"tag_name":"v1","target_commitish":%q,"published_at":"2026-02-03T04:05:06Z","author":{"login":"ann"},"assets":[{"name":"shop.tgz","digest":"sha256:` + digest1 + `"},{"name":"old.tgz","digest":null}]},` + githubPlace + `}`
	got := readEvents(t, fmt.Sprintf(body, "published", commit1))
	b := buildOf(t, got.Told[0])
	if diff := cmp.Diff([]twin.Built{{Name: "shop.tgz", Digest: "sha256:" + digest1}, {Name: "old.tgz"}}, b.Artifacts); diff != "" {
		t.Error(diff)
	}
	if b.Source.Name() != "github.com/acme/shop@"+commit1 || got.Told[0].Things[0].Name != "github.com/acme/shop/releases/tag/v1" {
		t.Errorf("%+v", b)
	}
	if b := buildOf(t, readEvents(t, fmt.Sprintf(body, "published", "main")).Told[0]); b.Source.Commit != "" {
		t.Errorf("a branch is taken for a commit: %+v", b.Source)
	}
	if got := readEvents(t, fmt.Sprintf(body, "deleted", commit1)); len(got.Told) != 0 || len(got.Ignored) != 1 {
		t.Errorf("%+v", got)
	}
}

// latest is the state that holds in the end: the one with the latest moment.
func latest(t *testing.T, events []discover.Told) twin.BuildStatus {
	t.Helper()
	var best discover.Told
	for _, told := range events {
		if told.At.After(best.At) {
			best = told
		}
	}
	return buildOf(t, best).Status
}

// Events in any order, of the same second and again, end in the same state, and
// each has a moment of its own.
func TestOutOfOrder(t *testing.T) {
	t.Parallel()
	const second = "2026-02-03T04:00:00Z"
	events := []string{
		githubRunEvent("completed", `"success"`, second), githubRunEvent("in_progress", "null", second),
		githubRunEvent("requested", "null", second), githubRunEvent("completed", `"success"`, second),
	}
	for shift := range events {
		var told []discover.Told
		moments := map[time.Time]bool{}
		for i := range events {
			got := readEvents(t, events[(i+shift)%len(events)]).Told
			told = append(told, got...)
			moments[got[0].At] = true
		}
		if got := latest(t, told); got != twin.BuildSucceeded || len(moments) != 3 {
			t.Errorf("from %d: ends %s at %d moments", shift, got, len(moments))
		}
	}
}

const gitlabPipelineHook = `{"object_kind":"pipeline","object_attributes":{"id":31,"ref":"main","tag":false,"sha":"` + commit1 + `","source":"push","status":"success",
	"created_at":"2026-02-03 04:00:00 UTC","finished_at":"2026-02-03 04:05:06 UTC","variables":[{"key":"TOKEN","value":"secret-value"}]},
	"user":{"username":"ann"},"project":{"web_url":"https://gitlab.example/acme/shop"},
	"builds":[{"id":380,"stage":"build","name":"image","status":"success","created_at":"2026-02-03 04:00:01 UTC","started_at":"2026-02-03 04:00:02 UTC","finished_at":"2026-02-03 04:05:00 UTC",
	"runner":{"description":"r1"},"user":{"username":"ann"}}]}`

const gitlabJobHook = `{"object_kind":"build","ref":"main","tag":false,"sha":"` + commit1 + `","build_id":380,"build_name":"image","build_status":"success","pipeline_id":31,
	"build_created_at":"2026-02-03 04:00:01 UTC","build_started_at":"2026-02-03 04:00:02 UTC","build_finished_at":"2026-02-03 04:05:00 UTC",
	"user":{"username":"ann"},"runner":{"description":"r1"},"repository":{"homepage":"https://gitlab.example/acme/shop"}}`

// The two hooks of GitLab say the same of a job, to the byte, and no value of a variable.
func TestGitLab(t *testing.T) {
	t.Parallel()
	pipeline, job := readEvents(t, gitlabPipelineHook), readEvents(t, gitlabJobHook)
	if len(pipeline.Told) != 2 || len(job.Told) != 1 {
		t.Fatalf("%+v %+v", pipeline, job)
	}
	if diff := cmp.Diff(pipeline.Told[1], job.Told[0]); diff != "" {
		t.Error(diff)
	}
	want := twin.Build{
		System: "gitlab", Run: twin.Run{ID: "31", URL: "https://gitlab.example/acme/shop/-/pipelines/31"},
		Source: twin.Revision{Repository: "gitlab.example/acme/shop", Commit: commit1, Ref: "refs/heads/main"}, Actor: "ann", Trigger: "push",
		Status: twin.BuildSucceeded, Started: clock("2026-02-03T04:00:00Z"), Finished: clock("2026-02-03T04:05:06Z"), Parameters: []string{"TOKEN"},
	}
	if diff := cmp.Diff(want, buildOf(t, pipeline.Told[0])); diff != "" {
		t.Error(diff)
	}
	if strings.Contains(string(pipeline.Told[0].Things[0].Spec), "secret-value") {
		t.Error("the value of a variable is kept")
	}
	if got := job.Told[0].Things[0].Name; got != "gitlab.example/acme/shop/-/jobs/380" {
		t.Error(got)
	}
	if got := readEvents(t, `{"object_kind":"note"}`); len(got.Ignored) != 1 {
		t.Errorf("%+v", got)
	}
}

func TestJenkins(t *testing.T) {
	t.Parallel()
	event := func(phase, status string, at int64) string {
		return fmt.Sprintf(`{"name":"shop","build":{"full_url":"https://ci.example/job/shop/12/","number":12,"phase":%q,"status":%q,"timestamp":%d,
			"scm":{"url":"https://github.com/acme/shop.git","branch":"origin/main","commit":%q},"parameters":{"TOKEN":"secret-value"},"artifacts":{"shop.war":{"archive":"x"}}}}`,
			phase, status, at, commit1)
	}
	got := readEvents(t, event("FINALIZED", "SUCCESS", 1770091506000)+event("STARTED", "", 1770091200000))
	want := twin.Build{
		System: "jenkins", Run: twin.Run{ID: "12", Workflow: "shop", URL: "https://ci.example/job/shop/12/"},
		Source: twin.Revision{Repository: "github.com/acme/shop", Commit: commit1, Ref: "main"}, Status: twin.BuildSucceeded,
		Finished: time.UnixMilli(1770091506000).UTC(), Parameters: []string{"TOKEN"}, Artifacts: []twin.Built{{Name: "shop.war"}},
	}
	if diff := cmp.Diff(want, buildOf(t, got.Told[0])); diff != "" {
		t.Error(diff)
	}
	if got.Told[0].Things[0].Name != "ci.example/job/shop/12" || got.Told[0].Scope != got.Told[1].Scope || latest(t, got.Told) != twin.BuildSucceeded {
		t.Errorf("%+v", got)
	}
}

func tektonTask(results string) string {
	return `{"apiVersion":"tekton.dev/v1","kind":"TaskRun","metadata":{"name":"b1","namespace":"ci","uid":"u1","creationTimestamp":"2026-02-03T04:00:00Z",
		"labels":{"tekton.dev/pipelineTask":"build","tekton.dev/pipeline":"release"},"ownerReferences":[{"kind":"PipelineRun","uid":"u0"}]},
		"spec":{"params":[{"name":"CHAINS-GIT_URL","value":"https://github.com/acme/shop.git"},{"name":"CHAINS-GIT_COMMIT","value":"` + commit1 + `"}],"taskRef":{"name":"kaniko"}},
		"status":{"conditions":[{"type":"Succeeded","status":"True"}],"startTime":"2026-02-03T04:00:01Z","completionTime":"2026-02-03T04:05:06Z","results":` + results + `}}`
}

func TestTekton(t *testing.T) {
	t.Parallel()
	one, two := "sha256:"+digest1, "sha256:"+digest2
	for name, test := range map[string]struct {
		results string
		want    []twin.Built
	}{
		"pair":    {`[{"name":"IMAGE_URL","value":"ghcr.io/acme/shop:1\n"},{"name":"IMAGE_DIGEST","value":"` + one + `\n"}]`, []twin.Built{{Name: "ghcr.io/acme/shop:1", Digest: one}}},
		"pairs":   {`[{"name":"a-IMAGE_DIGEST","value":"` + one + `"},{"name":"a-IMAGE_URL","value":"a"},{"name":"b-ARTIFACT_URI","value":"b"},{"name":"b-ARTIFACT_DIGEST","value":"` + two + `"}]`, []twin.Built{{Name: "a", Digest: one}, {Name: "b", Digest: two}}},
		"list":    {`[{"name":"IMAGES","value":"a@` + one + `, b@` + two + `\n"}]`, []twin.Built{{Name: "a", Digest: one}, {Name: "b", Digest: two}}},
		"object":  {`[{"name":"x-ARTIFACT_OUTPUTS","value":{"uri":"a","digest":"` + one + `"}}]`, []twin.Built{{Name: "a", Digest: one}}},
		"digest":  {`[{"name":"IMAGE_DIGEST","value":"` + one + `"}]`, []twin.Built{{Digest: one}}},
		"address": {`[{"name":"IMAGE_URL","value":"a"}]`, []twin.Built{{Name: "a"}}},
		"no":      {`[{"name":"IMAGE_DIGEST","value":["x"]},{"name":"other","value":"y"}]`, []twin.Built{{}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := tektonTask(test.results)
			got := readEvents(t, body)
			b := buildOf(t, got.Told[0])
			if diff := cmp.Diff(test.want, b.Artifacts); diff != "" {
				t.Error(diff)
			}
			run := twin.Run{ID: "ci/b1", Workflow: "release", Job: "build", Of: "tekton/u0"}
			if b.Run != run || b.Source.Name() != "github.com/acme/shop@"+commit1 || b.Status != twin.BuildSucceeded || got.Told[0].Things[0].Name != "tekton/u1" {
				t.Errorf("%+v", b)
			}
			for wrapped, body := range map[string]string{
				"cloud-event": `{"specversion":"1.0","type":"dev.tekton.event.taskrun.successful.v1","data":{"taskRun":` + body + `}}`,
				"binary":      `{"taskRun":` + body + `}`,
				"list":        `{"kind":"List","items":[` + body + `]}`,
			} {
				if diff := cmp.Diff(got.Told, readEvents(t, body).Told); diff != "" {
					t.Errorf("%s: %s", wrapped, diff)
				}
			}
		})
	}
}

// Our own form names the runs of systems that are known as they do, and is a source
// of its own, so that neither ends what the other says.
func TestReport(t *testing.T) {
	t.Parallel()
	body := `{"schema":"tidemark.build/v1","system":%q,"run":%s,"attempt":1,"repository":"https://github.com/acme/shop.git","commit":"` + commit1 + `","branch":"main","actor":"ann",
		"status":"succeeded","finished":"2026-02-03T04:05:06Z","artifacts":["sha256:` + digest1 + `",{"name":"b","digest":"sha256:` + digest2 + `"},"c"]}`
	for system, want := range map[string]string{
		"github": "github.com/acme/shop/actions/runs/17/attempts/1", "gitlab": "github.com/acme/shop/-/pipelines/17", "drone": "drone/github.com/acme/shop/17",
	} {
		for _, run := range []string{"17", `"17"`} {
			told := readEvents(t, fmt.Sprintf(body, system, run)).Told[0]
			if told.Things[0].Name != want || told.Source != "build/"+system || told.Scope != "github.com/acme/shop" {
				t.Errorf("%s: %+v", system, told)
			}
			b := buildOf(t, told)
			if diff := cmp.Diff([]twin.Built{{Digest: "sha256:" + digest1}, {Name: "b", Digest: "sha256:" + digest2}, {Name: "c"}}, b.Artifacts); diff != "" {
				t.Error(diff)
			}
			if b.Source.Ref != "refs/heads/main" || len(told.Things[0].Links) != 3 {
				t.Errorf("%+v", told.Things[0])
			}
		}
	}
}

func TestBadReport(t *testing.T) {
	t.Parallel()
	good := map[string]any{"schema": SchemaReport, "system": "drone", "run": "17", "repository": "git.example/acme/shop"}
	for name, test := range map[string]struct {
		field string
		value any
		want  string
	}{
		"good":     {"actor", "ann", ""},
		"schema":   {"schema", "tidemark.build/v9", "of the form"},
		"system":   {"system", "a b", "no system"},
		"run":      {"run", "", "neither"},
		"repo":     {"repository", "", "no repository"},
		"commit":   {"commit", "abc", "no whole hash"},
		"status":   {"status", "fine", "none of"},
		"field":    {"artefacts", []string{}, "unknown field"},
		"digest":   {"artifacts", []any{map[string]any{"digest": "sha256:1"}}, "no digest"},
		"artifact": {"artifacts", []any{1}, "does not fit"},
	} {
		doc := map[string]any{}
		for k, v := range good {
			doc[k] = v
		}
		doc[test.field] = test.value
		body, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		_, err = ReadCI(t.Context(), discover.DocumentInput{Body: body}, testNow())
		if test.want == "" && err != nil || test.want != "" && (fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}

// What says nothing of builds is told apart from what is no event; one that is
// broken does not stop the others.
func TestOtherEvents(t *testing.T) {
	t.Parallel()
	got := readEvents(t, `{"zen":"keep it simple"}`+"\n"+`{"action":"opened","issue":{},`+githubPlace+`}`+"\n"+`{"specversion":"1.0","data":{}}`+"\n"+
		`{"x":1}`+"\n"+`{"workflow_run":{"id":0},`+githubPlace+`}`+"\n"+githubRunEvent("in_progress", "null", "2026-02-03T04:00:00Z"))
	if len(got.Ignored) != 3 || len(got.Rejected) != 2 || len(got.Told) != 1 {
		t.Errorf("%+v", got)
	}
	for name, body := range map[string]string{"empty": "", "text": "x", "object": "{}", "incomplete": `{"workflow_job":{},` + githubPlace + `}`, "tekton": `{"kind":"TaskRun"}`} {
		if _, err := ReadCI(t.Context(), discover.DocumentInput{Body: []byte(body)}, testNow()); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCheckHook(t *testing.T) {
	t.Parallel()
	const secret = "a-secret-of-some-length"
	body := []byte(`{"a":1}`)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	good := "sha256=" + hex.EncodeToString(mac.Sum(nil))
	for name, test := range map[string]struct {
		system, secret, header, value string
		want                          fault.Kind
	}{
		"github":         {"github", secret, "X-Hub-Signature-256", good, ""},
		"github-absent":  {"github", secret, "", "", fault.Unauthenticated},
		"github-wrong":   {"github", secret, "X-Hub-Signature-256", strings.Replace(good, "=", "=0", 1), fault.Unauthenticated},
		"github-sha1":    {"github", secret, "X-Hub-Signature", good, fault.Unauthenticated},
		"github-other":   {"github", secret + "x", "X-Hub-Signature-256", good, fault.Unauthenticated},
		"gitlab":         {"gitlab", secret, "X-Gitlab-Token", secret, ""},
		"gitlab-absent":  {"gitlab", secret, "", "", fault.Unauthenticated},
		"gitlab-wrong":   {"gitlab", secret, "X-Gitlab-Token", secret + "x", fault.Unauthenticated},
		"no-secret":      {"github", "", "X-Hub-Signature-256", good, fault.Unavailable},
		"short-secret":   {"gitlab", "short", "X-Gitlab-Token", "short", fault.Unavailable},
		"unknown-system": {"drone", secret, "", "", fault.Invalid},
	} {
		err := CheckHook(test.system, test.secret, func(h string) string {
			if h == test.header {
				return test.value
			}
			return ""
		}, body)
		if fault.KindOf(err) != test.want {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("%s: the secret is told", name)
		}
	}
}
