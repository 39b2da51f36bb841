// Package deploy reads what is deployed: Kubernetes manifests (declared, what
// somebody wants to run) and deployment records (observed, what a source saw
// running).
//
// The model. One call is one complete snapshot of what its sources see, so it
// is read whole or not at all: a document that is left out would falsely end
// the workload that it declares. Hence a malformed document refuses the call,
// with file and place, and what is no workload is listed, never dropped:
// objects of other kinds, files that are neither manifests nor records, Helm
// templates and kustomizations that were not rendered.
//
// Doors are computed across all documents of the call. A LoadBalancer or
// NodePort Service that selects a workload's pods, and an Ingress or HTTPRoute
// that leads to a Service that does, is a public door of that workload; a port
// at its node (hostPort, hostNetwork) is a door of which manifests do not say
// whether it is public. Nothing here says that there are no other doors: only a
// record can (doors_complete).
//
// What the pods of a workload are like (labels, account, ports, mounts, what
// they may do to their host) and the objects that say who may reach and do what
// (NetworkPolicy, Namespace, Role, binding, ServiceAccount) are read as they
// stand. Of secrets only names are read.
//
// Invariants. The order of the result depends on the content alone. Every
// input is hostile: files, documents, depth, strings, aliases and the number
// of objects are bounded, and repeated keys refused. Only Read does I/O.
package deploy

import (
	"context"
	"slices"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// The bounds of a call.
const (
	maxFile    = 64 << 20
	maxCall    = 200 << 20
	maxFiles   = 20_000
	maxObjects = 100_000 // also of records
)

// File is one file of an input.
type File struct {
	Input string // the argument that led to it
	Name  string // shown in messages
	Named bool   // is the argument itself: it must be manifests or records
	Body  []byte
}

// Read reads the manifests and records at paths: files, or directories with
// .yaml, .yml, .json, .ndjson and .jsonl files at any depth. It returns one
// result per path and kind of content, in the order of paths.
func Read(ctx context.Context, paths []string) ([]twin.Deployments, error) {
	inputs, err := collect(ctx, paths)
	if err != nil {
		return nil, err
	}
	var c call
	for i := range inputs {
		c.begin(inputs[i])
		for j, f := range inputs[i].files {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if err := c.add(f); err != nil {
				return nil, err
			}
			inputs[i].files[j].Body = nil // what was read is all that stays
		}
	}
	return c.results()
}

// ReadBody reads one body that came by another way than a file: manifests or
// records, as a file of that name would be read. Origin says who sent it.
func ReadBody(name, origin string, body []byte) ([]twin.Deployments, error) {
	if len(body) > maxFile {
		return nil, fault.New(fault.Invalid, "%s: larger than %d MiB", name, maxFile>>20)
	}
	var c call
	c.begin(source{name: name, origin: origin})
	if err := c.add(File{Input: name, Name: name, Named: true, Body: body}); err != nil {
		return nil, err
	}
	return c.results()
}

// Manifests reads files that are Kubernetes manifests. It returns one result
// per input, in the order in which inputs first appear.
func Manifests(files []File) ([]twin.Deployments, error) {
	var c call
	for _, f := range files {
		if !slices.ContainsFunc(c.inputs, func(in *input) bool { return in.name == f.Input }) {
			c.begin(source{name: f.Input, origin: f.Input})
		}
		if err := c.add(f); err != nil {
			return nil, err
		}
		if slices.ContainsFunc(c.inputs, func(in *input) bool { return in.hasRecords }) {
			return nil, fault.New(fault.Invalid, "%s: deployment records where manifests are expected", f.Name)
		}
	}
	return c.results()
}

// call gathers the contents of all files of one call.
type call struct {
	inputs  []*input
	objects int
}

// input is what the files of one argument say.
type input struct {
	name, origin string
	objects      []object
	records      []twin.DeploymentRecord
	hasRecords   bool // also when the array was empty
	ignored      []twin.Rejection
	notes        []twin.Rejection // of the records
}

func (c *call) begin(s source) {
	c.inputs = append(c.inputs, &input{name: s.name, origin: s.origin, ignored: s.ignored})
}

func (c *call) add(f File) error {
	found, err := parse(f)
	if err != nil {
		return err
	}
	in := c.inputs[slices.IndexFunc(c.inputs, func(in *input) bool { return in.name == f.Input })]
	if found.neither != "" {
		if f.Named {
			return fault.New(fault.Invalid, "%s: %s", f.Name, found.neither).WithHint("%s", found.hint)
		}
		in.ignored = append(in.ignored, twin.Rejection{Where: f.Name, Reason: joined(found.neither, found.hint)})
		return nil
	}
	c.objects += len(found.objects) + len(found.records)
	if c.objects > maxObjects {
		return fault.New(fault.Invalid, "%s: more than %d objects or records in one call", f.Name, maxObjects)
	}
	in.objects = append(in.objects, found.objects...)
	in.records = append(in.records, found.records...)
	in.hasRecords = in.hasRecords || found.isRecords
	in.notes = append(in.notes, found.notes...)
	return nil
}

func joined(reason, hint string) string {
	if hint == "" {
		return reason
	}
	return reason + " (" + hint + ")"
}

func (c *call) results() ([]twin.Deployments, error) {
	declared, err := declare(c.inputs)
	if err != nil {
		return nil, err
	}
	var out []twin.Deployments
	for i, in := range c.inputs {
		in.dropEmptyList()
		if !in.hasRecords && len(in.objects) == 0 {
			return nil, nothingRead(in)
		}
		if len(in.objects) > 0 {
			out = append(out, declared[i])
		}
		if in.hasRecords {
			out = append(out, twin.Deployments{
				Input: in.name, Origin: in.origin, Class: twin.Observed, Records: in.records, Notes: in.notes,
			})
		}
		out[len(out)-1].Ignored = append(out[len(out)-1].Ignored, in.ignored...)
	}
	return out, nil
}

// dropEmptyList takes an empty array among manifests for what it is: somebody
// else's file, not the statement that nothing runs.
func (in *input) dropEmptyList() {
	if in.hasRecords && len(in.records) == 0 && len(in.objects) > 0 {
		in.hasRecords = false
		in.ignored = append(in.ignored, twin.Rejection{Where: in.name, Reason: "an empty list of records among manifests"})
	}
}

// nothingRead refuses an input that says nothing: taken as a snapshot it
// would end all that its source ever declared.
func nothingRead(in *input) error {
	err := fault.New(fault.Invalid, "%s: no manifests and no records in it", in.name)
	if len(in.ignored) > 0 {
		return err.WithHint("%s: %s", in.ignored[0].Where, in.ignored[0].Reason)
	}
	return err
}
