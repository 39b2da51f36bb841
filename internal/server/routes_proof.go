package server

import (
	"context"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/access"
)

// ofService is a list that may be about one service.
type ofService struct {
	Service string `query:"service" maxLength:"300" doc:"only of this service"`
	Page
}

// ends is what is asked about two ends.
type ends struct {
	From        string `query:"from" required:"true" minLength:"1" maxLength:"300" doc:"internet, an address, SERVICE or NAMESPACE/SERVICE"`
	To          string `query:"to" required:"true" minLength:"1" maxLength:"300" doc:"SERVICE or NAMESPACE/SERVICE"`
	Port        string `query:"port" maxLength:"100" doc:"8080, 53/UDP or a name; all that the receiver declares, when it is left out"`
	Environment string `query:"environment" maxLength:"300" doc:"of the receiver"`
	Moment
}

func proofRoutes(s *Server) {
	handle(s, read("listDoors", "twin/doors", tagTwin, "List doors with the path to the workload, and whether policies let it through"),
		func(ctx context.Context, who access.Principal, in *ofService) (api.List[api.Proof], error) {
			return s.of(who).Doors(ctx, in.Service, in.Page.wire())
		})
	handle(s, read("listAccess", "twin/access", tagTwin, "List what the accounts that workloads run as may do: rights and powers"),
		func(ctx context.Context, who access.Principal, in *struct {
			Account string `query:"account" maxLength:"600" doc:"NAMESPACE/NAME, or NAME in any namespace"`
			Page
		},
		) (api.List[api.Proof], error) {
			return s.of(who).Access(ctx, in.Account, in.Page.wire())
		})
	handle(s, read("listFacts", "twin/facts", tagTwin, "List what workloads may do to their host, and who may reach them, where that is not all"),
		func(ctx context.Context, who access.Principal, in *ofService) (api.List[api.Proof], error) {
			return s.of(who).Facts(ctx, in.Service, in.Page.wire())
		})
	handle(s, read("getReach", "twin/reach", tagTwin, "Whether one end reaches another at a port, and by which policies"),
		func(ctx context.Context, who access.Principal, in *ends) (api.List[api.Reach], error) {
			return s.of(who).Reach(ctx, api.ReachAsk{From: in.From, To: in.To, Port: in.Port, Environment: in.Environment, Moment: in.wire()})
		})
}
