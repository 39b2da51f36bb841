package bundle

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/fault"
)

func TestFollows(t *testing.T) {
	t.Parallel()
	day := func(n int) time.Time { return time.Date(2026, 8, n, 0, 0, 0, 0, time.UTC) }
	made := func(n int, feeds ...any) Manifest {
		m := Manifest{MadeAt: day(n)}
		for i := 0; i < len(feeds); i += 2 {
			name, _ := feeds[i].(string)
			at, _ := feeds[i+1].(int)
			m.Files = append(m.Files, File{Feed: name, FetchedAt: day(at)})
		}
		return m
	}
	last := made(10, "kev", 9, "osv/npm", 8).After(Loaded{Feeds: map[string]time.Time{"epss": day(7)}})
	for name, c := range map[string]struct {
		m   Manifest
		why string
	}{
		"the same":         {made(10, "kev", 9, "osv/npm", 8), ""},
		"newer":            {made(11, "kev", 9, "osv/npm", 10), ""},
		"another feed":     {made(11, "nuclei", 1), ""},
		"older":            {made(9, "kev", 9), "made at 2026-08-09"},
		"an older feed":    {made(12, "kev", 8, "osv/npm", 9), "kev of 2026-08-08T00:00:00Z, loaded of 2026-08-09"},
		"a kept feed":      {made(12, "epss", 6), "epss of 2026-08-06"},
		"one of two files": {made(12, "csaf", 1, "kev", 3, "kev", 9), ""},
	} {
		err := c.m.Follows(last)
		if (err != nil) != (c.why != "") || err != nil && (!strings.Contains(err.Error(), c.why) || fault.KindOf(err) != fault.Conflict) {
			t.Errorf("%s: %v", name, err)
		}
	}
	text, err := last.Text()
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseLoaded(text)
	if diff := cmp.Diff(last, again); diff != "" || err != nil {
		t.Error(err, diff)
	}
	if none, err := ParseLoaded(""); err != nil || made(1).Follows(none) != nil {
		t.Error(err)
	}
	if _, err := ParseLoaded("{"); err == nil {
		t.Error("half a text was read")
	}
}
