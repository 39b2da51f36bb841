package deploy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// object is one Kubernetes object as it was given.
type object struct {
	where     string
	group     string // of the API: "" for the core one
	kind      string
	namespace string
	name      string
	labels    map[string]text
	marks     map[string]text // annotations
	owners    []owner
	spec      json.RawMessage
	status    json.RawMessage
	links     []twin.Link // of a binding
	config    *config     // of a ConfigMap
}

// envelope is what all objects have alike. Fields that we do not read are not
// looked at: manifests carry many, and new ones with each release.
type envelope struct {
	APIVersion string          `json:"apiVersion"`
	Kind       string          `json:"kind"`
	Metadata   metadata        `json:"metadata"`
	Spec       json.RawMessage `json:"spec"`
	Status     json.RawMessage `json:"status"`
	Items      items           `json:"items"`
}

// beside is what objects without a spec say instead.
type beside struct {
	Rules       []twin.RoleRule       `json:"rules"`
	Aggregation *twin.RoleAggregation `json:"aggregationRule"`
	Role        twin.RoleRef          `json:"roleRef"`
	Subjects    []twin.RoleSubject    `json:"subjects"`
	Automount   *bool                 `json:"automountServiceAccountToken"`
}

type metadata struct {
	Name            string          `json:"name"`
	GenerateName    string          `json:"generateName"`
	Namespace       string          `json:"namespace"`
	Labels          map[string]text `json:"labels"`
	Annotations     map[string]text `json:"annotations"`
	OwnerReferences []owner         `json:"ownerReferences"`
}

type owner struct {
	Kind       string `json:"kind"`
	Name       string `json:"name"`
	Controller bool   `json:"controller"`
}

// text is a string that people often forget to quote in YAML.
type text string

// UnmarshalJSON takes strings, numbers and booleans.
func (t *text) UnmarshalJSON(b []byte) error {
	if b[0] == '{' || b[0] == '[' {
		return errors.New("a string is expected")
	}
	if b[0] != '"' {
		*t = text(b)
		return nil
	}
	return json.Unmarshal(b, (*string)(t))
}

// items are the elements of a List, bounded while they are read.
type items []json.RawMessage

// UnmarshalJSON reads an array.
func (l *items) UnmarshalJSON(b []byte) error {
	if b[0] != '[' {
		return nil // null, or a kind of its own that calls something else items
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	if _, err := dec.Token(); err != nil {
		return err
	}
	for dec.More() {
		if len(*l) == maxObjects {
			return fmt.Errorf("more than %d items", maxObjects)
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return err
		}
		*l = append(*l, raw)
	}
	return nil
}

// maxListDepth is how deep Lists may hold Lists.
const maxListDepth = 3

// readObject reads an object, or the objects of a List.
func readObject(where string, raw json.RawMessage, depth int) ([]object, error) {
	var e envelope
	if err := decode(raw, &e); err != nil {
		return nil, err
	}
	if strings.HasSuffix(e.Kind, "List") && (e.Kind == "List" || e.Items != nil) {
		return readList(where, e, depth)
	}
	group, version, found := strings.Cut(e.APIVersion, "/")
	if !found {
		group, version = "", group
	}
	if version == "" || e.Kind == "" {
		return nil, errNeither
	}
	o := object{
		where: where, group: group, kind: e.Kind, namespace: e.Metadata.Namespace, name: e.Metadata.Name,
		labels: e.Metadata.Labels, marks: e.Metadata.Annotations, owners: e.Metadata.OwnerReferences,
		spec: e.Spec, status: e.Status,
	}
	if o.saysBeside() {
		if err := o.readBeside(raw); err != nil {
			return nil, err
		}
	}
	if o.name == "" {
		o.name = strings.TrimRight(e.Metadata.GenerateName, "-.")
	}
	if o.kind == "ConfigMap" && o.group == "" {
		o.readConfig(raw)
	}
	if !o.isRead() {
		return []object{o.bare()}, nil
	}
	return []object{o}, o.check()
}

func readList(where string, list envelope, depth int) ([]object, error) {
	if depth == maxListDepth {
		return nil, fmt.Errorf("lists within lists deeper than %d", maxListDepth)
	}
	var objects []object
	for i, raw := range list.Items {
		raw, err := typed(raw, list)
		if err != nil {
			return nil, fmt.Errorf("items[%d]: %w", i, err)
		}
		found, err := readObject(fmt.Sprintf("%s items[%d]", where, i), raw, depth+1)
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "items[%d]", i)
		}
		objects = append(objects, found...)
	}
	return objects, nil
}

