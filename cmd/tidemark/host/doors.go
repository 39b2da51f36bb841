package host

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/cmd/tidemark/local"
	"github.com/tidemark/tidemark/internal/access"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/cycle"
	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/discover/deploy"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/intel"
	"github.com/tidemark/tidemark/internal/scope"
	"github.com/tidemark/tidemark/internal/server"
	"github.com/tidemark/tidemark/internal/server/desk"
	"github.com/tidemark/tidemark/internal/server/events"
	"github.com/tidemark/tidemark/internal/server/jobs"
	"github.com/tidemark/tidemark/internal/server/picture"
	"github.com/tidemark/tidemark/internal/server/reply"
	"github.com/tidemark/tidemark/internal/store"
	"github.com/tidemark/tidemark/internal/twin"
)

// documents is the door of discover as the server's door of evidence needs it.
type documents struct{ in *discover.Ingest }

// SBOM reads and appends one document.
func (d documents) SBOM(ctx context.Context, artifact string, body []byte, before func() error) (api.Receipt, error) {
	in := d.told(before)
	r, err := in.IngestSBOM(ctx, discover.SBOMInput{Name: "the document", Body: body, Artifact: artifact})
	return local.ReceiptItem(r), err
}

// Deployments reads and appends manifests or records.
func (d documents) Deployments(ctx context.Context, q server.Deployments, before func() error) ([]api.Receipt, error) {
	in := d.told(before)
	in.ReadDeploy = func(context.Context, []string) ([]twin.Deployments, error) {
		return deploy.ReadBody("the document", "the API", q.Body)
	}
	list, err := in.IngestDeploy(ctx, discover.DeployInput{Environment: q.Environment, Source: q.Source, At: q.At, Every: q.Every})
	out := make([]api.Receipt, 0, len(list))
	for _, r := range list {
		out = append(out, local.ReceiptItem(r))
	}
	return out, err
}

// Detections reads and appends what sensors raised.
func (d documents) Detections(ctx context.Context, q server.Detections, before func() error) (api.Receipt, error) {
	in := d.told(before)
	r, err := in.IngestDetections(ctx, discover.DetectionInput{Name: "the document", Body: bytes.NewReader(q.Body), Source: q.Source, Environment: q.Environment})
	return local.ReceiptItem(r), err
}

func (d documents) told(before func() error) discover.Ingest {
	in := *d.in
	in.Evidence = toldEvidence{in.Evidence, before}
	return in
}

// toldEvidence says before it appends that it is about to.
type toldEvidence struct {
	discover.Evidence
	before func() error
}

// Append tells, then appends.
func (e toldEvidence) Append(ctx context.Context, list []twin.Observation, now time.Time) (twin.Appended, error) {
	if err := e.before(); err != nil {
		return twin.Appended{}, err
	}
	return e.Evidence.Append(ctx, list, now)
}

// AppendSnapshot tells, then appends.
func (e toldEvidence) AppendSnapshot(ctx context.Context, list []twin.Snapshot, now time.Time) ([]twin.Appended, error) {
	if err := e.before(); err != nil {
		return nil, err
	}
	return e.Evidence.AppendSnapshot(ctx, list, now)
}

// facts are the desk's answers, and how far the streams go.
type facts struct {
	*desk.Desk
	*store.DB
}

// Feeds is the desk's.
func (f facts) Feeds(ctx context.Context, q api.Query) (api.List[api.Feed], error) {
	return f.Desk.Feeds(ctx, q)
}

// Sources is the desk's.
func (f facts) Sources(ctx context.Context, q api.Query) (api.List[api.Source], error) {
	return f.Desk.Sources(ctx, q)
}

// upkeep keeps an installation going, for the server.
type upkeep struct {
	s      *local.Session
	worker *cycle.Worker
	pic    *picture.Picture
	jobs   *jobs.Desk
}

// deed does something with an entry in the log before and after.
func (u upkeep) deed(ctx context.Context, who access.Principal, m local.Mutation, do func() error) error {
	note := func(outcome string) error {
		detail, err := json.Marshal(map[string]string{"outcome": outcome, "request_id": server.RequestID(ctx)})
		if err != nil {
			return fmt.Errorf("write the audit entry: %w", err)
		}
		return u.s.DB.Audit(context.WithoutCancel(ctx), ctem.AuditEntry{
			At: u.s.Now(), Actor: who.Actor(), Verb: m.Verb, Object: m.Object, Detail: fault.Mask(string(detail)),
		})
	}
	if err := note("begun"); err != nil {
		return err
	}
	if err := do(); err != nil {
		return errors.Join(err, note("failed: "+fault.Mask(err.Error())))
	}
	return note("done")
}

