package flow

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/twin"
)

// SourceConfiguration is who says what is inferred.
const SourceConfiguration = "configuration"

// Kinds are the kinds of things that Join looks at.
func Kinds() []string {
	return []string{twin.KindFlow, twin.KindK8sService, twin.KindEndpointSlice, twin.KindDataStore, twin.KindSaaS, twin.KindModel, twin.KindDataset}
}

// Holders are the kinds of things that say who has which address.
func Holders() []string { return []string{twin.KindK8sService, twin.KindEndpointSlice} }

// Join makes the graph of a moment from all workloads and things of it, and from who
// had which address at the times that Unheld names.
func Join(now Past, workloads []ctem.Workload, past ...Past) *Graph {
	at, things := now.At, now.Things
	p := parts{at: at}
	p.place(workloads)
	for i := range things {
		p.thing(&things[i])
	}
	told := resolve(p.told, p.workloads, p.services, bookOf(at, things, past))
	for _, f := range Infer(p.workloads, p.services) {
		from := p.seen[f.From]
		told = append(told, Told{Flow: f, Source: SourceConfiguration, Since: from.since, Seen: from.seen, Freshness: from.fresh})
	}
	return NewGraph(told, p.holds)
}

// parts are what the graph is made of.
type parts struct {
	at        time.Time
	workloads []Placed
	services  []Service
	told      []Told
	holds     []Holds
	seen      map[twin.End]sighted
}

type sighted struct {
	since, seen time.Time
	fresh       twin.Freshness
}

func (p *parts) place(list []ctem.Workload) {
	p.seen = make(map[twin.End]sighted, len(list))
	for i := range list {
		w := &list[i]
		end := twin.End{Kind: twin.KindWorkload, Scope: w.Environment, Name: w.Service}
		p.seen[end] = sighted{w.Since, w.SeenAt, w.Freshness}
		for _, c := range w.Claims {
			p.workloads = append(p.workloads, Placed{Scope: w.Environment, Workload: c.Workload})
		}
		if len(w.Claims) == 0 {
			p.workloads = append(p.workloads, Placed{Scope: w.Environment, Workload: twin.Workload{Service: w.Service, Namespace: w.Namespace, Doors: w.Doors}})
		}
	}
}

// thing takes a thing; what cannot be read says nothing.
func (p *parts) thing(t *ctem.Thing) {
	switch t.Kind {
	case twin.KindFlow:
		p.flow(t)
	case twin.KindK8sService:
		if s, ok := ServiceOf(t.Scope, &t.Resource); ok {
			p.services = append(p.services, s)
		}
	case twin.KindEndpointSlice: // it says who has an address, and no more
	default:
		if data, system := heldBy(&t.Resource); len(data) > 0 || system != "" {
			p.holds = append(p.holds, Holds{End: t.End(), Data: data, System: system, Source: t.Source})
		}
	}
}

func (p *parts) flow(t *ctem.Thing) {
	var f twin.Flow
	if json.Unmarshal(t.Spec, &f) != nil {
		return
	}
	for _, end := range []*twin.End{&f.From, &f.To} {
		if end.Scope == "" && !twin.Global(end.Kind) {
			end.Scope = t.Scope
		}
	}
	told := Told{Flow: f, Source: strings.Join(t.Sources, ", "), Since: t.Since, Seen: t.SeenAt, Freshness: t.Freshness}
	if t.Traffic != nil && f.How == twin.FlowObserved {
		told.Traffic, told.Lapsed = *t.Traffic, t.Traffic.LapsedAt(p.at)
	}
	p.told = append(p.told, told)
}

// heldBy are the classes of data that a thing says it holds, and of a data store
// its system.
func heldBy(r *twin.Resource) (data []string, system string) {
	var s struct {
		System    string          `json:"system"`         // of a data store
		Data      json.RawMessage `json:"data"`           // classes, or of a SaaS what goes where
		Sensitive []string        `json:"sensitive"`      // of a data set
		Personal  []string        `json:"sensitive_data"` // of a model
	}
	if json.Unmarshal(r.Spec, &s) != nil {
		return nil, ""
	}
	var classes []string
	var going []twin.DataGoing
	switch {
	case len(s.Data) == 0:
	case r.Kind == twin.KindSaaS && json.Unmarshal(s.Data, &going) == nil:
		for _, g := range going {
			classes = append(classes, g.Class)
		}
	case r.Kind != twin.KindSaaS && json.Unmarshal(s.Data, &classes) != nil:
		classes = nil
	}
	return append(append(classes, s.Sensitive...), s.Personal...), s.System
}