// typed gives an element of a DeploymentList and its like the kind that it may
// leave out.
func typed(raw json.RawMessage, list envelope) (json.RawMessage, error) {
	kind := strings.TrimSuffix(list.Kind, "List")
	if kind == "" {
		return raw, nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil || fields == nil {
		return nil, errNeither
	}
	if fields["kind"] != nil {
		return raw, nil
	}
	var err error
	if fields["kind"], err = json.Marshal(kind); err != nil {
		return nil, err
	}
	if fields["apiVersion"], err = json.Marshal(list.APIVersion); err != nil {
		return nil, err
	}
	return json.Marshal(fields)
}

// decode reads JSON and says which field is wrong.
func decode(raw json.RawMessage, into any) error {
	err := json.Unmarshal(raw, into)
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("field %s is a %s", wrong.Field, wrong.Value)
	}
	return err
}

// bare is the object without what is not read.
func (o object) bare() object {
	return object{where: o.where, group: o.group, kind: o.kind, namespace: o.namespace, name: o.name, config: o.config}
}

func (o object) isRead() bool { return o.isWorkload() || o.isResource() }

func (o object) isResource() bool {
	switch o.kind {
	case "Service":
		return o.group == ""
	case "Ingress", "NetworkPolicy":
		return o.group == "networking.k8s.io" || o.group == "extensions"
	case "Gateway", "HTTPRoute":
		return o.group == "gateway.networking.k8s.io"
	case "Node":
		return o.group == ""
	}
	return o.saysBeside()
}

// saysBeside are the objects whose content is not below "spec".
func (o object) saysBeside() bool {
	switch o.kind {
	case "Namespace", "ServiceAccount":
		return o.group == ""
	case "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding":
		return o.isAccess()
	}
	return false
}

func (o object) isAccess() bool { return o.group == "rbac.authorization.k8s.io" }

// readBeside makes a spec of what stands beside it: the types of twin.
func (o *object) readBeside(raw json.RawMessage) (err error) {
	var b beside
	if err := decode(raw, &b); err != nil {
		return err
	}
	var spec any
	switch o.kind {
	case "Namespace":
		spec = twin.NamespaceSpec{Labels: texts(o.labels)}
	case "ServiceAccount":
		spec = twin.AccountSpec{NoToken: b.Automount != nil && !*b.Automount}
	case "Role", "ClusterRole":
		spec = twin.RoleSpec{Labels: texts(o.labels), Rules: b.Rules, Aggregation: b.Aggregation}
	default:
		binding := twin.BindingSpec{Role: b.Role, Subjects: b.Subjects}
		spec, o.links = binding, binding.Links(o.namespace)
	}
	o.spec, err = json.Marshal(spec)
	return err
}

func texts(from map[string]text) map[string]string {
	out := make(map[string]string, len(from))
	for k, v := range from {
		out[k] = string(v)
	}
	return out
}

func (o object) isWorkload() bool {
	switch o.kind {
	case "Pod", "ReplicationController":
		return o.group == ""
	case "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet":
		return o.group == "apps" || o.group == "extensions"
	case "Job", "CronJob":
		return o.group == "batch"
	}
	return false
}

// check refuses names that Kubernetes would.
func (o object) check() error {
	if o.name == "" {
		return fmt.Errorf("%s has no metadata.name", o.kind)
	}
	if !isClusterName(o.name) && !(o.isAccess() && isPathName(o.name)) {
		return fmt.Errorf("metadata.name %.100q is no Kubernetes name", o.name)
	}
	if o.namespace != "" && (!isClusterName(o.namespace) || strings.Contains(o.namespace, ".")) {
		return fmt.Errorf("metadata.namespace %.100q is no Kubernetes name", o.namespace)
	}
	return nil
}

// id names the object for people: "Service/shop/front-end".
func (o object) id() string {
	if o.namespace == "" {
		return o.kind + "/" + o.name
	}
	return o.kind + "/" + o.namespace + "/" + o.name
}

// scope is the namespace in which the object meets others: none is "default".
func (o object) scope() string {
	if o.namespace == "" {
		return "default"
	}
	return o.namespace
}
