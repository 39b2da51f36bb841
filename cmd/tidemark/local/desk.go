package local

import (
	"math"

	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/measure"
	"github.com/tidemark/tidemark/internal/prioritize"
	"github.com/tidemark/tidemark/internal/risk"
	"github.com/tidemark/tidemark/internal/server/desk"
	"github.com/tidemark/tidemark/internal/server/picture"
	"github.com/tidemark/tidemark/internal/store"
	"github.com/tidemark/tidemark/internal/validate"
)

// Desk joins the store and the steps that explain and measure.
func (s *Session) Desk() *desk.Desk {
	return desk.New(s.parts())
}

func (s *Session) parts() desk.Parts {
	return desk.Parts{
		Exposed: s.DB, Work: s.DB, Estate: s.DB, Streams: s.DB, Records: s.DB, News: s.DB, World: known{s.DB, validate.Paths{Read: s.DB}}, Twin: s.DB, Explains: prioritize.Explainer{History: s.DB},
		Measured: measure.Measures{Exposures: s.DB, Estate: s.DB}, First: discover.StepResolve, Now: s.Now,
	}
}

// known is what is known beside the lists of the twin.
type known struct {
	*store.DB
	validate.Paths
}

// Picture is what a server draws its pages from.
func (s *Session) Picture() picture.Parts {
	db := s.DB
	return picture.Parts{
		Desk: s.parts(),
		Rows: db, Streams: db, Ages: db, World: db, Names: db, Search: db, Scope: db,
		Score: func(r float64) int { return int(math.Round(risk.Points(r))) },
	}
}
