package server

import (
	"context"
	"strings"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/access"
)

func pageRoutes(s *Server) {
	listPageRoutes(s)
	thingPageRoutes(s)
}

// keysOf are the facets that are asked for; nil: all.
func keysOf(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}

func listPageRoutes(s *Server) {
	p := s.cfg.Doors.Pages
	handle(s, read("getOverview", "overview", tagMeasure, "The first page: what survives each gate, what is due, what changed, the trend"),
		func(ctx context.Context, who access.Principal, in *Page) (api.Overview, error) {
			return p.Overview(ctx, ViewerOf(who), in.wire())
		})
	handle(s, read("listFacets", "exposures/facets", tagExposures, "Values by which a list of exposures can be narrowed, with exact counts"),
		func(ctx context.Context, who access.Principal, in *struct {
			Keys string `query:"keys" maxLength:"400" doc:"facets with commas between; all, when it is left out"`
			Page
		},
		) (api.Facets, error) {
			return p.Facets(ctx, ViewerOf(who), in.Page.wire(), keysOf(in.Keys))
		})
	handle(s, read("listGroups", "exposures/groups", tagExposures, "Headings of a grouped list of exposures"),
		func(ctx context.Context, who access.Principal, in *struct {
			By string `query:"by" required:"true" enum:"fix,weakness,service,owner,environment,product"`
			Page
		},
		) (api.List[api.Group], error) {
			return p.Groups(ctx, ViewerOf(who), in.Page.wire(), in.By)
		})
	handle(s, read("listExposureWindow", "exposures/window", tagExposures, "Rows of a list of exposures from a position on"),
		func(ctx context.Context, who access.Principal, in *struct {
			Offset int `query:"offset" minimum:"0" maximum:"100000000"`
			Page
		},
		) (api.List[api.Exposure], error) {
			return p.Window(ctx, ViewerOf(who), in.Page.wire(), in.Offset)
		})
	handle(s, read("search", "search", tagSystem, "Find services, products, components, exposures and weaknesses by the beginning of a name"),
		func(ctx context.Context, who access.Principal, in *struct {
			Text string `query:"text" required:"true" minLength:"1" maxLength:"300"`
		},
		) (api.SearchResult, error) {
			return p.Search(ctx, ViewerOf(who), in.Text)
		})
	handle(s, read("listNews", "intel/changes", tagIntel, "What changed in the world, what touches us first"),
		func(ctx context.Context, who access.Principal, in *struct {
			All bool `query:"all" doc:"also what touches nothing here"`
			Page
		},
		) (api.List[api.Change], error) {
			return p.News(ctx, ViewerOf(who), in.Page.wire(), in.All)
		})
}

func thingPageRoutes(s *Server) {
	p := s.cfg.Doors.Pages
	handle(s, read("getExposurePage", "exposures/{id}/page", tagExposures, "One exposure as its page shows it: explanation, ladder, fix, timeline"),
		func(ctx context.Context, who access.Principal, in *byID) (api.ExposurePageDoc, error) {
			return p.ExposurePage(ctx, ViewerOf(who), in.ID, in.wire())
		})
	handle(s, read("listProducts", "products", tagTwin, "List products with what is exposed in them"),
		func(ctx context.Context, who access.Principal, in *Page) (api.List[api.Product], error) {
			return p.Products(ctx, ViewerOf(who), in.wire())
		})
	handle(s, read("getProduct", "products/{id}", tagTwin, "One product as a whole"),
		func(ctx context.Context, who access.Principal, in *byID) (api.ProductDetail, error) {
			return p.Product(ctx, ViewerOf(who), in.ID, in.wire())
		})
	handle(s, read("getMatrix", "matrix", tagTwin, "Services by environments"),
		func(ctx context.Context, who access.Principal, in *Page) (api.Matrix, error) {
			return p.Matrix(ctx, ViewerOf(who), in.wire())
		})
}
