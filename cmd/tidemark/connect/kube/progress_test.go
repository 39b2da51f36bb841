package kube

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/api"
)

// told is a server that answers one step after another; the last one goes on.
type told struct {
	steps  []reached // workloads -1: it cannot be asked
	at     int
	source []api.SourceCoverage
	intel  bool
	end    func()
}

func (s *told) now() reached { return s.steps[min(s.at, len(s.steps)-1)] }

func (s *told) Workloads(_ context.Context, q api.Query) (api.List[api.Workload], error) {
	now := s.now()
	switch {
	case now.workloads < 0:
		s.at++
		return api.List[api.Workload]{}, errors.New("away")
	case q.Query == "source:kube/lab sbom:yes":
		return api.List[api.Workload]{Total: now.known}, nil
	case q.Query == "source:kube/lab":
		return api.List[api.Workload]{Total: now.workloads}, nil
	}
	return api.List[api.Workload]{}, fmt.Errorf("asked for %s", q.Query)
}

func (s *told) Exposures(context.Context, api.Query) (api.List[api.Exposure], error) {
	now := s.now()
	if s.at++; s.at > len(s.steps)+2*quiet {
		s.end()
	}
	return api.List[api.Exposure]{Total: now.exposures}, nil
}

func (s *told) TwinCoverage(context.Context, api.Moment) (api.TwinCoverage, error) {
	return api.TwinCoverage{Sources: s.source}, nil
}

func (s *told) FirstRun(context.Context) (api.FirstRun, error) {
	return api.FirstRun{Steps: []api.FirstRunStep{{Step: "intel", Done: s.intel}}}, nil
}

func TestProgress(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		told told
		want []string
	}{
		"all_goes_well": {
			told{steps: []reached{{}, {workloads: -1}, {workloads: 1}, {2, 1, 3}, {2, 2, 4}}},
			[]string{
				"how far it is cannot be asked now: away",
				"1 workload in the twin, the contents of 0 known, 0 exposures",
				"2 workloads in the twin, the contents of 1 known, 3 exposures", "the first are there: tidemark exposures list -q source:kube/lab", "https://t.example/exposures?q=source%3Akube%2Flab",
				"2 workloads in the twin, the contents of 2 known, 4 exposures", "the contents of all of them are known; the agent goes on and tells what changes",
			},
		},
		"no_registry": {
			told{steps: []reached{{workloads: 3}}},
			[]string{
				"3 workloads in the twin, the contents of 0 known, 0 exposures", "of 3 of 3 workloads nobody says what is in them:",
				"this server asks no registry: tidemark serve --registry HOST lets it look at the images that run (docs/registry.md)",
				"an SBOM that you have: tidemark ingest sbom FILE --artifact IMAGE@DIGEST", "and no intel is loaded, so that nothing can be found: tidemark intel update",
			},
		},
		"another_registry": {
			told{steps: []reached{{3, 1, 0}}, intel: true, source: []api.SourceCoverage{{Source: "registry/ghcr.io", Kind: "registry", Trouble: []api.Rejection{{Where: "ghcr.io", Reason: "2 images are not looked at"}}}}},
			[]string{
				"3 workloads in the twin, the contents of 1 known, 0 exposures", "of 2 of 3 workloads nobody says what is in them:", "registry/ghcr.io: ghcr.io: 2 images are not looked at",
				"an SBOM that you have: tidemark ingest sbom FILE --artifact IMAGE@DIGEST",
			},
		},
		"nothing": {told{steps: []reached{{}}}, []string{"nothing of the cluster has come to the server yet: what the agent says above tells why"}},
		"empty":   {told{steps: []reached{{}}, source: []api.SourceCoverage{{Source: "kube/lab"}}}, []string{"the cluster was heard, and nothing runs in it"}},
		"no_rights": {
			told{steps: []reached{{}}, source: []api.SourceCoverage{{Source: "kube/lab", Trouble: slices.Repeat([]api.Rejection{{Where: "pods", Reason: "forbidden"}}, 7)}}},
			append(append([]string{"the cluster was heard, and not all of it may be read:"}, slices.Repeat([]string{"kube/lab: pods: forbidden"}, 5)...), "… and 2 more: tidemark twin coverage",
				"what to do: use an account that may get, list and watch these; --manifest prints one with exactly these rights (docs/agents.md)"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, end := context.WithCancel(t.Context())
			x.told.end = end
			var got []string
			(&progress{to: &x.told, cluster: "lab", server: "https://t.example/", pause: time.Microsecond, say: func(format string, args ...any) {
				text := fmt.Sprintf(format, args...)
				if after, rest, ok := strings.Cut(text, "s: "); ok && len(after) < 3 {
					text = rest
				}
				got = append(got, strings.TrimSpace(text))
			}}).run(ctx)
			if d := cmp.Diff(x.want, got); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
		})
	}
}
