package deploy

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// The bounds of joining Services and Ingresses to workloads.
const (
	maxDoors    = 200_000
	maxAttempts = 20_000_000
)

// network joins Services, Ingresses and workloads of one call.
type network struct {
	workloads []*running
	services  []*service
	ingresses []*ingress

	byLabel  map[labelKey][]*running
	byName   map[objectKey][]*service
	doors    int
	attempts int
}

type objectKey struct{ scope, name string }

type labelKey struct {
	scope string
	key   string
	value text
}

// service is a Service with what decides its doors.
type service struct {
	object object
	spec   serviceSpec
	status serviceStatus
	behind []*running // the workloads that it selects
}

type serviceSpec struct {
	Type           string          `json:"type"`
	Selector       map[string]text `json:"selector"`
	Ports          []servicePort   `json:"ports"`
	LoadBalancerIP string          `json:"loadBalancerIP"`
}

type servicePort struct {
	Port     int    `json:"port"`
	NodePort int    `json:"nodePort"`
	Protocol string `json:"protocol"`
}

type serviceStatus struct {
	LoadBalancer struct {
		Ingress []struct {
			IP       string `json:"ip"`
			Hostname string `json:"hostname"`
		} `json:"ingress"`
	} `json:"loadBalancer"`
}

// add takes a Service or an Ingress; other objects are none of its business.
func (n *network) add(o object) error {
	switch {
	case !o.isResource() || len(o.spec) == 0:
		return nil
	case o.kind == "Service":
		s := &service{object: o}
		if err := decode(o.spec, &s.spec); err != nil {
			return err
		}
		if len(o.status) > 0 {
			if err := decode(o.status, &s.status); err != nil {
				return err
			}
		}
		n.services = append(n.services, s)
	case o.kind == "HTTPRoute":
		r := &httpRoute{}
		if err := decode(o.spec, r); err != nil {
			return err
		}
		n.ingresses = append(n.ingresses, &ingress{object: o, spec: r.ingress()})
	case o.kind == "Ingress":
		in := &ingress{object: o}
		if err := decode(o.spec, &in.spec); err != nil {
			return err
		}
		n.ingresses = append(n.ingresses, in)
	}
	return nil
}

// open gives every workload its doors. It returns the objects that open a door
// to nothing in this call, and why, by where+id.
func (n *network) open() (unmatched map[string]string, err error) {
	n.index()
	unmatched = map[string]string{}
	for _, s := range n.services {
		if err := n.selectBehind(s); err != nil {
			return nil, err
		}
		doors := s.doors()
		if len(doors) > 0 && len(s.behind) == 0 {
			unmatched[s.object.where+s.object.id()] = s.object.id() + " is a door, but selects no workload of this call"
		}
		if err := n.give(s, doors); err != nil {
			return nil, err
		}
	}
	for _, in := range n.ingresses {
		if err := n.openIngress(in, unmatched); err != nil {
			return nil, err
		}
	}
	for _, r := range n.workloads {
		r.workload.Doors = sortedDoors(append(r.workload.Doors, r.hostDoors()...))
	}
	return unmatched, nil
}

// hostDoors are the ports at which pods can be reached at the address of their
// node. Whether that address is open to the public is not the manifest's to say.
func (r *running) hostDoors() (doors []twin.Door) {
	pod := r.workload.Pod
	for _, p := range pod.Ports {
		port, how := p.Host, "hostPort"
		if port == 0 && pod.HostNetwork {
			port, how = p.Number, "hostNetwork"
		}
		if port != 0 {
			doors = append(doors, twin.Door{
				Address: "node:" + strconv.Itoa(port) + "/" + cmp.Or(p.Protocol, "TCP"), Via: r.object.id() + " (" + how + ")",
			})
		}
	}
	return doors
}

func (n *network) index() {
	n.byLabel = map[labelKey][]*running{}
	for _, r := range n.workloads {
		for key, value := range r.labels {
			k := labelKey{r.object.scope(), key, value}
			n.byLabel[k] = append(n.byLabel[k], r)
		}
	}
	n.byName = map[objectKey][]*service{}
	for _, s := range n.services {
		k := objectKey{s.object.scope(), s.object.name}
		n.byName[k] = append(n.byName[k], s)
	}
}

// selectBehind finds the workloads whose pods carry all labels of the
// selector. A Service without one has its ends set by hand: we know none.
func (n *network) selectBehind(s *service) error {
	var candidates []*running
	first := true
	for key, value := range s.spec.Selector {
		found := n.byLabel[labelKey{s.object.scope(), key, value}]
		if first || len(found) < len(candidates) {
			candidates, first = found, false
		}
	}
	if n.attempts += len(candidates); n.attempts > maxAttempts {
		return fault.New(fault.Invalid, "%s: too many workloads and Services to join", s.object.where)
	}
	for _, r := range candidates {
		if selects(s.spec.Selector, r.labels) {
			s.behind = append(s.behind, r)
		}
	}
	return nil
}

func selects(selector, labels map[string]text) bool {
	for key, value := range selector {
		if have, ok := labels[key]; !ok || have != value {
			return false
		}
	}
	return true
}

func (n *network) give(s *service, doors []twin.Door) error {
	if n.doors += len(s.behind) * len(doors); n.doors > maxDoors {
		return fault.New(fault.Invalid, "%s: more than %d doors in one call", s.object.where, maxDoors)
	}
	for _, r := range s.behind {
		r.workload.Doors = append(r.workload.Doors, doors...)
	}
	return nil
}

