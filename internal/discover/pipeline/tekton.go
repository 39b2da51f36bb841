package pipeline

import (
	"encoding/json"
	"strings"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// tektonRun is a TaskRun or PipelineRun, v1 or v1beta1.
type tektonRun struct {
	Kind string `json:"kind"`
	Meta struct {
		Name      string            `json:"name"`
		Namespace string            `json:"namespace"`
		UID       string            `json:"uid"`
		Created   moment            `json:"creationTimestamp"`
		Labels    map[string]string `json:"labels"`
		Owners    []struct {
			Kind string `json:"kind"`
			UID  string `json:"uid"`
		} `json:"ownerReferences"`
	} `json:"metadata"`
	Spec struct {
		Params   []tektonValue `json:"params"`
		Task     tektonRef     `json:"taskRef"`
		Pipeline tektonRef     `json:"pipelineRef"`
	} `json:"spec"`
	Status tektonStatus `json:"status"`
}

type tektonRef struct {
	Name string `json:"name"`
}

type tektonStatus struct {
	Conditions []struct {
		Type   string `json:"type"`
		Status string `json:"status"`
		Reason string `json:"reason"`
	} `json:"conditions"`
	Started         moment        `json:"startTime"`
	Finished        moment        `json:"completionTime"`
	Results         []tektonValue `json:"results"`
	TaskResults     []tektonValue `json:"taskResults"`     // v1beta1
	PipelineResults []tektonValue `json:"pipelineResults"` // v1beta1
}

type tektonValue struct {
	Name  string          `json:"name"`
	Value json.RawMessage `json:"value"`
}

// text is the value where it is a text.
func (v tektonValue) text() string {
	var s string
	_ = json.Unmarshal(v.Value, &s) // what is no text says nothing here
	return strings.TrimSpace(s)
}

// object is the value where it is an object of texts.
func (v tektonValue) object() map[string]string {
	var m map[string]string
	_ = json.Unmarshal(v.Value, &m) // as above
	return m
}

func readTektonList(items []rawEvent) (out []event, err error) {
	for _, raw := range items {
		e, bad := readTekton(raw)
		if bad != nil {
			err = bad
			continue
		}
		out = append(out, e)
	}
	return out, err
}

func readTekton(raw []byte) (event, error) {
	var r tektonRun
	if err := decode(raw, &r); err != nil {
		return event{}, err
	}
	if r.Meta.UID == "" || r.Meta.Namespace == "" {
		return event{}, fault.New(fault.Invalid, "it is no run of Tekton: it has no uid or no namespace")
	}
	e := event{
		name: tektonName(r.Meta.UID), source: sourceCI + systemTekton, scope: r.Meta.Namespace, queued: r.Meta.Created.Time,
		build: twin.Build{
			System: systemTekton,
			Run:    twin.Run{ID: r.Meta.Namespace + "/" + r.Meta.Name, Workflow: r.workflow()},
			Status: r.Status.state(), Started: r.Status.Started.Time, Finished: r.Status.Finished.Time,
		},
	}
	for _, o := range r.Meta.Owners {
		if o.Kind == "PipelineRun" && o.UID != "" {
			e.build.Run.Of, e.build.Run.Job = tektonName(o.UID), r.job()
		}
	}
	for _, p := range r.Spec.Params {
		e.build.Parameters = append(e.build.Parameters, p.Name)
	}
	results := append(append(append([]tektonValue{}, r.Status.Results...), r.Status.TaskResults...), r.Status.PipelineResults...)
	e.build.Artifacts = tektonArtifacts(results)
	e.build.Source = tektonSource(append(results, r.Spec.Params...))
	return e, nil
}

func (r *tektonRun) workflow() string {
	for _, name := range []string{r.Spec.Pipeline.Name, r.Meta.Labels["tekton.dev/pipeline"], r.Spec.Task.Name, r.Meta.Labels["tekton.dev/task"]} {
		if name != "" {
			return name
		}
	}
	return ""
}

func (r *tektonRun) job() string {
	for _, name := range []string{r.Meta.Labels["tekton.dev/pipelineTask"], r.Spec.Task.Name} {
		if name != "" {
			return name
		}
	}
	return r.Meta.Name
}

func (s *tektonStatus) state() twin.BuildStatus {
	for _, c := range s.Conditions {
		if c.Type != "Succeeded" {
			continue
		}
		switch {
		case c.Status == "True":
			return twin.BuildSucceeded
		case c.Status == "False" && strings.Contains(c.Reason, "Cancelled"):
			return twin.BuildCancelled
		case c.Status == "False":
			return twin.BuildFailed
		}
		return twin.BuildRunning
	}
	if s.Started.IsZero() {
		return twin.BuildQueued
	}
	return twin.BuildRunning
}

// tektonArtifacts reads the results by which Tekton Chains knows what was built:
// *IMAGE_URL with *IMAGE_DIGEST, IMAGES, *ARTIFACT_URI with *ARTIFACT_DIGEST, and
// *ARTIFACT_OUTPUTS.
func tektonArtifacts(results []tektonValue) []twin.Built {
	digests := map[string]string{}
	for _, r := range results {
		for _, end := range []string{"IMAGE_DIGEST", "ARTIFACT_DIGEST"} {
			if prefix, ok := strings.CutSuffix(r.Name, end); ok {
				digests[prefix+strings.TrimSuffix(end, "DIGEST")] = r.text()
			}
		}
	}
	var out []twin.Built
	for _, r := range results {
		switch key, isURL := cutURL(r.Name); {
		case isURL:
			out = append(out, built(r.text(), digests[key]))
			delete(digests, key)
		case r.Name == "IMAGES":
			for _, ref := range strings.FieldsFunc(r.text(), func(c rune) bool { return c == ',' || c == '\n' }) {
				out = append(out, builtRef(ref))
			}
		case strings.HasSuffix(r.Name, "ARTIFACT_OUTPUTS"):
			o := r.object()
			out = append(out, built(o["uri"], o["digest"]))
		}
	}
	for _, r := range results { // a digest without an address, in the order of the results
		key := strings.TrimSuffix(r.Name, "DIGEST")
		if d, ok := digests[key]; ok && key != r.Name {
			out = append(out, built("", d))
		}
	}
	return out
}

// cutURL reads the name of a result that is an artifact's address.
func cutURL(name string) (key string, ok bool) {
	if prefix, ok := strings.CutSuffix(name, "IMAGE_URL"); ok {
		return prefix + "IMAGE_", true
	}
	if prefix, ok := strings.CutSuffix(name, "ARTIFACT_URI"); ok {
		return prefix + "ARTIFACT_", true
	}
	return "", false
}

// tektonSource reads the commit: CHAINS-GIT_URL and CHAINS-GIT_COMMIT, or
// *ARTIFACT_INPUTS that is a repository.
func tektonSource(values []tektonValue) twin.Revision {
	var out twin.Revision
	for _, v := range values {
		switch {
		case v.Name == "CHAINS-GIT_URL" && v.text() != "":
			out.Repository = twin.RepositoryName(v.text())
		case v.Name == "CHAINS-GIT_COMMIT":
			out.Commit = v.text()
		case strings.HasSuffix(v.Name, "ARTIFACT_INPUTS") && out.Commit == "":
			o := v.object()
			algorithm, hash, _ := strings.Cut(o["digest"], ":")
			if r := revision(descriptor{URI: o["uri"], Digest: map[string]string{algorithm: hash}}); r.Commit != "" {
				out = r
			}
		}
	}
	return out
}
