package server

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/access"
)

func post(id, path, tag, summary string) Route {
	return Route{ID: id, Method: http.MethodPost, Path: apiPath + path, Tag: tag, Summary: summary}
}

func (r Route) as(method string) Route {
	r.Method = method
	return r
}

func (r Route) secret() Route {
	r.Secret = true
	return r
}

func (r Route) whole() Route {
	r.Whole = true
	return r
}

// signed lets whoever has signed in ask; the answer itself goes by who they are.
func (r Route) signed() Route {
	r.Any = true
	return r
}

func (r Route) needs(v access.Verb) Route {
	r.Verb = v
	return r
}

func (s *Server) taking(r Route) Route {
	r.MaxBody = s.cfg.Limits.document()
	return r
}

func evidenceRoutes(s *Server) {
	e := s.cfg.Doors.Evidence
	sboms := s.taking(post("postSBOM", "evidence/sboms", tagEvidence, "Take the bill of materials of an artifact").needs(access.Ingest))
	sboms.Status = http.StatusAccepted
	handle(s, sboms, func(ctx context.Context, who access.Principal, in *struct {
		Artifact string `query:"artifact" maxLength:"1000" doc:"what the document describes, NAME[:TAG][@sha256:…]; what it says itself, when it is left out"`
		RawBody  []byte `contentType:"application/octet-stream" doc:"CycloneDX 1.2-1.7 (JSON, XML) or SPDX 2.2-2.3 (JSON, tag-value), 3.0 (JSON)"`
	},
	) (api.ReceiptStatus, error) {
		return e.SBOM(ctx, who, in.Artifact, in.RawBody)
	})
	deployments := s.taking(post("postDeployments", "evidence/deployments", tagEvidence, "Take what is deployed: manifests or records").needs(access.Ingest))
	deployments.Status = http.StatusAccepted
	handle(s, deployments, func(ctx context.Context, who access.Principal, in *struct {
		Environment string    `query:"environment" maxLength:"300" doc:"what the records say, when it is left out; manifests need it"`
		Source      string    `query:"source" maxLength:"300" doc:"who says so"`
		At          time.Time `query:"at" doc:"when it was so; what the records say, else now, when it is left out"`
		Every       string    `query:"every" maxLength:"20" doc:"how often this source is expected to report, as 1h or 7d"`
		RawBody     []byte    `contentType:"application/octet-stream" doc:"Kubernetes manifests (YAML) or deployment records (JSON, NDJSON)"`
	},
	) (api.ReceiptStatus, error) {
		every, err := duration(in.Every)
		if err != nil {
			return api.ReceiptStatus{}, err
		}
		return e.Deployments(ctx, who, Deployments{Environment: in.Environment, Source: in.Source, At: in.At, Every: every, Body: in.RawBody})
	})
	detections := s.taking(post("postDetections", "evidence/detections", tagEvidence, "Take what sensors raised at run time: alerts of Falco, findings of OCSF").needs(access.Ingest))
	detections.Status = http.StatusAccepted
	handle(s, detections, func(ctx context.Context, who access.Principal, in *struct {
		Environment string `query:"environment" maxLength:"300" doc:"where the sensor watches; what fits the detection's image and names anywhere, when it is left out"`
		Source      string `query:"source" maxLength:"300" doc:"who says so; the tool's name, when it is left out"`
		RawBody     []byte `contentType:"application/octet-stream" doc:"Falco's JSON output, or OCSF Detection Findings (2004): one a line, or an array"`
	},
	) (api.ReceiptStatus, error) {
		return e.Detections(ctx, who, Detections{Environment: in.Environment, Source: in.Source, Body: in.RawBody})
	})
	agentRoutes(s, e)
	handle(s, post("getReceipt", "receipts/{id}", tagEvidence, "What became of evidence: what it opened and closed").as(http.MethodGet).signed(),
		func(ctx context.Context, who access.Principal, in *byID) (api.ReceiptStatus, error) {
			return e.Receipt(ctx, who, in.ID)
		})
	handle(s, read("listReceipts", "receipts", tagEvidence, "List what came in, newest first"),
		func(ctx context.Context, who access.Principal, in *Page) (api.List[api.ReceiptStatus], error) {
			return e.Receipts(ctx, who, in.wire())
		})
	handle(s, read("getFirstRun", "first-run", tagSystem, "The checklist of a new installation"),
		func(ctx context.Context, who access.Principal, _ *struct{}) (api.FirstRun, error) {
			return e.FirstRun(ctx, who)
		})
}

