//go:build integration

package kubelab_test

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/internal/kubelab"
)

// The API server answers, knows who asks, and has a kubeconfig for others.
func TestLab(t *testing.T) {
	t.Parallel()
	l := kubelab.Start(t, kubelab.Options{})
	if a := l.Ask(t, kubelab.Request{Method: http.MethodGet, Path: "/version"}); a.Status != http.StatusOK || !strings.Contains(a.Body, "gitVersion") {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if a := l.Ask(t, kubelab.Request{Method: http.MethodGet, Path: "/api/v1/pods", Token: kubelab.ViewerToken}); a.Status != http.StatusForbidden {
		t.Errorf("the viewer: %d %s", a.Status, a.Body)
	}
	pod := "{apiVersion: v1, kind: Pod, metadata: {name: x}, spec: {containers: [{name: c, image: a}]}}"
	if a := l.Ask(t, kubelab.Request{Method: http.MethodPost, Path: "/api/v1/namespaces/default/pods", Body: pod}); a.Status != http.StatusCreated {
		t.Errorf("a pod: %d %s", a.Status, a.Body)
	}
	if b, err := os.ReadFile(l.Config); err != nil || !strings.Contains(string(b), l.URL) {
		t.Errorf("%v in %s", err, b)
	}
}
