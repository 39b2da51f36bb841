package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// The systems whose events are known. A report names its own.
const (
	systemGitHub  = "github"
	systemGitLab  = "gitlab"
	systemJenkins = "jenkins"
	systemTekton  = "tekton"
)

// The beginnings of sources: what a system itself says of its runs, and what a job
// reports of itself. They may speak of the same run and do not end each other's words.
const (
	sourceCI     = "ci/"
	sourceReport = "build/"
)

// event is what one document says of one run or job.
type event struct {
	name   string // of the Build
	source string
	scope  string // the same for all events of the run: its repository, server or namespace
	queued time.Time
	at     time.Time // when the event was sent, where it says so
	build  twin.Build
}

// ReadCI is the reader of KindCI: events of GitHub Actions, GitLab CI, Jenkins and
// Tekton, and reports in our own form, all known by what they hold.
func ReadCI(ctx context.Context, in discover.DocumentInput, now time.Time) (discover.Reading, error) {
	var out discover.Reading
	values, rejected, err := split(in.Body)
	if err != nil {
		return out, err
	}
	out.Rejected = rejected
	events := 0
	for _, v := range values {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		list, err := readEvent(v.raw)
		events += len(list)
		remark(&out, v.where, err)
		for i := range list {
			told, err := list[i].tell(now)
			if err != nil {
				remark(&out, v.where, err)
				continue
			}
			out.Told = append(out.Told, told)
		}
		if events > maxParcels {
			return out, fault.New(fault.Invalid, "it holds more than %d events", maxParcels).WithHint("give it in parts")
		}
	}
	said(&out, in.Source)
	if len(out.Told) == 0 && len(out.Ignored) == 0 {
		err = nothing(out.Rejected, "it holds no event", "give the body of a webhook, a TaskRun or PipelineRun, or a report (docs/provenance.md)")
	}
	return out, err
}

// errOther is an event that says nothing of builds, and why.
type errOther string

func (e errOther) Error() string { return string(e) }

func remark(out *discover.Reading, where string, err error) {
	if err == nil {
		return
	}
	r := twin.Rejection{Where: where, Reason: Clean(err.Error())}
	if _, other := errors.AsType[errOther](err); other {
		if len(out.Ignored) < maxRemarks {
			out.Ignored = append(out.Ignored, r)
		}
		return
	}
	if len(out.Rejected) < maxRemarks {
		out.Rejected = append(out.Rejected, r)
	}
}

// wireEvent is what tells the events apart.
type wireEvent struct {
	Schema      string          `json:"schema"`
	WorkflowRun json.RawMessage `json:"workflow_run"`
	WorkflowJob json.RawMessage `json:"workflow_job"`
	Release     json.RawMessage `json:"release"`
	ObjectKind  string          `json:"object_kind"`
	Kind        string          `json:"kind"`
	Items       []rawEvent      `json:"items"`
	SpecVersion string          `json:"specversion"`
	Data        json.RawMessage `json:"data"`
	TaskRun     json.RawMessage `json:"taskRun"`
	PipelineRun json.RawMessage `json:"pipelineRun"`
	Build       json.RawMessage `json:"build"`
}

type rawEvent = json.RawMessage

func readEvent(raw []byte) ([]event, error) {
	if len(raw) > MaxParcel {
		return nil, fault.New(fault.Invalid, "larger than %d MiB", MaxParcel>>20)
	}
	var w wireEvent
	if err := json.Unmarshal(raw, &w); err != nil {
		return nil, fault.New(fault.Invalid, "it is no event: %s", jsonReason(err))
	}
	switch {
	case strings.HasPrefix(w.Schema, "tidemark.build/"):
		return one(readReport(raw))
	case w.WorkflowJob != nil:
		return one(readGitHubJob(raw))
	case w.WorkflowRun != nil:
		return one(readGitHubRun(raw))
	case w.Release != nil:
		return one(readGitHubRelease(raw))
	case w.ObjectKind != "":
		return readGitLab(w.ObjectKind, raw)
	case w.SpecVersion != "" && w.Data != nil:
		return readCloudEvent(w.Data)
	case w.TaskRun != nil:
		return one(readTekton(w.TaskRun))
	case w.PipelineRun != nil:
		return one(readTekton(w.PipelineRun))
	case w.Kind == "TaskRun" || w.Kind == "PipelineRun":
		return one(readTekton(raw))
	case strings.HasSuffix(w.Kind, "List"):
		return readTektonList(w.Items)
	case w.Build != nil:
		return one(readJenkins(raw))
	}
	return nil, otherEvent(raw)
}

