package local

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/twin"
)

const webArtifact = "docker.io/host/web-1:latest"

// hostBatch is what the agent of a host sends: its bill of materials, the host as
// a workload, and what of it is loaded.
func hostBatch(t *testing.T, at time.Time, seq int64, loaded twin.Loaded) discover.Batch {
	t.Helper()
	body := func(v any) []byte {
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	work := twin.Workload{Service: "web-1", Kind: "Host", Replicas: 1, Containers: []twin.Container{{Name: "system", Image: twin.ArtifactRef{Name: "host/web-1"}, Replicas: 1}}}
	thing := twin.Resource{
		Kind: twin.KindLoaded, Name: webArtifact, Spec: body(loaded),
		Links: []twin.Link{{Rel: twin.RelDescribes, To: twin.End{Kind: twin.KindArtifact, Name: webArtifact}}},
	}
	return discover.Batch{
		Source: "host/web-1", Epoch: 1, SentAt: at, Every: 5 * time.Minute,
		Items: []twin.Observation{
			{
				SourceSeq: seq, Kind: twin.Delta, Class: twin.Content, Scope: "prod", Media: twin.MediaSBOM, Ref: "host/web-1", ObservedAt: at,
				Body: []byte(`{"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"components":[{"type":"library","name":"libssl3","version":"3.0.11","purl":"pkg:deb/debian/libssl3@3.0.11?arch=amd64"},{"type":"library","name":"libxml2","version":"2.9.14","purl":"pkg:deb/debian/libxml2@2.9.14?arch=amd64"}]}`),
			},
			{
				SourceSeq: seq + 1, Kind: twin.Delta, Class: twin.Observed, Scope: "prod", Media: twin.MediaWorkload, ObservedAt: at,
				Subject: twin.WorkloadSubject(work.Kind, "", work.Service), Body: body(work),
			},
			{
				SourceSeq: seq + 2, Kind: twin.Delta, Class: twin.Observed, Scope: "prod", Media: twin.MediaResource, ObservedAt: at,
				Subject: twin.ResourceSubject(thing.Kind, "", thing.Name), Body: body(thing),
			},
		},
	}
}

func TestWhatIsLoadedOnAHost(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	now := began.Add(26 * time.Hour)
	s := opened(t, now)
	spec := twin.Loaded{
		Of: webArtifact, Since: began, Window: 7 * 24 * 3600, Every: 60,
		Loaded:  []twin.LoadedPart{{Purl: "pkg:deb/debian/libssl3@3.0.11", How: twin.LoadedMapped, By: []string{"nginx"}}},
		NotSeen: twin.LoadedParts{"pkg:deb/debian": {"libxml2@2.9.14"}},
	}
	took, err := s.Ingest().Observe(t.Context(), hostBatch(t, now, 1, spec))
	if err != nil || len(took.Rejected) > 0 {
		t.Fatal(took, err)
	}
	if err := s.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	seen, err := s.DB.LoadedOf(t.Context(), ctem.AsOf{Now: now}, []string{webArtifact, "docker.io/other:latest"})
	if err != nil {
		t.Fatal(err)
	}
	if len(seen) != 1 || len(seen[webArtifact]) != 1 || seen[webArtifact][0].Source != "host/web-1" || seen[webArtifact][0].Freshness != twin.Fresh {
		t.Fatalf("seen %+v", seen)
	}
	for purl, want := range map[string]twin.LoadedAnswer{
		"pkg:deb/debian/libssl3@3.0.11?arch=amd64": twin.LoadedYes, "pkg:deb/debian/libxml2@2.9.14?arch=amd64": twin.LoadedNotSeen, "pkg:npm/x@1": twin.LoadedUnclear,
	} {
		if got := twin.JudgeLoaded(purl, seen[webArtifact]); got.Answer != want {
			t.Errorf("%s is %s (%s), want %s", purl, got.Answer, got.Reason, want)
		}
	}
	if before, err := s.DB.LoadedOf(t.Context(), ctem.AsOf{At: began, Now: now}, []string{webArtifact}); err != nil || len(before) != 0 {
		t.Errorf("before the agent came: %v, %v", before, err)
	}
	page, err := s.Desk().Thing(t.Context(), api.ThingRef{Kind: "Component", Name: "pkg:deb/debian/libxml2@2.9.14?arch=amd64"}, api.Moment{})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(page.Edges)
	if err != nil || !strings.Contains(string(raw), "not seen loaded; no process had it loaded in 26 h; says host/web-1") {
		t.Errorf("the page of the component says %s (%v)", raw, err)
	}
}