// Scope is the scope in force at a time.
func (u upkeep) Scope(ctx context.Context, m api.Moment) (api.Scope, error) {
	at := ctem.AsOf{Now: u.s.Now()}
	if m.AsOf != nil {
		at.At = m.AsOf.UTC()
	}
	if m.KnownAt != nil {
		at.KnownAt = m.KnownAt.UTC()
	}
	said, v, err := u.s.DB.ScopeVersion(ctx, at)
	return local.ScopeDocument(&said, v, at), err
}

// ApplyScope takes a scope file.
func (u upkeep) ApplyScope(ctx context.Context, who access.Principal, body []byte) (api.ScopeApplied, error) {
	if _, err := scope.Parse(body); err != nil {
		return api.ScopeApplied{}, err
	}
	var did ctem.ScopeChange
	err := u.deed(ctx, who, local.Mutation{Verb: "scope apply", Object: "the scope"}, func() (err error) {
		did, err = scope.Keeper{Store: u.s.DB, Now: u.s.Now}.Apply(ctx, who.Name, body)
		return err
	})
	persons{s: u.s, worker: u.worker, pic: u.pic}.settle(ctx)
	return api.ScopeApplied{
		Schema: api.SchemaScopeApplied, AsOf: u.s.Now(), Version: did.Version.Version, Unchanged: did.Unchanged, Services: reply.List(did.Services),
	}, err
}

// UpdateIntel takes an archive of feeds, or none to fetch them, and begins the
// job that loads them.
func (u upkeep) UpdateIntel(ctx context.Context, who access.Principal, archive io.Reader, acceptShrink []string) (api.Job, error) {
	if err := u.jobs.Free(); err != nil { // before it sends much for nothing
		return api.Job{}, err
	}
	ask := jobs.Ask{Kind: "intel update", Object: "public feeds", By: signature(ctx, who)}
	in, from := bufio.NewReader(archive), ""
	if _, empty := in.Peek(1); empty == nil {
		var err error
		if from, err = intel.Unpack(in); err != nil {
			return api.Job{}, err
		}
		ask.Object, ask.Drop = "an archive", func() error { return os.RemoveAll(from) }
	}
	ask.Do = func(ctx context.Context, tell func(ctem.JobProgress)) (api.JobResult, error) {
		doc, err := u.load(ctx, feeds{from, acceptShrink}, tell)
		return api.JobResult{Intel: &doc}, err
	}
	return u.jobs.Start(ctx, ask)
}

// feeds are what to load: a folder, "" for the public addresses, and the names of
// those that may have shrunk.
type feeds struct {
	from         string
	acceptShrink []string
}

// load loads feeds, and waits until what follows from them is computed.
func (u upkeep) load(ctx context.Context, f feeds, tell func(ctem.JobProgress)) (api.IntelReport, error) {
	up, err := u.s.Updater(f.from)
	if err != nil {
		return api.IntelReport{}, err
	}
	up.AcceptShrink = f.acceptShrink
	if f.from != "" {
		up.As = "the archive" // where it was unpacked is nobody's affair
	}
	rep, err := up.Update(ctx, f.from, func(p intel.Progress) {
		tell(ctem.JobProgress{Stage: string(p.Stage), What: p.Feed, Done: p.Done, Total: p.Total})
	})
	u.worker.Wake()
	if err == nil {
		tell(ctem.JobProgress{Stage: "computing"})
		err = u.worker.Settle(ctx)
	}
	return local.IntelDocument(rep, u.s.Now()), err
}

// jobTold tells whoever listens how far a job is.
func jobTold(hub *events.Hub) func(ctem.Job) {
	return func(j ctem.Job) {
		p := events.Job{ID: j.ID, Job: j.Kind, Stage: j.Progress.Stage, What: j.Progress.What, Done: j.Progress.Done, Total: j.Progress.Total}
		if p.Ended = j.State != ctem.JobRunning; p.Ended {
			p.Stage = string(j.State)
		}
		hub.Publish(events.Event{Name: "job", Data: p})
	}
}

// Doctor looks at the installation as it is now.
func (u upkeep) Doctor(ctx context.Context) (api.Doctor, error) {
	return u.s.Examine(ctx)
}

// Compact begins the job that drops what is old.
func (u upkeep) Compact(ctx context.Context, who access.Principal, keep time.Duration) (api.Job, error) {
	now := u.s.Now()
	before, err := local.Floor(now, keep)
	if err != nil {
		return api.Job{}, err
	}
	return u.jobs.Start(ctx, jobs.Ask{
		Kind: "compact", Object: "history before " + before.Format(time.RFC3339), By: signature(ctx, who),
		Do: func(ctx context.Context, _ func(ctem.JobProgress)) (api.JobResult, error) {
			err := u.s.DB.Compact(ctx, before, now)
			return api.JobResult{Compacted: &api.Compacted{Schema: api.SchemaCompacted, AsOf: now, Before: before}}, err
		},
	})
}
