package kube

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// reading is one object on its way from the API server.
type reading struct {
	raw map[string]any // nil where the metadata alone came
	out *object
}

// reader turns what the API server sends into what is kept. It is the only
// place that sees whole objects.
func (k *kind) reader() func(any) (any, error) {
	return func(in any) (any, error) {
		var r reading
		switch x := in.(type) {
		case *object:
			return x, nil // the queue reads what it holds again
		case *unstructured.Unstructured:
			r = reading{raw: x.Object, out: &object{kind: k.name, ObjectMeta: kept(k, x)}}
		case *metav1.PartialObjectMetadata:
			r = reading{out: &object{kind: k.name, ObjectMeta: kept(k, x)}}
		default:
			return in, nil // what says that an object is gone
		}
		if k.read != nil {
			if err := k.read(&r); err != nil {
				r.out.trouble = fmt.Sprintf("cannot be read: %v", err)
			}
		}
		if k.name == kindNamespace {
			r.tell(r.withLabels(map[string]any{}))
		}
		return r.out, nil
	}
}

const (
	maxLabels     = 200
	maxAnnotation = 256
)

// kept is what is kept of an object's metadata: of the owners the controller, of
// the annotations the marks.
func kept(k *kind, from metav1.Object) metav1.ObjectMeta {
	out := metav1.ObjectMeta{
		Namespace: from.GetNamespace(), Name: from.GetName(), UID: from.GetUID(), ResourceVersion: from.GetResourceVersion(),
		CreationTimestamp: from.GetCreationTimestamp(), DeletionTimestamp: from.GetDeletionTimestamp(),
	}
	if owner := metav1.GetControllerOfNoCopy(from); owner != nil {
		out.OwnerReferences = []metav1.OwnerReference{{Kind: owner.Kind, Name: owner.Name, UID: owner.UID, APIVersion: owner.APIVersion}}
	}
	if !isBetween(k.name) && k.name != kindSlice {
		out.Labels = bounded(from.GetLabels(), func(string, string) bool { return true })
		out.Annotations = bounded(from.GetAnnotations(), func(name, value string) bool { return isMark(name) && len(value) <= maxAnnotation })
	}
	return out
}

func bounded(from map[string]string, is func(name, value string) bool) map[string]string {
	out := map[string]string{}
	for name, value := range from {
		if len(out) < maxLabels && is(name, value) {
			out[strings.Clone(name)] = strings.Clone(value)
		}
	}
	return nonEmpty(out)
}

func nonEmpty(m map[string]string) map[string]string {
	if len(m) == 0 {
		return nil
	}
	return m
}

// into reads a part of the object as a type of ours.
func (r *reading) into(target any, path ...string) error {
	part, ok, err := unstructured.NestedFieldNoCopy(r.raw, path...)
	if err != nil || !ok {
		return err
	}
	m, ok := part.(map[string]any)
	if !ok {
		return fmt.Errorf("%s is no object", strings.Join(path, "."))
	}
	return runtime.DefaultUnstructuredConverter.FromUnstructured(m, target)
}

// maxSpec bounds what is told of one object in its own words.
const maxSpec = 128 << 10

// tell keeps what is told of the object in its own words.
func (r *reading) tell(spec any) {
	b, err := json.Marshal(spec) // keys are sorted
	switch {
	case err != nil:
		r.out.trouble = fmt.Sprintf("cannot be written: %v", err)
	case len(b) > maxSpec:
		r.out.trouble = fmt.Sprintf("its %d bytes are more than the %d that are told of one object; its name and edges are", len(b), maxSpec)
	case string(b) != "{}":
		r.out.spec = b
	}
}

// part is a part of the object as it is; nil where it is not there.
func (r *reading) part(path ...string) any {
	part, _, err := unstructured.NestedFieldNoCopy(r.raw, path...)
	if err != nil {
		return nil
	}
	return part
}

// parts are those of the named fields that are there.
func (r *reading) parts(names ...string) map[string]any {
	out := map[string]any{}
	for _, name := range names {
		if v := r.part(name); v != nil {
			out[name] = v
		}
	}
	return out
}

// withLabels adds the object's labels, by which others select it.
func (r *reading) withLabels(spec map[string]any) map[string]any {
	if len(r.out.Labels) > 0 {
		spec["labels"] = maps.Clone(r.out.Labels)
	}
	return spec
}

// moment reads a time of the API server; the zero time where there is none.
func moment(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

func newest(times ...string) (out time.Time) {
	for _, s := range times {
		if t := moment(s); t.After(out) {
			out = t
		}
	}
	return out
}
