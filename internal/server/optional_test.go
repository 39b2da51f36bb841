package server

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/access"
)

// fetching is an upkeep that only takes feeds.
type fetching struct {
	Upkeep
	got *[]byte
}

func (f fetching) UpdateIntel(_ context.Context, _ access.Principal, archive io.Reader, _ []string) (api.Job, error) {
	got, err := io.ReadAll(archive)
	*f.got = got
	return api.Job{}, err
}

// Without a body the server fetches the feeds itself.
func TestAnUpdateNeedsNoArchive(t *testing.T) {
	t.Parallel()
	got := []byte("not asked")
	s := New(Config{Version: "1", Slog: slog.New(slog.DiscardHandler), Door: badge{}, Now: time.Now, Doors: Doors{Upkeep: fetching{got: &got}}})
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, apiPath+"intel/updates", http.NoBody)
	r.Header.Set("X-Role", string(access.Admin))
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	if w.Code != http.StatusAccepted || len(got) != 0 {
		t.Errorf("%d, archive %q\n%s", w.Code, got, w.Body)
	}
}
