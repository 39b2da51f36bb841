package kube

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tidemark/tidemark/api"
)

type rawTemplate struct {
	Spec struct {
		Containers     []rawContainer `json:"containers"`
		InitContainers []rawContainer `json:"initContainers"`
	} `json:"spec"`
}

func (t rawTemplate) images() map[string]string {
	out := map[string]string{}
	for _, list := range [][]rawContainer{t.Spec.Containers, t.Spec.InitContainers} {
		for _, c := range list {
			out[strings.Clone(c.Name)] = strings.Clone(c.Image)
		}
	}
	return nonEmpty(out)
}

// readController keeps what a controller asks for.
func readController(r *reading) error {
	var spec struct {
		Replicas *int        `json:"replicas"`
		Template rawTemplate `json:"template"`
	}
	if err := r.into(&spec, "spec"); err != nil {
		return err
	}
	var status struct {
		Desired int `json:"desiredNumberScheduled"` // of a DaemonSet
	}
	if err := r.into(&status, "status"); err != nil {
		return err
	}
	r.out.keeper = &keeper{wanted: status.Desired}
	if spec.Replicas != nil {
		r.out.keeper.wanted = *spec.Replicas
	}
	r.out.keeper.images = spec.Template.images()
	return nil
}

// readCronJob keeps what starts when: between two runs nothing else tells of it.
func readCronJob(r *reading) error {
	var spec struct {
		Schedule string `json:"schedule"`
		Suspend  bool   `json:"suspend"`
		Job      struct {
			Spec struct {
				Template rawTemplate `json:"template"`
			} `json:"spec"`
		} `json:"jobTemplate"`
	}
	if err := r.into(&spec, "spec"); err != nil {
		return err
	}
	r.out.keeper = &keeper{images: spec.Job.Spec.Template.images()}
	r.tell(map[string]any{"schedule": spec.Schedule, "suspend": spec.Suspend, "images": slices.Sorted(maps.Values(r.out.keeper.images))})
	return nil
}

type rawService struct {
	Type        string            `json:"type"`
	Selector    map[string]string `json:"selector"`
	ExternalIPs []string          `json:"externalIPs"`
	Balancer    string            `json:"loadBalancerIP"`
	Ports       []struct {
		Port     int    `json:"port"`
		NodePort int    `json:"nodePort"`
		Protocol string `json:"protocol"`
	} `json:"ports"`
}

type rawBalanced struct {
	LoadBalancer struct {
		Ingress []struct {
			IP       string `json:"ip"`
			Hostname string `json:"hostname"`
		} `json:"ingress"`
	} `json:"loadBalancer"`
}

// readService keeps where a Service leads, and its doors.
func readService(r *reading) error {
	var spec rawService
	var status rawBalanced
	if err := r.into(&spec, "spec"); err != nil {
		return err
	}
	if err := r.into(&status, "status"); err != nil {
		return err
	}
	s := &service{selector: bounded(spec.Selector, func(string, string) bool { return true })}
	hosts := hostsOf(spec, status)
	internal := isInternal(r.raw)
	for _, p := range spec.Ports {
		protocol := cmp.Or(p.Protocol, "TCP")
		for _, host := range spec.ExternalIPs {
			s.doors = append(s.doors, api.SeenDoor{Address: at(host, p.Port, protocol), Public: true, Via: r.out.id() + " (ExternalIP)"})
		}
		if spec.Type == "LoadBalancer" {
			via := r.out.id() + " (LoadBalancer)"
			if internal {
				via = r.out.id() + " (LoadBalancer, internal)"
			}
			for _, host := range hosts {
				s.doors = append(s.doors, api.SeenDoor{Address: at(host, p.Port, protocol), Public: !internal, Via: via})
			}
		}
		if p.NodePort != 0 && (spec.Type == "NodePort" || spec.Type == "LoadBalancer") {
			s.doors = append(s.doors, api.SeenDoor{Address: at("node", p.NodePort, protocol), Public: !internal, Via: r.out.id() + " (NodePort)"})
		}
	}
	r.out.service = s
	told, ok := r.part("spec").(map[string]any)
	if !ok {
		return nil
	}
	told = maps.Clone(told)
	if len(hosts) > 0 && spec.Type == "LoadBalancer" {
		told["hosts"] = hosts
	}
	r.tell(told)
	return nil
}

func at(host string, port int, protocol string) string {
	return host + ":" + strconv.Itoa(port) + "/" + protocol
}

// hostsOf are the addresses that the load balancer is known to have.
func hostsOf(spec rawService, status rawBalanced) (hosts []string) {
	for _, in := range status.LoadBalancer.Ingress {
		if host := cmp.Or(in.Hostname, in.IP); host != "" {
			hosts = append(hosts, host)
		}
	}
	if len(hosts) == 0 {
		hosts = append(hosts, cmp.Or(spec.Balancer, "load-balancer"))
	}
	slices.Sort(hosts)
	return hosts
}

