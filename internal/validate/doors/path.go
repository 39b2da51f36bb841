package doors

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/route"
	"github.com/tidemark/tidemark/internal/twin"
)

// ways is where an Ingress or an HTTPRoute leads: Services by name, and their ports.
type ways struct {
	to    []backend
	input ctem.ProofInput
}

type backend struct {
	service object // namespace "": that of the object
	port    numberOrName
}

type ingressBackend struct {
	Service *struct {
		Name string `json:"name"`
		Port struct {
			Number int    `json:"number"`
			Name   string `json:"name"`
		} `json:"port"`
	} `json:"service"`
	OldName string       `json:"serviceName"` // extensions/v1beta1
	OldPort numberOrName `json:"servicePort"`
}

func (b *ingressBackend) read() (backend, bool) {
	if b == nil {
		return backend{}, false
	}
	if b.Service != nil {
		return backend{object{name: b.Service.Name}, numberOrName{b.Service.Port.Number, b.Service.Port.Name}}, true
	}
	return backend{object{name: b.OldName}, b.OldPort}, b.OldName != ""
}

func readIngress(raw json.RawMessage) (out ways, err error) {
	var s struct {
		Default *ingressBackend `json:"defaultBackend"`
		Old     *ingressBackend `json:"backend"`
		Rules   []struct {
			HTTP struct {
				Paths []struct {
					Backend *ingressBackend `json:"backend"`
				} `json:"paths"`
			} `json:"http"`
		} `json:"rules"`
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return out, err
	}
	list := []*ingressBackend{s.Default, s.Old}
	for _, r := range s.Rules {
		for _, p := range r.HTTP.Paths {
			list = append(list, p.Backend)
		}
	}
	for _, b := range list {
		if to, ok := b.read(); ok && !slices.Contains(out.to, to) {
			out.to = append(out.to, to)
		}
	}
	return out, nil
}

func readRoute(raw json.RawMessage) (out ways, err error) {
	var s struct {
		Rules []struct {
			Backends []struct {
				Kind      string `json:"kind"`
				Namespace string `json:"namespace"`
				Name      string `json:"name"`
				Port      int    `json:"port"`
			} `json:"backendRefs"`
		} `json:"rules"`
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return out, err
	}
	for _, r := range s.Rules {
		for _, b := range r.Backends {
			to := backend{object{b.Namespace, b.Name}, numberOrName{number: b.Port}}
			if cmp.Or(b.Kind, twin.KindK8sService) == twin.KindK8sService && !slices.Contains(out.to, to) {
				out.to = append(out.to, to)
			}
		}
	}
	return out, nil
}

// way is how the traffic of a door comes to a pod.
type way struct {
	ports   []route.Port // of the pod; none: any
	path    []string
	inputs  []ctem.ProofInput
	carried bool // by a proxy
}

// opened is what a door says of how it is opened: "Service/shop/front (NodePort)".
type opened struct {
	kind, how string
	at        object
}

func readVia(via string) opened {
	o := opened{}
	id, how, _ := strings.Cut(via, " (")
	o.how = strings.TrimSuffix(how, ")")
	parts := strings.Split(id, "/")
	o.kind, o.at.namespace, o.at.name = parts[0], defaultNamespace, parts[len(parts)-1]
	if len(parts) > 2 {
		o.at.namespace = parts[1]
	}
	return o
}

