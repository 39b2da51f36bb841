package kube

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/api"
)

// maxDoors bounds the doors of one workload.
const maxDoors = 1000

// opened are the doors of a root.
type opened struct {
	doors    []api.SeenDoor
	since    time.Time // when the newest object that opens one was made
	complete bool
}

func (x *opened) open(by *object, doors ...api.SeenDoor) {
	if len(doors) == 0 {
		return
	}
	x.doors = append(x.doors, doors...)
	if by.CreationTimestamp.After(x.since) {
		x.since = by.CreationTimestamp.UTC()
	}
}

// doors are those of every root of a namespace: its own, and those of the
// Services that lead to it.
func (v *view) doors() map[*root]*opened {
	s := v.space
	out := map[*root]*opened{}
	for _, r := range s.roots {
		p := s.fold(r)
		if p == nil {
			continue
		}
		x := &opened{complete: v.complete}
		x.direct(r, p)
		out[r] = x
	}
	give := func(service string, by *object, doors ...api.SeenDoor) {
		for _, r := range v.behind[service] {
			if x := out[r]; x != nil {
				x.open(by, doors...)
			}
		}
	}
	for name, o := range s.objects[kindService] {
		if o.service != nil {
			give(name, o, o.service.doors...)
		}
	}
	for _, o := range s.objects[kindIngress] {
		for _, x := range o.ways {
			give(x.to.name, o, api.SeenDoor{Address: x.address, Public: true, Via: o.id()})
		}
	}
	for o := range v.routes {
		if !v.attached(o) {
			continue
		}
		for _, x := range o.ways {
			if x.to.namespace == s.name {
				give(x.to.name, o, api.SeenDoor{Address: x.address, Public: true, Via: o.id()})
			}
		}
	}
	return out
}

// direct are the doors of the pods themselves: ports of the node, of which
// nobody says whether they are open to the public. Who is on the node's network
// and names no port may listen on any.
func (x *opened) direct(r *root, p *part) {
	for _, port := range p.pod.Ports {
		number, how := port.Host, " (hostPort)"
		if p.pod.HostNetwork {
			number, how = port.Number, " (hostNetwork)"
		}
		if number != 0 {
			x.doors = append(x.doors, api.SeenDoor{Address: at("node", number, cmp.Or(port.Protocol, "TCP")), Via: r.id() + how})
		}
	}
	if p.pod.HostNetwork && len(p.pod.Ports) == 0 {
		x.complete = false
	}
}

// attached reports whether a Gateway takes a route: one that is there, and does
// not refuse it. Where Gateways cannot be read, it may be.
func (v *view) attached(route *object) bool {
	return slices.ContainsFunc(route.parents, func(p parent) bool {
		if p.refused || p.otherway {
			return false
		}
		s := v.spaces[p.gateway.namespace]
		return !v.complete || s != nil && s.object(kindGateway, p.gateway.name) != nil
	})
}

// behind are the roots to which each Service leads: by its selector, and by the
// endpoints that the cluster or a person has set.
func (s *space) behind() map[string][]*root {
	out := map[string][]*root{}
	add := func(service string, r *root) {
		if r != nil && !slices.Contains(out[service], r) {
			out[service] = append(out[service], r)
		}
	}
	for name, o := range s.objects[kindService] {
		if o.service == nil || len(o.service.selector) == 0 {
			continue
		}
		selector := selector{MatchLabels: o.service.selector}
		for _, r := range s.roots {
			if p := s.fold(r); p != nil && selector.matches(p.labels) {
				add(name, r)
			}
		}
	}
	for _, o := range s.objects[kindSlice] {
		if o.targets == nil {
			continue
		}
		for _, pod := range o.targets.pods {
			if r := s.byPod[pod]; r != nil && s.fold(r) != nil {
				add(o.targets.service, r)
			}
		}
	}
	return out
}

// sortedDoors orders doors and leaves out those that are told twice.
func sortedDoors(doors []api.SeenDoor) []api.SeenDoor {
	slices.SortFunc(doors, func(a, b api.SeenDoor) int {
		return cmp.Or(strings.Compare(a.Address, b.Address), strings.Compare(a.Via, b.Via))
	})
	doors = slices.Compact(doors)
	return doors[:min(len(doors), maxDoors)]
}
