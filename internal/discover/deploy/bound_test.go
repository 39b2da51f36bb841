package deploy

import (
	"fmt"
	"strings"
	"testing"
)

// A call that would join everything with everything is refused, not endured.
func TestJoinBounds(t *testing.T) {
	t.Parallel()
	const many = 600
	var pods, open, picky, ingress strings.Builder
	for i := range many {
		fmt.Fprintf(&pods, `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p%d","labels":{"app":"a","b":"b"}},"spec":{"containers":[{"image":"x"}]}}`+"\n", i)
		fmt.Fprintf(&open, `{"apiVersion":"v1","kind":"Service","metadata":{"name":"s%d"},"spec":{"type":"NodePort","selector":{"app":"a"},"ports":[{"port":1}]}}`+"\n", i)
		fmt.Fprintf(&picky, `{"apiVersion":"v1","kind":"Service","metadata":{"name":"same"},"spec":{"selector":{"app":"a","b":"c"}}}`+"\n")
	}
	ingress.WriteString(`{"apiVersion":"networking.k8s.io/v1","kind":"Ingress","metadata":{"name":"i"},"spec":{"rules":[{"http":{"paths":[`)
	ingress.WriteString(strings.Repeat(`{"path":"/","backend":{"service":{"name":"same"}}},`, maxAttempts/many) + `{"path":"/","backend":{"service":{"name":"same"}}}]}}]}}`)
	tests := []struct {
		name, body, want string
	}{
		{"doors", pods.String() + open.String(), "more than 200000 doors in one call"},
		{"none_match", pods.String() + picky.String(), ""},
		{"ways", picky.String() + ingress.String(), "too many Ingresses and Services to join"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := Manifests([]File{{Input: "in", Name: "in.json", Named: true, Body: []byte(tt.body)}})
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	n := network{workloads: []*running{{labels: map[string]text{"app": "a"}}}, attempts: maxAttempts}
	n.services = []*service{{spec: serviceSpec{Selector: map[string]text{"app": "a"}}}}
	if _, err := n.open(); err == nil || !strings.Contains(err.Error(), "too many workloads and Services") {
		t.Errorf("got %v", err)
	}
}
