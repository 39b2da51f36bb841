package flow

import (
	"encoding/json"

	"github.com/tidemark/tidemark/internal/twin"
)

// ServiceOf reads a Service of a cluster from its resource; false where it is
// none, or cannot be read.
func ServiceOf(scope string, r *twin.Resource) (Service, bool) {
	if r.Kind != twin.KindK8sService {
		return Service{}, false
	}
	var spec struct {
		Selector map[string]any `json:"selector"`
		External string         `json:"externalName"`
		Address  string         `json:"clusterIP"`
		All      []string       `json:"clusterIPs"`
		Ports    []struct {
			Port int `json:"port"`
		} `json:"ports"`
	}
	if len(r.Spec) > 0 && json.Unmarshal(r.Spec, &spec) != nil {
		return Service{}, false
	}
	s := Service{Scope: scope, Namespace: r.Namespace, Name: r.Name, External: spec.External, Selector: map[string]string{}}
	for k, v := range spec.Selector {
		text, ok := v.(string)
		if !ok { // people forget to quote it
			b, err := json.Marshal(v)
			if err != nil {
				return Service{}, false
			}
			text = string(b)
		}
		s.Selector[k] = text
	}
	s.Addresses = append(s.Addresses, spec.All...)
	if len(spec.All) == 0 && spec.Address != "" {
		s.Addresses = append(s.Addresses, spec.Address)
	}
	for _, p := range spec.Ports {
		s.Ports = append(s.Ports, p.Port)
	}
	return s, true
}