// otherEvent tells webhooks that say nothing of builds from what is no event.
func otherEvent(raw []byte) error {
	var w struct {
		Zen        string          `json:"zen"`
		Repository json.RawMessage `json:"repository"`
		Sender     json.RawMessage `json:"sender"`
	}
	if json.Unmarshal(raw, &w) == nil && (w.Zen != "" || w.Repository != nil && w.Sender != nil) {
		return errOther("an event of GitHub that says nothing of builds")
	}
	return fault.New(fault.Invalid, "it is no event that is known")
}

func one(e event, err error) ([]event, error) {
	if err != nil {
		return nil, err
	}
	return []event{e}, nil
}

// readCloudEvent reads what a CloudEvent carries: Tekton's runs.
func readCloudEvent(data []byte) ([]event, error) {
	var w wireEvent
	if err := json.Unmarshal(data, &w); err != nil {
		return nil, fault.New(fault.Invalid, "its data is no event: %s", jsonReason(err))
	}
	switch {
	case w.TaskRun != nil:
		return one(readTekton(w.TaskRun))
	case w.PipelineRun != nil:
		return one(readTekton(w.PipelineRun))
	}
	return nil, errOther("a CloudEvent that says nothing of builds")
}

// tell writes the event as what is so from its moment on.
func (e *event) tell(now time.Time) (discover.Told, error) {
	if e.name == "" || e.scope == "" {
		return discover.Told{}, fault.New(fault.Invalid, "it does not say which run it is about")
	}
	e.bound()
	res, err := e.build.Resource(Clean(e.name))
	if err != nil {
		return discover.Told{}, err
	}
	return discover.Told{
		Source: Clean(e.source), Scope: Clean(e.scope), Class: twin.Declared, At: e.moment(now), Things: []twin.Resource{res},
	}, nil
}

// moment is when the state began. Systems count in seconds, in which a run may be
// queued, begin and end: the kind of state stands in the last microsecond.
func (e *event) moment(now time.Time) time.Time {
	b := &e.build
	at, rank := e.queued, 0
	switch {
	case b.Status.Ended():
		at, rank = b.Finished, 2
	case b.Status != twin.BuildQueued:
		at, rank = b.Started, 1
	}
	for _, other := range []time.Time{e.at, b.Finished, b.Started, e.queued} {
		if at.IsZero() {
			at = other
		}
	}
	return notAfter(at.Truncate(time.Millisecond).Add(time.Duration(rank)*time.Microsecond), now)
}

// bound cuts and cleans what the build names.
func (e *event) bound() {
	b := &e.build
	for _, s := range []*string{
		&b.System, &b.Run.ID, &b.Run.Workflow, &b.Run.Job, &b.Run.Of, &b.Run.URL, &b.Source.Repository, &b.Source.Ref,
		&b.Actor, &b.Trigger, &b.Runner,
	} {
		*s = Clean(*s)
	}
	b.Source.Commit = strings.ToLower(b.Source.Commit)
	if !isHex(b.Source.Commit, 40) && !isHex(b.Source.Commit, 64) {
		b.Source.Commit = ""
	}
	if b.Status == "" {
		b.Status = twin.BuildUnknown
	}
	if !b.Status.Ended() {
		b.Finished = time.Time{}
	}
	b.Parameters = names(b.Parameters)
	if extra := len(b.Artifacts) - maxArtifacts; extra > 0 {
		b.Artifacts, b.LeftOut = b.Artifacts[:maxArtifacts], extra
	}
}

// built is an artifact by name and digest; one whose digest is none is only named.
func built(name, digest string) twin.Built {
	digest = strings.ToLower(strings.TrimSpace(digest))
	if isHex(digest, 64) {
		digest = "sha256:" + digest
	}
	if !isArtifact(digest) {
		digest = ""
	}
	return twin.Built{Name: Clean(name), Digest: digest}
}

// builtRef reads NAME@DIGEST, a digest alone, or a name.
func builtRef(ref string) twin.Built {
	name, digest, has := strings.Cut(strings.TrimSpace(ref), "@")
	if !has && built("", name).Digest != "" {
		name, digest = "", name
	}
	return built(name, digest)
}

// status reads a system's word for the state of a build.
func status(word string, words map[string]twin.BuildStatus) twin.BuildStatus {
	if s, ok := words[strings.ToLower(word)]; ok {
		return s
	}
	return twin.BuildUnknown
}

// jobName is the name of one job of a GitHub run.
func jobName(run string, id int64) string { return fmt.Sprintf("%s/jobs/%d", run, id) }
