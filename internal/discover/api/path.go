package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// methods are the fields of a path that are operations.
var methods = []string{"delete", "get", "head", "options", "patch", "post", "put", "query", "trace"}

// operation is what we look at of an operation.
type operation struct {
	ID         yamlText      `json:"operationId"`
	Deprecated bool          `json:"deprecated"`
	Security   *requirements `json:"security"`
	Servers    serverList    `json:"servers"`
}

// pathItem is a route with its operations by method, in upper case.
type pathItem struct {
	operations map[string]json.RawMessage
	servers    serverList
}

// paths reads all operations.
func (r *reading) paths() error {
	rest := r.doc.Servers
	if r.doc.isOld() {
		rest = r.doc.Old.servers()
	}
	if _, differ := rest.base(); differ {
		r.note("servers", "the servers have different paths: routes are kept as the document writes them")
	}
	for _, route := range slices.Sorted(maps.Keys(r.doc.Paths)) {
		if strings.HasPrefix(route, "x-") {
			continue
		}
		if err := r.path(route, rest); err != nil {
			return err
		}
	}
	return nil
}

func (r *reading) path(route string, servers serverList) error {
	if !strings.HasPrefix(route, "/") || !printable(route) || len(route) > maxRoute {
		r.leaveOut(&r.rejected, "path "+route, "a route begins with / and holds what can be shown")
		return nil
	}
	item, why := r.doc.item(r.doc.Paths[route])
	if why != "" {
		r.leaveOut(&r.ignored, "path "+route, why)
		return nil
	}
	if item.servers != nil {
		servers = item.servers
	}
	for _, method := range slices.Sorted(maps.Keys(item.operations)) {
		if err := r.operation(place{method, route, servers}, item.operations[method]); err != nil {
			return err
		}
	}
	return nil
}

// place is where an operation stands in the document.
type place struct {
	method, route string
	servers       serverList
}

func (r *reading) operation(at place, raw json.RawMessage) error {
	var op operation
	if err := decode(raw, &op); err != nil {
		r.leaveOut(&r.rejected, at.method+" "+at.route, err.Error())
		return nil
	}
	if r.api.Operations++; r.api.Operations > maxOperations {
		return fault.New(fault.Invalid, "more than %d operations in one API document", maxOperations)
	}
	if op.Servers != nil {
		at.servers = op.Servers
	}
	base, _ := at.servers.base()
	route := base + at.route
	is := r.doc.authenticated(op.Security)
	return r.add(twin.KindOperation, twin.OperationName(r.in.Service, at.method, route), twin.Operation{
		Service: r.in.Service, Method: at.method, Route: route, Documented: twin.AnswerYes,
		API: r.name(), ID: clean(string(op.ID), maxText), Deprecated: op.Deprecated,
		Authenticated: is.answer, Why: is.why, Schemes: is.schemes,
	}, twin.Link{Rel: twin.RelPartOf, To: twin.End{Kind: twin.KindAPI, Name: r.name()}})
}

// maxReferences is how many references may lead to one path.
const maxReferences = 8

// item reads a path, following references inside the document.
func (d *document) item(raw json.RawMessage) (item pathItem, why string) {
	for range maxReferences {
		var fields map[string]json.RawMessage
		if err := decode(raw, &fields); err != nil {
			return item, "it is no object"
		}
		item.add(fields)
		var ref string
		if fields["$ref"] == nil || json.Unmarshal(fields["$ref"], &ref) != nil {
			return item, ""
		}
		if raw, why = d.referred(ref); why != "" && len(item.operations) == 0 {
			return item, why
		}
		if why != "" {
			return item, ""
		}
	}
	return item, fmt.Sprintf("more than %d references, one leading to the next", maxReferences)
}

// add takes the operations of a path; what stands nearer counts.
func (p *pathItem) add(fields map[string]json.RawMessage) {
	if p.operations == nil {
		p.operations = map[string]json.RawMessage{}
	}
	put := func(method string, raw json.RawMessage) {
		method = strings.ToUpper(method)
		if p.operations[method] == nil && printable(method) && len(raw) > 0 && string(raw) != "null" {
			p.operations[method] = raw
		}
	}
	for _, method := range methods {
		put(method, fields[method])
	}
	var more map[string]json.RawMessage // OpenAPI 3.2
	if json.Unmarshal(fields["additionalOperations"], &more) == nil {
		for method, raw := range more {
			put(method, raw)
		}
	}
	var servers serverList
	if p.servers == nil && json.Unmarshal(fields["servers"], &servers) == nil {
		p.servers = servers
	}
}

// referred finds a path of the same document; why says that it does not.
func (d *document) referred(ref string) (raw json.RawMessage, why string) {
	pointer, inside := strings.CutPrefix(ref, "#/")
	if !inside {
		return nil, "it refers to another document, which is not read: " + ref
	}
	unescape := strings.NewReplacer("~1", "/", "~0", "~")
	if name, ok := strings.CutPrefix(pointer, "components/pathItems/"); ok {
		raw = d.Components.Paths[unescape.Replace(name)]
	}
	if name, ok := strings.CutPrefix(pointer, "paths/"); ok {
		raw = d.Paths[unescape.Replace(name)]
	}
	if raw == nil {
		return nil, "it refers to a path that is not in the document: " + ref
	}
	return raw, ""
}
