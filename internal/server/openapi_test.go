package server

import (
	"bytes"
	"encoding/json"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write docs/openapi.json anew")

// TestTheDescriptionIsWhatTheRoutesSay holds docs/openapi.json against the
// routes: the TypeScript client is generated from it, and outsiders read it.
func TestTheDescriptionIsWhatTheRoutesSay(t *testing.T) {
	t.Parallel()
	s := New(Config{Version: "1", Slog: slog.New(slog.DiscardHandler)})
	raw, err := json.Marshal(s.OpenAPI())
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := json.Indent(&got, raw, "", "  "); err != nil {
		t.Fatal(err)
	}
	got.WriteByte('\n')
	file := filepath.Join("..", "..", "docs", "openapi.json")
	if *update {
		if err := os.WriteFile(file, got.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got.String()); d != "" {
		t.Errorf("the routes changed; run go test ./internal/server -update and read the diff:\n%s", d)
	}
}
