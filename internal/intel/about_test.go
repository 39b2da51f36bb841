package intel_test

import (
	"context"
	"testing"

	"github.com/tidemark/tidemark/internal/intel"
	"github.com/tidemark/tidemark/internal/realdata"
)

func TestNamedFindsAWeaknessInOtherEcosystems(t *testing.T) {
	t.Parallel()
	dir := realdata.Dir(t, "osv")
	records, err := intel.Named(context.Background(), dir, map[string]bool{"CVE-2022-32221": true})
	if err != nil {
		t.Fatal(err)
	}
	seen, vectors := map[string]bool{}, 0
	for _, r := range records {
		seen[r.ID] = true
		vectors += len(r.Severity)
	}
	if !seen["UBUNTU-CVE-2022-32221"] || !seen["ALPINE-CVE-2022-32221"] || vectors == 0 {
		t.Errorf("found %v with %d vectors", seen, vectors)
	}
	none, err := intel.Named(context.Background(), dir, map[string]bool{"CVE-2022-3222": true})
	if err != nil || len(none) != 0 {
		t.Errorf("a part of a name found %d records: %v", len(none), err)
	}
}
