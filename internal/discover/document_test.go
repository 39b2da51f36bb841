package discover

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/store/storetest"
	"github.com/tidemark/tidemark/internal/twin"
)

// A document's things are evidence of whoever brings it, but for what stands by
// itself; what cannot be a thing refuses the document, and nothing is stored.
func TestDocuments(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		x := newEstate(t, e.Fresh(t))
		told := []Told{
			{Source: "made up", Scope: "acme", Class: twin.Declared, Things: []twin.Resource{{
				Kind: "Build", Name: "run/1", Spec: json.RawMessage(`{ "commit" : "c" }`),
				Links: []twin.Link{{Rel: twin.RelProduced, To: twin.End{Kind: twin.KindArtifact, Name: "sha256:2"}}, {Rel: twin.RelBuiltFrom, To: twin.End{Kind: twin.KindCommit, Name: "r@c"}}},
			}}},
			{
				Source: "attestation", Apart: true, Scope: "artifacts", Class: twin.Declared, Things: []twin.Resource{{Kind: "Attestation", Name: "a"}},
				SBOMs: []AttachedSBOM{{Artifact: twin.ArtifactRef{Name: "shop", Tag: "1"}, Body: []byte("pkg:npm/left@1")}, {Artifact: twin.ArtifactRef{Name: "bad"}, Body: []byte("poison")}},
			},
		}
		in := &Ingest{Evidence: x.db, ParseSBOM: parseLines, Now: func() time.Time { return x.now }, Readers: map[string]Reader{
			"ci": func(context.Context, DocumentInput, time.Time) (Reading, error) { return Reading{Told: told}, nil },
		}}
		r, err := in.IngestDocument(x.ctx, DocumentInput{Kind: "ci", Name: "run.json", Source: "ci/one"})
		if err != nil || r.Accepted != 3 || len(r.Rejected) != 1 || !strings.Contains(r.Rejected[0].Reason, "the SBOM of bad") {
			t.Fatalf("%+v %v", r, err)
		}
		list, err := x.db.Evidence(x.ctx, 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		sources := map[string]string{}
		for _, o := range list {
			sources[o.Subject] = o.Source
		}
		if sources["resource/Build//run/1"] != "ci/one" || sources["resource/Attestation//a"] != "attestation" || sources["docker.io/library/shop:1"] != "sbom" {
			t.Errorf("sources %v", sources)
		}
		if again, err := in.IngestDocument(x.ctx, DocumentInput{Kind: "ci", Name: "run.json", Source: "ci/one"}); err != nil || again.Accepted != 0 || again.Unchanged != 3 {
			t.Errorf("again: %+v %v", again, err)
		}
		x.drain()
		told = []Told{{Source: "s", Scope: "acme", Class: twin.Declared, Things: []twin.Resource{{Kind: "Build", Name: "fine"}, {Kind: "a/b", Name: "x"}}}}
		if _, err := in.IngestDocument(x.ctx, DocumentInput{Kind: "ci", Name: "bad.json"}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("a kind that is none: %v", err)
		}
		if _, err := in.IngestDocument(x.ctx, DocumentInput{Kind: "nothing", Name: "x"}); !strings.Contains(fault.HintOf(err), "ci") {
			t.Errorf("an unknown kind: %v", err)
		}
		if more, err := x.db.Evidence(x.ctx, list[len(list)-1].Seq, 10); err != nil || len(more) > 0 {
			t.Errorf("a refused document left %d rows (%v)", len(more), err)
		}
	})
}
