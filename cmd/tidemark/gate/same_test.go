package gate

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/match/compiled"
	"github.com/tidemark/tidemark/internal/realdata"
)

// An index judges as the folder that it was made of: every weakness, with its
// decision and score, its vector and its fix.
func TestAnIndexJudgesAsItsFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, part := range []string{"osv", "kev", "epss", "exploit", "ssvc"} {
		if err := os.Symlink(realdata.Dir(t, part), filepath.Join(dir, part)); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "all.tmidx")
	now := time.Date(2026, 8, 10, 0, 0, 0, 0, time.UTC)
	if _, err := Compile(t.Context(), dir, path, now); err != nil {
		t.Fatal(err)
	}
	every, err := ParseConditions([]string{"score>=0"})
	if err != nil {
		t.Fatal(err)
	}
	verdict := func(k *Knowledge, d Document) api.Gate {
		t.Helper()
		j := Judge{Knowledge: k, Place: PlaceOf("", "", nil), Now: now, Conditions: every}
		got, err := j.Verdict(t.Context(), d, 0)
		if err != nil {
			t.Fatal(err)
		}
		got.Feeds = nil // a folder names those that the document needs
		return got
	}
	judged, borrowed := 0, 0
	for _, name := range realSBOMs(t) {
		d, err := Read(name)
		if err != nil {
			t.Fatal(err)
		}
		folder, err := Load(t.Context(), dir, []Document{d}, true)
		if err != nil {
			t.Fatal(err)
		}
		index, err := OpenIndex(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := index.Judges(); err != nil {
			t.Fatal(err)
		}
		want, got := verdict(folder, d), verdict(index, d)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: the index judges otherwise (- folder, + index):\n%.4000s", name, diff)
		}
		judged += len(want.Failed)
		borrowed += othersUsed(t, index.names, &want)
	}
	if judged < 500 || borrowed == 0 {
		t.Errorf("%d weaknesses were judged, %d by a vector from elsewhere: too few to prove anything", judged, borrowed)
	}
}

// realSBOMs are some of each kind.
func realSBOMs(t *testing.T) (list []string) {
	t.Helper()
	for _, dir := range []string{"apps", "docker-hub"} {
		all, err := filepath.Glob(filepath.Join(realdata.Dir(t, "sboms", dir), "*.json"))
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(all); i += (len(all) + 1) / 2 {
			list = append(list, all[i])
		}
	}
	return list
}

func othersUsed(t *testing.T, ix *compiled.Index, g *api.Gate) (n int) {
	t.Helper()
	for _, it := range g.Failed {
		for _, name := range append([]string{it.Weakness}, it.Aliases...) {
			k, err := ix.Known(name)
			if err != nil {
				t.Fatal(err)
			}
			if len(k.Vectors) > 0 && it.CVSS != nil {
				n++
				break
			}
		}
	}
	return n
}