// way finds the ports of a pod to which a door leads, and what is on the way.
func (v entrances) way(d twin.Door, p *pod) way {
	o := readVia(d.Via)
	switch o.kind {
	case twin.KindK8sService:
		w := way{path: []string{d.Via}}
		v.through(&w, o.at, p, doorPort(d.Address))
		return w.orDeclared(p)
	case twin.KindIngress, twin.KindHTTPRoute:
		w := way{path: []string{d.Via}, carried: true}
		x, ok := v.things.ways[object{o.at.namespace, o.kind + " " + o.at.name}]
		if ok {
			w.inputs = append(w.inputs, x.input)
		}
		for _, to := range x.to {
			at := object{cmp.Or(to.service.namespace, o.at.namespace), to.service.name}
			before := len(w.path)
			if v.through(&w, at, p, to.port); len(w.path) > before+1 {
				w.path = w.path[:before+1]
			}
		}
		return w.orDeclared(p)
	case twin.KindGateway:
		w := way{path: []string{d.Via}, carried: true}
		return w.orDeclared(p)
	}
	w := way{path: []string{d.Via}}
	for _, x := range p.is.Ports {
		if port := cmp.Or(x.Host, x.Number); strings.HasPrefix(d.Address, "node:"+strconv.Itoa(port)+"/") {
			w.ports = append(w.ports, route.Port{Protocol: protocolOf(x.Protocol), Number: uint16(x.Number)})
		}
	}
	return w.orDeclared(p)
}

// doorPort is the port of an address: "node:30001/TCP" has 30001.
func doorPort(address string) numberOrName {
	host, _, _ := strings.Cut(address, "/")
	n, err := strconv.Atoi(host[strings.LastIndexByte(host, ':')+1:])
	if err != nil {
		return numberOrName{}
	}
	return numberOrName{number: n}
}

// through goes on to a pod by a Service that selects it. A port that the Service
// does not know stands for all that it has.
func (v entrances) through(w *way, at object, p *pod, on numberOrName) {
	s, ok := v.things.services[at]
	if !ok || at.namespace != p.namespace || len(s.Selector) == 0 || !selects(s.Selector, p.is.Labels) {
		return
	}
	if id := twin.KindK8sService + "/" + at.namespace + "/" + at.name; readVia(w.path[0]).kind != twin.KindK8sService {
		w.path = append(w.path, id)
	}
	w.inputs = append(w.inputs, s.input)
	ports := s.Ports
	if slices.ContainsFunc(ports, on.is) {
		ports = slices.DeleteFunc(slices.Clone(ports), func(x servicePort) bool { return !on.is(x) })
	}
	for _, x := range ports {
		w.ports = append(w.ports, p.target(x)...)
	}
}

func (n numberOrName) is(x servicePort) bool {
	return n.number != 0 && (x.Port == n.number || x.NodePort == n.number) || n.name != "" && x.Name == n.name
}

func selects(selector, labels map[string]string) bool {
	for k, v := range selector {
		if have, ok := labels[k]; !ok || have != v {
			return false
		}
	}
	return true
}

// target are the ports of a pod that a Service's port leads to.
func (p *pod) target(x servicePort) (out []route.Port) {
	protocol := protocolOf(x.Protocol)
	if x.Target.name == "" {
		return []route.Port{{Protocol: protocol, Number: uint16(cmp.Or(x.Target.number, x.Port))}}
	}
	for _, have := range p.is.Ports {
		if have.Name == x.Target.name && protocolOf(have.Protocol) == protocol {
			out = append(out, route.Port{Protocol: protocol, Number: uint16(have.Number)})
		}
	}
	return out
}

// orDeclared falls back to all ports that the pod says it has.
func (w way) orDeclared(p *pod) way {
	if len(w.ports) == 0 {
		w.ports = p.ports()
	}
	slices.SortFunc(w.ports, comparePorts)
	w.ports = slices.Compact(w.ports)
	w.path = append(w.path, p.title())
	return w
}

func comparePorts(a, b route.Port) int {
	return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.Protocol, b.Protocol))
}

// isProxy reports whether a pod carries traffic of Ingresses or Gateways in: by
// the names that their makers give it.
func isProxy(p *pod) bool {
	names := slices.Collect(maps.Values(p.is.Labels))
	for _, name := range append(names, p.name) {
		if slices.ContainsFunc(proxies(), func(x string) bool { return strings.HasPrefix(name, x) }) {
			return true
		}
	}
	return false
}

func proxies() []string {
	return []string{"ingress-nginx", "nginx-ingress", "traefik", "haproxy-ingress", "contour", "envoy-gateway", "kong-gateway", "kong-ingress", "istio-ingressgateway", "gateway-api-controller"}
}
