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
	var paths []ingressPath
	for _, from := range r.Rules {
		at := []string{""}
		for i, m := range from.Matches {
			at = append(at[:i], m.Path.Value)
		}
		for _, b := range from.Backends {
			if b.Kind != "" && b.Kind != "Service" {
				continue
			}
			for _, path := range at {
				paths = append(paths, ingressPath{Path: path, Backend: backend{ServiceName: b.Name}})
			}
		}
	}
	hosts := r.Hostnames
	if len(hosts) == 0 {
		hosts = []string{"*"}
	}
	var spec ingressSpec
	for _, host := range hosts {
		spec.Rules = append(spec.Rules, ingressRule{Host: host, HTTP: &ingressPaths{Paths: paths}})
	}
	return spec
}
