package deploy

// httpRoute is an HTTPRoute of the Gateway API: it leads from the hosts and paths
// of a gateway to Services.
type httpRoute struct {
	Hostnames []string `json:"hostnames"`
	Rules     []struct {
		Matches []struct {
			Path struct {
				Value string `json:"value"`
			} `json:"path"`
		} `json:"matches"`
		Backends []struct {
			Kind string `json:"kind"`
			Name string `json:"name"`
		} `json:"backendRefs"`
	} `json:"rules"`
}

// ingress is the same route in the form of an Ingress.
func (r *httpRoute) ingress() ingressSpec {
	hosts := r.Hostnames
	if len(hosts) == 0 {
		hosts = []string{"*"}
	}
	var spec ingressSpec
	for _, host := range hosts {
		rule := ingressRule{Host: host, HTTP: &ingressPaths{}}
		for _, from := range r.Rules {
			for _, b := range from.Backends {
				if b.Kind != "" && b.Kind != "Service" {
					continue
				}
				to := backend{ServiceName: b.Name}
				if len(from.Matches) == 0 {
					rule.HTTP.Paths = append(rule.HTTP.Paths, ingressPath{Backend: to})
				}
				for _, m := range from.Matches {
					rule.HTTP.Paths = append(rule.HTTP.Paths, ingressPath{Path: m.Path.Value, Backend: to})
				}
			}
		}
		spec.Rules = append(spec.Rules, rule)
	}
	return spec
}
