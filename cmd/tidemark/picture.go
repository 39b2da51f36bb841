package main

import (
	"math"

	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/measure"
	"github.com/tidemark/tidemark/internal/prioritize"
	"github.com/tidemark/tidemark/internal/risk"
	"github.com/tidemark/tidemark/internal/server/desk"
	"github.com/tidemark/tidemark/internal/server/picture"
)

// pictureParts is what a server draws its pages from.
func (a *app) pictureParts(s *session) picture.Parts {
	db := s.db
	return picture.Parts{
		Desk: desk.Parts{
			Exposed: db, Work: db, Estate: db, Streams: db, Records: db, Explains: prioritize.Explainer{History: db},
			Measured: measure.Measures{Exposures: db, Estate: db}, First: discover.StepResolve, Now: a.present,
		},
		Rows: db, Streams: db, Ages: db, World: db, Names: db, Scope: db,
		Score: func(r float64) int { return int(math.Round(risk.Points(r))) },
	}
}
