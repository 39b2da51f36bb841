package host

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/internal/demo"
	"github.com/tidemark/tidemark/internal/fault"
)

func TestReady(t *testing.T) {
	t.Parallel()
	status := http.StatusOK
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	if err := Ready(t.Context(), srv.Client(), srv.URL); err != nil {
		t.Errorf("ready: %v", err)
	}
	status = http.StatusServiceUnavailable
	if err := Ready(t.Context(), srv.Client(), srv.URL); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("not ready: %v", err)
	}
	srv.Close()
	if err := Ready(t.Context(), srv.Client(), srv.URL); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("gone: %v", err)
	}
}

func TestDrillSentence(t *testing.T) {
	t.Parallel()
	for step, want := range map[demo.DrillStep]string{
		demo.DrillReady: "No drill", demo.DrillPublished: "3 exposures opened in 2 services, 1 to act on", demo.DrillStaged: "runs in staging; 3 exposures are left", demo.DrillDeployed: "3 exposures are left",
	} {
		d := demo.DrillState{Step: step, ID: "X", Package: "p", Fixed: "2", Services: []string{"a", "b"}, Open: 3, ActNow: 1}
		if got := drillSentence(&d); !strings.Contains(got, want) {
			t.Errorf("%s: %s", step, got)
		}
	}
}