// agentRoutes take what comes all the time: things from documents, and batches of
// agents.
func agentRoutes(s *Server, e Evidence) {
	documents := s.taking(post("postDocument", "evidence/documents", tagEvidence, "Take a document about things: attestations, CI events, OpenAPI documents, flows").needs(access.Ingest))
	documents.Status = http.StatusAccepted
	handle(s, documents, func(ctx context.Context, who access.Principal, in *struct {
		Kind        string `query:"kind" required:"true" maxLength:"50" doc:"attestation, ci, openapi, flows, …: an unknown one is answered with the list"`
		Source      string `query:"source" maxLength:"300" doc:"who says so; what the document says, when it is left out"`
		Environment string `query:"environment" maxLength:"300" doc:"where it is about, for the kinds that need it"`
		Service     string `query:"service" maxLength:"300" doc:"what it is about, for the kinds that need it"`
		RawBody     []byte `contentType:"application/octet-stream" doc:"the document"`
	},
	) (api.ReceiptStatus, error) {
		return e.Document(ctx, who, Document{Kind: in.Kind, Source: in.Source, Environment: in.Environment, Service: in.Service, Body: in.RawBody})
	})
	observations := s.taking(post("postObservations", "evidence/observations", tagEvidence, "Take what an agent sees: the same batch again changes nothing").needs(access.Ingest))
	handle(s, observations, func(ctx context.Context, who access.Principal, in *struct {
		Encoding string `header:"Content-Encoding" enum:"gzip,identity" doc:"gzip, or nothing"`
		RawBody  []byte `contentType:"application/octet-stream" doc:"JSON of tidemark.observations/v1, packed with gzip or plain"`
	},
	) (api.Observed, error) {
		batch, err := readBatch(in.RawBody, in.Encoding, s.cfg.Limits.document())
		if err != nil {
			return api.Observed{}, err
		}
		return e.Observations(ctx, who, batch)
	})
}

type reasoned struct {
	Reason string `json:"reason,omitempty" maxLength:"2000"`
}

func peopleRoutes(s *Server) {
	p := s.cfg.Doors.People
	after := func(ctx context.Context, who access.Principal, id string, err error) (api.ExposureDetail, error) {
		if err != nil {
			return api.ExposureDetail{}, err
		}
		return s.of(who).Exposure(ctx, id, api.Moment{})
	}
	handle(s, post("changeExposure", "exposures/{id}", tagExposures, "Decide on an exposure, or assign it").as(http.MethodPatch).needs(access.Decide),
		func(ctx context.Context, who access.Principal, in *struct {
			ID      string `path:"id" maxLength:"100"`
			IfMatch string `header:"If-Match" maxLength:"500" doc:"ETag of what was looked at: nothing is changed when it is no longer so"`
			Body    api.ExposureChange
		},
		) (api.ExposureDetail, error) {
			err := changed(ctx, s.turns, seen{in.ID, in.IfMatch}, thing[api.ExposureDetail]{
				present: func() (api.ExposureDetail, error) { return s.of(who).Exposure(ctx, in.ID, api.Moment{}) },
				change:  func() error { return p.ChangeExposure(ctx, who, in.ID, in.Body) },
			})
			return after(ctx, who, in.ID, err)
		})
	handle(s, post("undoExposure", "exposures/{id}/undo", tagExposures, "Take back what was decided last by a person").needs(access.Decide),
		func(ctx context.Context, who access.Principal, in *struct {
			ID   string `path:"id" maxLength:"100"`
			Body reasoned
		},
		) (api.ExposureDetail, error) {
			return after(ctx, who, in.ID, p.UndoExposure(ctx, who, in.ID, in.Body.Reason))
		})
	handle(s, post("approveExposure", "exposures/{id}/approval", tagExposures, "Agree, or not, to another person's loosening").needs(access.Approve),
		func(ctx context.Context, who access.Principal, in *struct {
			ID   string `path:"id" maxLength:"100"`
			Body api.Approval
		},
		) (api.ExposureDetail, error) {
			return after(ctx, who, in.ID, p.ApproveExposure(ctx, who, in.ID, in.Body))
		})
	handle(s, post("changeAction", "actions/{id}", tagActions, "Move an action, or hand it over; deployed and verified come from evidence alone").as(http.MethodPatch).needs(access.Work),
		func(ctx context.Context, who access.Principal, in *struct {
			ID      string `path:"id" maxLength:"100"`
			IfMatch string `header:"If-Match" maxLength:"500" doc:"ETag of what was looked at: nothing is changed when it is no longer so"`
			Body    api.ActionChange
		},
		) (api.ActionDetail, error) {
			err := changed(ctx, s.turns, seen{in.ID, in.IfMatch}, thing[api.ActionDetail]{
				present: func() (api.ActionDetail, error) { return s.of(who).Action(ctx, in.ID, api.Moment{}) },
				change:  func() error { return p.ChangeAction(ctx, who, in.ID, in.Body) },
			})
			if err != nil {
				return api.ActionDetail{}, err
			}
			return s.of(who).Action(ctx, in.ID, api.Moment{})
		})
}

// How long an archive of feeds may take to arrive, and how large it may be. It
// goes to disk as it comes.
const (
	archiveTime = 30 * time.Minute
	archiveSize = 4 << 30
)

// archive is a body that is read as it comes.
type archive struct {
	AcceptShrink []string `query:"accept_shrink" maxItems:"100" doc:"feeds that may have lost more than a fifth of their entries: osv/npm, kev"`

	body io.Reader
	line *http.ResponseController
}