// doors are the addresses at which the Service is open to the outside by
// itself. An internal load balancer is a door, but not a public one.
func (s *service) doors() []twin.Door {
	var doors []twin.Door
	for _, port := range s.spec.Ports {
		protocol := cmp.Or(port.Protocol, "TCP")
		switch s.spec.Type {
		case "NodePort":
			doors = append(doors, twin.Door{
				Address: "node:" + nodePort(port.NodePort) + "/" + protocol,
				Public:  true,
				Via:     s.object.id() + " (NodePort)",
			})
		case "LoadBalancer":
			for _, host := range s.hosts() {
				doors = append(doors, s.balanced(host+":"+strconv.Itoa(port.Port)+"/"+protocol))
			}
		}
	}
	return doors
}

// nodePort is the port as declared, "?" where the cluster will choose it.
func nodePort(port int) string {
	if port == 0 {
		return "?"
	}
	return strconv.Itoa(port)
}

// hosts are the addresses that the load balancer is known to have.
func (s *service) hosts() []string {
	var hosts []string
	for _, in := range s.status.LoadBalancer.Ingress {
		if host := cmp.Or(in.Hostname, in.IP); host != "" {
			hosts = append(hosts, host)
		}
	}
	if len(hosts) == 0 {
		hosts = append(hosts, cmp.Or(s.spec.LoadBalancerIP, "load-balancer"))
	}
	return hosts
}

func (s *service) balanced(address string) twin.Door {
	if s.isInternal() {
		return twin.Door{Address: address, Via: s.object.id() + " (LoadBalancer, internal)"}
	}
	return twin.Door{Address: address, Public: true, Via: s.object.id() + " (LoadBalancer)"}
}

// isInternal knows the annotations by which the large clouds keep a load
// balancer inside.
func (s *service) isInternal() bool {
	marks := s.object.marks
	return marks["networking.gke.io/load-balancer-type"] == "Internal" ||
		marks["cloud.google.com/load-balancer-type"] == "Internal" ||
		marks["service.beta.kubernetes.io/azure-load-balancer-internal"] == "true" ||
		marks["service.beta.kubernetes.io/aws-load-balancer-internal"] == "true" ||
		marks["service.beta.kubernetes.io/aws-load-balancer-scheme"] == "internal"
}

// ingress is an Ingress in both its shapes.
type ingress struct {
	object object
	spec   ingressSpec
}

type ingressSpec struct {
	DefaultBackend *backend      `json:"defaultBackend"`
	Backend        *backend      `json:"backend"` // extensions/v1beta1
	Rules          []ingressRule `json:"rules"`
}

type ingressRule struct {
	Host string        `json:"host"`
	HTTP *ingressPaths `json:"http"`
}

type ingressPaths struct {
	Paths []ingressPath `json:"paths"`
}

type ingressPath struct {
	Path    string  `json:"path"`
	Backend backend `json:"backend"`
}

type backend struct {
	Service struct {
		Name string `json:"name"`
	} `json:"service"`
	ServiceName string          `json:"serviceName"` // extensions/v1beta1
	Resource    json.RawMessage `json:"resource"`    // a bucket and the like: no workload
}

func (b backend) name() string { return cmp.Or(b.Service.Name, b.ServiceName) }

// way is an address of an Ingress with the Service that it leads to.
type way struct {
	address string
	to      backend
}

func (in *ingress) ways() []way {
	var ways []way
	fallback := in.spec.DefaultBackend
	if fallback == nil {
		fallback = in.spec.Backend
	}
	if fallback != nil {
		ways = append(ways, way{"*/", *fallback})
	}
	for _, rule := range in.spec.Rules {
		host := cmp.Or(rule.Host, "*")
		if rule.HTTP == nil && fallback != nil {
			ways = append(ways, way{host + "/", *fallback})
		}
		if rule.HTTP == nil {
			continue
		}
		for _, p := range rule.HTTP.Paths {
			ways = append(ways, way{host + cmp.Or(p.Path, "/"), p.Backend})
		}
	}
	return ways
}

func (n *network) openIngress(in *ingress, unmatched map[string]string) error {
	missing := map[string]bool{}
	for _, w := range in.ways() {
		name := w.to.name()
		if name == "" {
			continue
		}
		services := n.byName[objectKey{in.object.scope(), name}]
		if n.attempts += len(services); n.attempts > maxAttempts {
			return fault.New(fault.Invalid, "%s: too many Ingresses and Services to join", in.object.where)
		}
		if len(services) == 0 {
			missing[name] = true
		}
		door := twin.Door{Address: w.address, Public: true, Via: in.object.id()}
		for _, s := range services {
			if err := n.give(s, []twin.Door{door}); err != nil {
				return err
			}
		}
	}
	if len(missing) > 0 {
		unmatched[in.object.where+in.object.id()] = in.object.id() + " leads to Services that are not in this call: " +
			strings.Join(slices.Sorted(maps.Keys(missing)), ", ")
	}
	return nil
}

// sortedDoors orders doors and drops those that are told twice.
func sortedDoors(doors []twin.Door) []twin.Door {
	slices.SortFunc(doors, func(a, b twin.Door) int {
		return cmp.Or(cmp.Compare(a.Address, b.Address), cmp.Compare(a.Via, b.Via))
	})
	return slices.Compact(doors)
}