// isInternal knows the annotations by which the large clouds keep a load
// balancer inside.
func isInternal(raw map[string]any) bool {
	meta, ok := raw["metadata"].(map[string]any)
	if !ok {
		return false
	}
	marks, ok := meta["annotations"].(map[string]any)
	if !ok {
		return false
	}
	return marks["networking.gke.io/load-balancer-type"] == "Internal" ||
		marks["cloud.google.com/load-balancer-type"] == "Internal" ||
		marks["service.beta.kubernetes.io/azure-load-balancer-internal"] == "true" ||
		marks["service.beta.kubernetes.io/aws-load-balancer-internal"] == "true" ||
		marks["service.beta.kubernetes.io/aws-load-balancer-scheme"] == "internal"
}

// clones copies texts, so that the object they came in is not kept.
func clones(list []string) (out []string) {
	for _, s := range list {
		out = append(out, strings.Clone(s))
	}
	return out
}

// readSlice keeps which pods stand behind which Service, and their addresses.
func readSlice(r *reading) error {
	meta, ok := r.part("metadata", "labels").(map[string]any)
	if !ok {
		return nil
	}
	name, ok := meta["kubernetes.io/service-name"].(string)
	if !ok {
		return nil
	}
	var slice struct {
		Endpoints []struct {
			Addresses []string `json:"addresses"`
			TargetRef struct {
				Kind string `json:"kind"`
				Name string `json:"name"`
			} `json:"targetRef"`
		} `json:"endpoints"`
	}
	if err := r.into(&slice); err != nil {
		return err
	}
	r.out.targets = &targets{service: strings.Clone(name)}
	for _, e := range slice.Endpoints {
		if e.TargetRef.Kind == kindPod {
			r.out.targets.pods = append(r.out.targets.pods, strings.Clone(e.TargetRef.Name))
			r.out.targets.addresses = append(r.out.targets.addresses, clones(e.Addresses))
		}
	}
	return nil
}

type rawBackend struct {
	Service struct {
		Name string `json:"name"`
	} `json:"service"`
}

// readIngress keeps which addresses lead to which Services.
func readIngress(r *reading) error {
	var spec struct {
		Default *rawBackend `json:"defaultBackend"`
		Rules   []struct {
			Host string `json:"host"`
			HTTP *struct {
				Paths []struct {
					Path    string     `json:"path"`
					Backend rawBackend `json:"backend"`
				} `json:"paths"`
			} `json:"http"`
		} `json:"rules"`
	}
	if err := r.into(&spec, "spec"); err != nil {
		return err
	}
	add := func(address string, to rawBackend) {
		if to.Service.Name != "" {
			r.out.ways = append(r.out.ways, way{strings.Clone(address), key{r.out.Namespace, strings.Clone(to.Service.Name)}})
		}
	}
	if spec.Default != nil {
		add("*/", *spec.Default)
	}
	for _, rule := range spec.Rules {
		host := cmp.Or(rule.Host, "*")
		if rule.HTTP == nil && spec.Default != nil {
			add(host+"/", *spec.Default)
		}
		if rule.HTTP == nil {
			continue
		}
		for _, p := range rule.HTTP.Paths {
			add(host+cmp.Or(p.Path, "/"), p.Backend)
		}
	}
	r.tell(r.part("spec"))
	return nil
}

// readPolicy keeps whom a NetworkPolicy protects.
func readPolicy(r *reading) error {
	var spec struct {
		Pods selector `json:"podSelector"`
	}
	if err := r.into(&spec, "spec"); err != nil {
		return err
	}
	r.out.selector = &spec.Pods
	r.tell(r.part("spec"))
	return nil
}

// readNode keeps what a node is, and nothing that changes by itself.
func readNode(r *reading) error {
	out := r.withLabels(map[string]any{})
	for name, path := range map[string][]string{
		"provider": {"spec", "providerID"}, "unschedulable": {"spec", "unschedulable"}, "addresses": {"status", "addresses"},
	} {
		if v := r.part(path...); v != nil {
			out[name] = v
		}
	}
	if info, ok := r.part("status", "nodeInfo").(map[string]any); ok {
		for _, name := range []string{"architecture", "operatingSystem", "osImage", "kernelVersion", "kubeletVersion", "kubeProxyVersion", "containerRuntimeVersion"} {
			if v, ok := info[name].(string); ok && v != "" {
				out[name] = v
			}
		}
	}
	r.tell(out)
	return nil
}

// readAccount keeps whether pods get a token without asking.
func readAccount(r *reading) error {
	if r.part("automountServiceAccountToken") == false {
		r.tell(map[string]any{"no_token": true})
	}
	return nil
}

