package deploy

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// maxReplicas is far above what one workload can have.
const maxReplicas = 1_000_000

// workloadSpec is the spec of every kind of workload; each uses some of it.
type workloadSpec struct {
	Replicas    *int         `json:"replicas"`
	Parallelism *int         `json:"parallelism"`
	Suspend     bool         `json:"suspend"`
	Template    podTemplate  `json:"template"`
	JobTemplate *jobTemplate `json:"jobTemplate"`
}

type jobTemplate struct {
	Spec workloadSpec `json:"spec"`
}

type podTemplate struct {
	Metadata metadata `json:"metadata"`
	Spec     podSpec  `json:"spec"`
}

// running is a workload with the labels by which Services find its pods.
type running struct {
	object   object
	labels   map[string]text
	workload twin.Workload
	note     string
}

// readWorkload reads an object that isWorkload. Replicas 0 is valid: the
// workload is then declared not to run.
func readWorkload(o object, in *configs) (running, error) {
	spec, err := o.workloadSpec()
	if err != nil {
		return running{}, err
	}
	r := running{object: o, labels: spec.Template.Metadata.Labels}
	replicas := 1
	switch {
	case o.kind == "Job" || o.kind == "CronJob":
		replicas, err = count("parallelism", spec.Parallelism)
	case o.kind != "DaemonSet" && o.kind != "Pod":
		replicas, err = count("replicas", spec.Replicas)
	}
	if err != nil {
		return running{}, err
	}
	switch {
	case replicas == 0:
		r.note = o.id() + " is declared with no replicas: it counts as absent"
	case spec.Suspend:
		r.note = o.id() + " is suspended: it is declared, but starts nothing now"
	}
	containers, err := readContainers(spec.Template.Spec, replicas)
	if err != nil {
		return running{}, err
	}
	pod, err := readPod(&spec.Template, o.scope(), in)
	if err != nil {
		return running{}, err
	}
	r.workload = twin.Workload{
		Service: o.name, Kind: o.kind, Namespace: o.namespace, Replicas: replicas, Containers: containers, Pod: pod,
	}
	return r, nil
}

// workloadSpec brings the kinds into one shape: a Pod is its own template, a
// CronJob's is one level down.
func (o object) workloadSpec() (workloadSpec, error) {
	var spec workloadSpec
	if len(o.spec) == 0 {
		return spec, incomplete("%s has no spec", o.id())
	}
	if o.kind == "Pod" {
		spec.Template.Metadata.Labels = o.labels
		return spec, decode(o.spec, &spec.Template.Spec)
	}
	if err := decode(o.spec, &spec); err != nil || o.kind != "CronJob" {
		return spec, err
	}
	if spec.JobTemplate == nil {
		return spec, incomplete("%s has no jobTemplate", o.id())
	}
	suspended := spec.Suspend
	spec = spec.JobTemplate.Spec
	spec.Suspend = spec.Suspend || suspended
	return spec, nil
}

// incomplete is what is said of a patch, which overlays keep beside manifests.
func incomplete(format string, args ...any) error {
	return fault.New(fault.Invalid, format, args...).WithHint("if this is a patch, %s", renderKustomize)
}

func count(field string, n *int) (int, error) {
	if n == nil {
		return 1, nil
	}
	if *n < 0 || *n > maxReplicas {
		return 0, fmt.Errorf("%s %d is not between 0 and %d", field, *n, maxReplicas)
	}
	return *n, nil
}

func readContainers(pod podSpec, replicas int) ([]twin.Container, error) {
	if len(pod.Containers) == 0 {
		return nil, incomplete("the pod has no containers")
	}
	var out []twin.Container
	read := func(list string, from []container, init bool) error {
		for i, c := range from {
			if c.Image == "" {
				return incomplete("%s[%d] has no image", list, i)
			}
			ref, err := parseArtifact(c.Image)
			if err != nil {
				return fmt.Errorf("%s[%d].image: %w", list, i, err)
			}
			if err := checkName(c.Name); err != nil {
				return fmt.Errorf("%s[%d].name %w", list, i, err)
			}
			found := twin.Container{Name: c.Name, Image: ref, Replicas: replicas, Init: init, Security: c.security(pod.SecurityContext)}
			if init && c.RestartPolicy == "Always" {
				found.Init, found.Role = false, twin.RoleSidecar
			}
			out = append(out, found)
		}
		return nil
	}
	if err := read("containers", pod.Containers, false); err != nil {
		return nil, err
	}
	if err := read("initContainers", pod.InitContainers, true); err != nil {
		return nil, err
	}
	slices.SortStableFunc(out, compareContainers)
	return out, nil
}

func compareContainers(a, b twin.Container) int {
	if a.Init != b.Init {
		if a.Init {
			return 1
		}
		return -1
	}
	return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Image.String(), b.Image.String()))
}
