package deploy

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// declared is what the manifests of one input say.
type declared struct {
	workloads []*running
	resources []twin.Resource
	unread    map[string]int // kinds that are not read, with their numbers
	notes     []twin.Rejection
}

// declare reads the objects of all inputs, then joins workloads and doors
// across them. The results are parallel to inputs.
func declare(inputs []*input) ([]twin.Deployments, error) {
	present, given := presentWorkloads(inputs), configsOf(inputs)
	all := make([]declared, len(inputs))
	var net network
	for i, in := range inputs {
		all[i].unread = map[string]int{}
		for _, o := range in.objects {
			if err := all[i].read(o, present, given); err != nil {
				return nil, fault.Wrap(fault.Invalid, err, "%s", o.where)
			}
			if err := net.add(o); err != nil {
				return nil, fault.Wrap(fault.Invalid, err, "%s", o.where)
			}
		}
		net.workloads = append(net.workloads, all[i].workloads...)
	}
	unmatched, err := net.open()
	if err != nil {
		return nil, err
	}
	out := make([]twin.Deployments, len(inputs))
	for i, in := range inputs {
		out[i] = all[i].result(in)
		for _, o := range in.objects {
			if reason := unmatched[o.where+o.id()]; reason != "" {
				out[i].Notes = append(out[i].Notes, twin.Rejection{Where: o.where, Reason: reason})
			}
		}
	}
	return out, nil
}

// presentWorkloads holds the ids of all workloads of the call.
func presentWorkloads(inputs []*input) map[string]bool {
	present := map[string]bool{}
	for _, in := range inputs {
		for _, o := range in.objects {
			if o.isWorkload() {
				present[ownerKey(o.kind, o.scope(), o.name)] = true
			}
		}
	}
	return present
}

func ownerKey(kind, namespace, name string) string { return kind + "/" + namespace + "/" + name }

func (d *declared) read(o object, present map[string]bool, in *configs) error {
	switch {
	case o.isWorkload():
		if by := o.ownedBy(present); by != "" {
			d.note(o, o.id()+" belongs to "+by+", which is read")
			return nil
		}
		r, err := readWorkload(o, in)
		if err != nil {
			return err
		}
		d.noteAny(o, r.note)
		d.noteAny(o, in.short())
		d.workloads = append(d.workloads, &r)
	case o.isResource():
		spec, err := canonical(o.spec)
		if err != nil {
			return err
		}
		d.resources = append(d.resources, twin.Resource{Kind: o.kind, Namespace: o.namespace, Name: o.name, Spec: spec, Links: o.links})
	case o.config != nil: // read with the workloads that have it
		d.noteAny(o, o.config.note(o.id()))
	default:
		d.unread[o.unreadReason()]++
	}
	return nil
}

func (d *declared) note(o object, reason string) {
	d.notes = append(d.notes, twin.Rejection{Where: o.where, Reason: reason})
}

func (d *declared) noteAny(o object, reason string) {
	if reason != "" {
		d.note(o, reason)
	}
}

// ownedBy names the workload of the same call that made this object, as in an
// export of a cluster: a Deployment's ReplicaSets and their Pods.
func (o object) ownedBy(present map[string]bool) string {
	for _, by := range o.owners {
		if by.Controller && present[ownerKey(by.Kind, o.scope(), by.Name)] {
			return by.Kind + "/" + by.Name
		}
	}
	return ""
}

func (o object) unreadReason() string {
	group := o.group
	if group == "" {
		group = "core"
	}
	if group == "kustomize.config.k8s.io" {
		return o.kind + " (" + renderKustomize + ")"
	}
	return o.kind + " (" + group + ")"
}

// canonical writes JSON with sorted keys and without white space.
func canonical(raw json.RawMessage) (json.RawMessage, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	return json.Marshal(v)
}

// result leaves out the workloads without replicas: they are declared absent.
func (d *declared) result(in *input) twin.Deployments {
	out := twin.Deployments{
		Input: in.name, Origin: in.origin, Class: twin.Declared, Resources: d.resources, Notes: d.notes,
	}
	for _, r := range d.workloads {
		if r.workload.Replicas > 0 {
			out.Workloads = append(out.Workloads, r.workload)
		}
	}
	slices.SortStableFunc(out.Workloads, func(a, b twin.Workload) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Service, b.Service), cmp.Compare(a.Kind, b.Kind))
	})
	slices.SortStableFunc(out.Resources, func(a, b twin.Resource) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	})
	for _, kind := range slices.Sorted(maps.Keys(d.unread)) {
		out.Ignored = append(out.Ignored, twin.Rejection{
			Where: in.name, Reason: fmt.Sprintf("not read: %d × %s", d.unread[kind], kind),
		})
	}
	return out
}
