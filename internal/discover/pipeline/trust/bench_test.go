package trust

import (
	"testing"

	"github.com/tidemark/tidemark/internal/discover/pipeline"
)

// BenchmarkJudge reads one bundle: with nobody trusted, and with everything proven.
func BenchmarkJudge(b *testing.B) {
	f := newForge(b)
	doc := pipeline.Document{Body: toJSON(b, f.bundle(b, ourStatement, soon()))}
	folder := Load(f.trust)
	for name, trust := range map[string]func() pipeline.Trust{
		"nobody":   nil,
		"verified": func() pipeline.Trust { return folder },
		"and-load": func() pipeline.Trust { return Load(f.trust) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := (pipeline.Attestations{Trust: trust}).ReadAll(b.Context(), []pipeline.Document{doc}, soon()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
