package picture

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/server/estate"
	"github.com/tidemark/tidemark/internal/server/reply"
	"github.com/tidemark/tidemark/internal/twin"
)

// sources are who gives evidence of what the viewer may see.
func (d *drawing) sources(ctx context.Context, q *question) ([]ctem.Source, error) {
	all, err := allSources(ctx, d, q)
	if err != nil || !q.viewer.Narrow() {
		return all, err
	}
	workloads, err := placing{d}.workloads(ctx, q)
	if err != nil {
		return nil, err
	}
	b := q.scope()
	workloads = slices.DeleteFunc(slices.Clone(workloads), func(w ctem.Workload) bool { return !b.shows(q.viewer, w.Service) })
	return estate.SourcesOf(all, workloads), nil
}

func allSources(ctx context.Context, d *drawing, q *question) ([]ctem.Source, error) {
	return keep(d.kept, "sources "+momentKey(q.at), d.ageOf(q, 5*time.Second), func() ([]ctem.Source, error) {
		return d.Parts.Desk.Estate.Sources(context.WithoutCancel(ctx), q.at)
	})
}

// standing says how far the picture can be trusted.
func (d *drawing) standing(ctx context.Context, q *question) (api.Standing, error) {
	sources, err := d.sources(ctx, q)
	if err != nil {
		return api.Standing{}, err
	}
	covers, err := d.covers(ctx, q)
	if err != nil {
		return api.Standing{}, err
	}
	s := judged(sources)
	b := q.scope()
	for i := range covers {
		if !b.shows(q.viewer, covers[i].Service) {
			continue
		}
		s.Workloads++
		if covers[i].Covered {
			s.Covered++
		}
	}
	s.Sentence = standingSentence(&s, q.at.Time())
	return s, nil
}

// judged finds the run-time source that is longest silent: the others do not age.
func judged(sources []ctem.Source) api.Standing {
	s := api.Standing{State: "none", Stale: []string{}}
	rank := map[string]int{"none": 0, string(twin.Fresh): 1, string(twin.Stale): 2, string(twin.Lapsed): 3}
	for i := range sources {
		x := &sources[i]
		if x.Class != twin.Observed {
			continue
		}
		if rank[string(x.Freshness)] > rank[s.State] {
			s.State = string(x.Freshness)
		}
		if x.Freshness != twin.Fresh && !slices.Contains(s.Stale, x.Source) {
			s.Stale = append(s.Stale, x.Source)
		}
		if s.WorstAt == nil || x.Seen.Before(*s.WorstAt) {
			s.Worst, s.WorstAt = x.Source, reply.When(x.Seen)
		}
	}
	return s
}

func standingSentence(s *api.Standing, now time.Time) string {
	looked := fmt.Sprintf("The contents of %s are known.", of(s.Covered, s.Workloads, "workload"))
	switch {
	case s.Workloads == 0 && s.State == "none":
		return "Nothing says yet what runs."
	case s.State == "none":
		return "Nothing that runs was observed, only what is declared. " + looked
	case len(s.Stale) == 0:
		return fmt.Sprintf("All run-time sources are fresh: the longest silent, %s, was heard %s ago. %s", s.Worst, ago(now, s.WorstAt), looked)
	}
	return fmt.Sprintf("No fresh run-time evidence from %s: %s was last heard %s ago. %s", strings.Join(s.Stale, ", "), s.Worst, ago(now, s.WorstAt), looked)
}

// of is "3 of 5 workloads".
func of(n, all int, what string) string {
	if all != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d of %d %s", n, all, what)
}

// ago is a distance in the largest unit that says enough.
func ago(now time.Time, at *time.Time) string {
	if at == nil {
		return "an unknown time"
	}
	d := now.Sub(*at)
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", max(0, int(d/time.Second)))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d/time.Minute))
	case d < 72*time.Hour:
		return fmt.Sprintf("%d h", int(d/time.Hour))
	}
	return fmt.Sprintf("%d days", int(d/(24*time.Hour)))
}