// Resolve takes the body from the request.
func (a *archive) Resolve(ctx huma.Context) []error {
	_, w := humago.Unwrap(ctx)
	a.body, a.line = io.LimitReader(ctx.BodyReader(), archiveSize+1), http.NewResponseController(w)
	return nil
}

// hold keeps the line open for as long as an archive may take.
func (a *archive) hold(until time.Time) error {
	err := errors.Join(a.line.SetReadDeadline(until), a.line.SetWriteDeadline(until))
	if errors.Is(err, http.ErrNotSupported) {
		return nil
	}
	return err
}

func intelRoute(s *Server) {
	u := s.cfg.Doors.Upkeep
	r := post("updateIntel", "intel/updates", tagIntel, "Load advisories and signs of exploitation from a tar archive, or from their public addresses when the body is empty").needs(access.UpdateIntel)
	r.Status = http.StatusAccepted
	handle(s, r, func(ctx context.Context, who access.Principal, in *archive) (api.Job, error) {
		if err := in.hold(s.cfg.Now().Add(archiveTime)); err != nil {
			return api.Job{}, err
		}
		return u.UpdateIntel(ctx, who, in.body, in.AcceptShrink)
	})
	s.api.OpenAPI().Paths[r.Path].Post.RequestBody = &huma.RequestBody{
		Content: map[string]*huma.MediaType{"application/x-tar": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}},
	}
}

func upkeepRoutes(s *Server) {
	u := s.cfg.Doors.Upkeep
	handle(s, read("getScope", "scope", tagScope, "What the business has said about the estate"),
		func(ctx context.Context, who access.Principal, in *Moment) (api.Scope, error) {
			doc, err := u.Scope(ctx, in.wire())
			return scopeFor(who, doc), err
		})
	handle(s, read("listScopeVersions", "scope/history", tagScope, "The versions of the scope, the newest first"),
		func(ctx context.Context, who access.Principal, in *Page) (api.List[api.ScopeVersion], error) {
			return s.of(who).ScopeHistory(ctx, in.wire())
		})
	handle(s, post("applyScope", "scope", tagScope, "Say what matters and who owns it").as(http.MethodPut).needs(access.ApplyScope).whole(),
		func(ctx context.Context, who access.Principal, in *struct {
			RawBody []byte `contentType:"application/yaml"`
		},
		) (api.ScopeApplied, error) {
			return u.ApplyScope(ctx, who, in.RawBody)
		})
	intelRoute(s)
	handle(s, read("getDoctor", "doctor", tagSystem, "Check database, feeds, sources, backlog, clock, disk and the log of mutations").whole(),
		func(ctx context.Context, _ access.Principal, _ *struct{}) (api.Doctor, error) {
			return u.Doctor(ctx)
		})
	compact := post("compact", "compaction", tagSystem, "Drop raw evidence that is older and cited by nothing").needs(access.Maintain).whole()
	compact.Status = http.StatusAccepted
	handle(s, compact,
		func(ctx context.Context, who access.Principal, in *struct {
			Body struct {
				Keep string `json:"keep" doc:"as 90d"`
			}
		},
		) (api.Job, error) {
			keep, err := duration(in.Body.Keep)
			if err != nil {
				return api.Job{}, err
			}
			return u.Compact(ctx, who, keep)
		})
}

func jobRoute(s *Server) {
	handle(s, read("getJob", "jobs/{id}", tagSystem, "How far something is that takes longer than a request, and what came of it"),
		func(ctx context.Context, _ access.Principal, in *struct {
			ID string `path:"id" maxLength:"100"`
		},
		) (api.Job, error) {
			if s.cfg.Doors.Jobs == nil {
				return api.Job{}, notOffered("jobs")
			}
			return s.cfg.Doors.Jobs.Job(ctx, in.ID)
		})
}

func liveRoutes(s *Server) {
	jobRoute(s)
	d := s.cfg.Doors.Drill
	drill := func(id, path, summary string, do func(context.Context, access.Principal) (api.Drill, error)) {
		handle(s, post(id, path, tagSystem, summary).needs(access.PlayDemo),
			func(ctx context.Context, who access.Principal, _ *struct{}) (api.Drill, error) {
				if d == nil {
					return api.Drill{}, notOffered("a drill: it is not the demo")
				}
				return do(ctx, who)
			})
	}
	handle(s, read("getDrill", "drill", tagSystem, "How far the demo's drill is"),
		func(ctx context.Context, who access.Principal, _ *struct{}) (api.Drill, error) {
			if d == nil {
				return api.Drill{}, notOffered("a drill: it is not the demo")
			}
			doc, err := d.State(ctx)
			return drillFor(who, doc), err
		})
	drill("publishDrill", "drill/publication", "A new CVE is published (a drill)", func(ctx context.Context, who access.Principal) (api.Drill, error) { return d.Publish(ctx, who) })
	drill("deployDrill", "drill/deployment", "Deploy the fix of the drill", func(ctx context.Context, who access.Principal) (api.Drill, error) { return d.Deploy(ctx, who) })
	drill("resetDrill", "drill/reset", "Withdraw the drill", func(ctx context.Context, who access.Principal) (api.Drill, error) { return d.Reset(ctx, who) })
}