// readAccess keeps a role with its rules and labels, or a binding with its ends.
func readAccess(r *reading) error {
	if strings.HasSuffix(r.out.kind, "Binding") {
		var ends struct {
			Subjects []struct {
				Kind      string `json:"kind"`
				Namespace string `json:"namespace,omitempty"`
				Name      string `json:"name"`
			} `json:"subjects"`
		}
		if err := r.into(&ends); err != nil {
			return err
		}
		kind, _ := r.part("roleRef", "kind").(string) // the API server asks for both
		name, _ := r.part("roleRef", "name").(string)
		to := name
		if kind == "Role" {
			to = r.out.Namespace + "/" + name
		}
		r.out.links = append(r.out.links, api.SeenLink{Rel: "gives", To: api.SeenEnd{Kind: kind, Name: to}})
		for _, s := range ends.Subjects {
			if s.Kind == kindAccount {
				r.out.links = append(r.out.links, api.SeenLink{Rel: "gives", To: api.SeenEnd{Kind: kindAccount, Name: cmp.Or(s.Namespace, r.out.Namespace) + "/" + s.Name}})
			}
		}
		r.tell(map[string]any{"roleRef": map[string]any{"kind": kind, "name": name}, "subjects": ends.Subjects})
		return nil
	}
	r.tell(r.withLabels(r.parts("rules", "aggregationRule")))
	return nil
}

// readGateway keeps a Gateway as it is declared, with the addresses it has got.
func readGateway(r *reading) error {
	told, ok := r.part("spec").(map[string]any)
	if !ok {
		return nil
	}
	told = maps.Clone(told)
	if v := r.part("status", "addresses"); v != nil {
		told["given"] = v
	}
	r.tell(told)
	return nil
}

type rawRoute struct {
	Hostnames  []string    `json:"hostnames"`
	ParentRefs []rawParent `json:"parentRefs"`
	Rules      []struct {
		Matches []struct {
			Path struct {
				Value string `json:"value"`
			} `json:"path"`
		} `json:"matches"`
		BackendRefs []struct {
			Kind      string `json:"kind"`
			Name      string `json:"name"`
			Namespace string `json:"namespace"`
		} `json:"backendRefs"`
	} `json:"rules"`
}

type rawParent struct {
	Kind      string `json:"kind"`
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
}

// readRoute keeps which addresses of which Gateways lead to which Services.
func readRoute(r *reading) error {
	var spec rawRoute
	if err := r.into(&spec, "spec"); err != nil {
		return err
	}
	refused := refusals(r)
	for _, p := range spec.ParentRefs {
		k := key{cmp.Or(p.Namespace, r.out.Namespace), strings.Clone(p.Name)}
		r.out.parents = append(r.out.parents, parent{gateway: k, refused: refused[k], otherway: cmp.Or(p.Kind, kindGateway) != kindGateway})
	}
	hosts := spec.Hostnames
	if len(hosts) == 0 {
		hosts = []string{"*"}
	}
	for _, rule := range spec.Rules {
		var paths []string
		for _, m := range rule.Matches {
			paths = append(paths, cmp.Or(m.Path.Value, "/"))
		}
		if len(paths) == 0 {
			paths = []string{"/"}
		}
		for _, b := range rule.BackendRefs {
			if cmp.Or(b.Kind, kindService) == kindService {
				r.lead(hosts, paths, key{cmp.Or(b.Namespace, r.out.Namespace), strings.Clone(b.Name)})
			}
		}
	}
	r.tell(r.part("spec"))
	return nil
}

// maxWays bounds what one route or Ingress opens.
const maxWays = 2000

func (r *reading) lead(hosts, paths []string, to key) {
	for _, host := range hosts {
		for _, path := range paths {
			if len(r.out.ways) < maxWays {
				r.out.ways = append(r.out.ways, way{host + path, to})
			}
		}
	}
}

// refusals are the Gateways that do not accept the route.
func refusals(r *reading) map[key]bool {
	var status struct {
		Parents []struct {
			ParentRef  rawParent `json:"parentRef"`
			Conditions []struct {
				Type   string `json:"type"`
				Status string `json:"status"`
			} `json:"conditions"`
		} `json:"parents"`
	}
	raw, err := json.Marshal(r.part("status"))
	if err != nil || json.Unmarshal(raw, &status) != nil {
		return nil // it says nothing that is understood: then it refuses nothing
	}
	out := map[key]bool{}
	for _, p := range status.Parents {
		for _, c := range p.Conditions {
			if c.Type == "Accepted" && c.Status == "False" {
				out[key{cmp.Or(p.ParentRef.Namespace, r.out.Namespace), p.ParentRef.Name}] = true
			}
		}
	}
	return out
}
