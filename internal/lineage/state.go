package lineage

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// Newest is when the newest of what its sources say of a workload began.
func Newest(w *ctem.Workload) (at time.Time) {
	for i := range w.Claims {
		if w.Claims[i].From.After(at) {
			at = w.Claims[i].From
		}
	}
	return at
}

// Spoken is what is said of a workload, whoever says it: one statement, or several
// by their source.
func Spoken(w *ctem.Workload) ([]byte, error) {
	if w == nil {
		return nil, nil
	}
	said := map[string]json.RawMessage{}
	for i := range w.Claims {
		b, err := json.Marshal(w.Claims[i].Workload)
		if err != nil {
			return nil, fault.Wrap(fault.Internal, err, "compare the workload %s", w.Service)
		}
		said[string(b)] = b
	}
	if len(said) == 1 {
		for _, b := range said {
			return b, nil
		}
	}
	all := make([]json.RawMessage, 0, len(said))
	for _, k := range slices.Sorted(maps.Keys(said)) {
		all = append(all, said[k])
	}
	return json.Marshal(map[string]any{"said": all})
}

// Running are the artifacts that workloads run, with their names.
func Running(list []ctem.Workload) map[string]string {
	out := map[string]string{}
	for i := range list {
		for _, ref := range list[i].Images {
			if id := ref.ID(); out[id] == "" || ref.String() < out[id] {
				out[id] = ref.String()
			}
		}
	}
	return out
}

// ContentsAt is what an artifact was known to be made of; nil: nobody had said.
func ContentsAt(a *twin.Artifact, at time.Time) (c *twin.Contents) {
	for i := range a.Contents {
		if i == 0 || !a.Contents[i].From.After(at) {
			c = &a.Contents[i]
		}
	}
	if c != nil && !c.To.IsZero() && !c.To.After(at) {
		return nil
	}
	return c
}

// ArtifactState is what is known of an artifact that runs, as a state that can be
// compared; nil where it does not run.
func ArtifactState(name string, c *twin.Contents) []byte {
	if name == "" {
		return nil
	}
	state := map[string]any{"image": name, "sbom": c != nil}
	if c != nil {
		state["components"], state["sbom_id"] = len(c.Components), c.SBOM
	}
	b, err := json.Marshal(state)
	if err != nil {
		return nil
	}
	return b
}

// Joined is what several sources say of one thing, as one state.
func Joined(bodies map[int64][]byte, states []int64) []byte {
	states = slices.Clone(states)
	slices.Sort(states)
	states = slices.Compact(states)
	if len(states) == 1 {
		return bodies[states[0]]
	}
	all := make([]json.RawMessage, 0, len(states))
	for _, s := range states {
		all = append(all, bodies[s])
	}
	b, err := json.Marshal(map[string]any{"said": all})
	if err != nil {
		return nil
	}
	return b
}
