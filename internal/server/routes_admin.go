package server

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/access"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/server/login"
)

// adminRoutes keep users and tokens, and show the log of mutations.
func adminRoutes(s *Server) {
	sessionRoutes(s)
	userRoutes(s)
	tokenRoutes(s)
	logRoute(s)
	eventRoute(s)
	webhookRoutes(s)
}

func (s *Server) admin() *login.Admin { return s.cfg.Doors.Login.Admin() }

func userRoutes(s *Server) {
	list := read("listUsers", "users", tagAccess, "List who may sign in").needs(access.ManageUsers).whole()
	handle(s, list, func(ctx context.Context, who access.Principal, in *Page) (api.List[api.User], error) {
		out, err := s.admin().Users(ctx, who, in.Cursor, in.Limit)
		if err == nil {
			out.Computed, err = s.cfg.Desk.Computed(ctx)
		}
		return out, err
	})
	create := post("createUser", "users", tagAccess, "Let somebody sign in; without a password they get a one-time code").needs(access.ManageUsers).whole().secret()
	create.Status = http.StatusCreated
	handle(s, create, func(ctx context.Context, who access.Principal, in *struct{ Body api.UserRequest }) (api.UserDetail, error) {
		return s.admin().CreateUser(ctx, who, in.Body)
	})
	change := post("changeUser", "users/{name}", tagAccess, "Change what somebody may do; their sessions end").as(http.MethodPatch).needs(access.ManageUsers).whole()
	handle(s, change, func(ctx context.Context, who access.Principal, in *struct {
		Name string `path:"name" maxLength:"64"`
		Body api.UserChange
	},
	) (api.UserDetail, error) {
		_, after, err := s.admin().ChangeUser(ctx, who, in.Name, in.Body)
		return after, err
	})
	code := post("issueCode", "users/{name}/code", tagAccess, "Give somebody a one-time code to sign in with").needs(access.ManageUsers).whole().secret()
	handle(s, code, func(ctx context.Context, who access.Principal, in *struct {
		Name string `path:"name" maxLength:"64"`
	},
	) (api.UserDetail, error) {
		return s.admin().IssueCode(ctx, who, in.Name)
	})
}

func tokenRoutes(s *Server) {
	list := read("listTokens", "tokens", tagAccess, "List tokens; who does not manage tokens sees their own").needs(access.ManageOwn)
	handle(s, list, func(ctx context.Context, who access.Principal, in *Page) (api.List[api.Token], error) {
		out, err := s.admin().Tokens(ctx, who, in.Cursor, in.Limit)
		if err == nil {
			out.Computed, err = s.cfg.Desk.Computed(ctx)
		}
		return out, err
	})
	create := post("createToken", "tokens", tagAccess, "Create a token; its secret is shown now and never again").needs(access.ManageOwn).secret()
	create.Status = http.StatusCreated
	handle(s, create, func(ctx context.Context, who access.Principal, in *struct{ Body api.TokenRequest }) (api.TokenDetail, error) {
		return s.admin().CreateToken(ctx, who, in.Body)
	})
	revoke := post("revokeToken", "tokens/{id}", tagAccess, "Revoke a token at once").as(http.MethodDelete).needs(access.ManageOwn)
	revoke.Any = true // a token may end itself
	handle(s, revoke, func(ctx context.Context, who access.Principal, in *struct {
		ID string `path:"id" maxLength:"64"`
	},
	) (api.TokenDetail, error) {
		return s.admin().RevokeToken(ctx, who, in.ID)
	})
}

func logRoute(s *Server) {
	r := read("listAudit", "audit", tagSystem, "List the log of mutations, newest first").needs(access.ReadAudit).whole()
	handle(s, r, func(ctx context.Context, who access.Principal, in *struct {
		Actor  string    `query:"actor" maxLength:"200"`
		Verb   string    `query:"verb" maxLength:"100" doc:"the verb, or its first word"`
		Object string    `query:"object" maxLength:"300" doc:"a part of it"`
		From   time.Time `query:"from"`
		To     time.Time `query:"to"`
		Limit  int       `query:"limit" minimum:"1" maximum:"1000" default:"100"`
		Cursor string    `query:"cursor" maxLength:"2000"`
	},
	) (api.List[api.AuditEntry], error) {
		q := ctem.AuditQuery{Actor: in.Actor, Verb: in.Verb, Object: in.Object, From: in.From, To: in.To, Limit: in.Limit, After: in.Cursor}
		return s.of(who).AuditLog(ctx, q)
	})
}

func eventRoute(s *Server) {
	r := read("listEvents", "intel/events", tagIntel, "List what changed in the world and concerns something here, with what followed, newest first")
	handle(s, r, func(ctx context.Context, who access.Principal, in *struct {
		Kind    string    `query:"kind" maxLength:"300" doc:"kinds with commas between, as kev.added,epss.jump; all, when it is left out"`
		Subject string    `query:"subject" maxLength:"300" doc:"the weakness"`
		Since   time.Time `query:"since" doc:"learned from this time on"`
		Limit   int       `query:"limit" minimum:"1" maximum:"1000" default:"100"`
		Cursor  string    `query:"cursor" maxLength:"2000" doc:"next of the page before"`
		Moment
	},
	) (api.List[api.IntelEvent], error) {
		m := in.Moment.wire()
		q := api.EventQuery{Subject: in.Subject, Since: maybe(in.Since), Query: api.Query{Limit: in.Limit, Cursor: in.Cursor, AsOf: m.AsOf, KnownAt: m.KnownAt}}
		if in.Kind != "" {
			q.Kinds = strings.Split(in.Kind, ",")
		}
		return s.of(who).Events(ctx, q)
	})
}

// webhookRoutes keep the addresses that are told of events: of all of them, so
// they are for who sees all.
func webhookRoutes(s *Server) {
	d := s.cfg.Doors.Webhooks
	list := read("listWebhooks", "webhooks", tagIntel, "List the addresses that are told of events").needs(access.Maintain).whole()
	handle(s, list, func(ctx context.Context, who access.Principal, _ *struct{}) (api.List[api.Webhook], error) {
		return d.List(ctx, who)
	})
	add := post("addWebhook", "webhooks", tagIntel, "Tell an address of events from now on; its secret is shown now and never again").needs(access.Maintain).whole().secret()
	add.Status = http.StatusCreated
	handle(s, add, func(ctx context.Context, who access.Principal, in *struct{ Body api.WebhookRequest }) (api.WebhookDetail, error) {
		return d.Add(ctx, who, in.Body)
	})
	type one struct {
		ID string `path:"id" maxLength:"64"`
	}
	remove := post("removeWebhook", "webhooks/{id}", tagIntel, "Tell an address of no more events").as(http.MethodDelete).needs(access.Maintain).whole()
	handle(s, remove, func(ctx context.Context, who access.Principal, in *one) (api.WebhookDetail, error) {
		return d.Remove(ctx, who, in.ID)
	})
	test := post("testWebhook", "webhooks/{id}/test", tagIntel, "Send an address a message about nothing, and say how it answered").needs(access.Maintain).whole()
	handle(s, test, func(ctx context.Context, who access.Principal, in *one) (api.WebhookTest, error) {
		return d.Test(ctx, who, in.ID)
	})
}
