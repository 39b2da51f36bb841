package osv

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseModified(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 7, 1, 0, 0, 0, 500_000_000, time.UTC)
	l, err := ParseModified(strings.NewReader("2026-07-01T00:00:00.5Z,GHSA-1\nGHSA-2,2026-07-01T00:00:00.5Z\r\n\n2026-07-01T00:00:00.5Z,npm/MAL-2024-1\n2026-06-01T00:00:00Z,GHSA-1\n" +
		"2026-07-01T00:00:00Z,..\n2026-07-01T00:00:00Z,\nyesterday,GHSA-3\nwords\n"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]time.Time{"GHSA-1": at, "GHSA-2": at, "MAL-2024-1": at}, l.At); diff != "" || len(l.Rejected) != 4 {
		t.Errorf("%s %+v", diff, l.Rejected)
	}
	old := Listed{At: map[string]time.Time{"GHSA-1": at, "GHSA-2": at.Add(time.Second), "GHSA-9": at}}
	if diff := cmp.Diff([]string{"GHSA-2", "MAL-2024-1"}, l.Since(old)); diff != "" {
		t.Error(diff)
	}
	if _, err := ParseModified(strings.NewReader(strings.Repeat("x", 2*maxListLine))); err == nil {
		t.Error("a line without end was taken")
	}
}

func FuzzParseModified(f *testing.F) {
	f.Add("2026-07-01T00:00:00Z,GHSA-1\n")
	f.Add("GHSA-2,2026-07-01T00:00:00Z")
	f.Add("2026-07-01T00:00:00Z,../../etc/passwd")
	f.Fuzz(func(t *testing.T, text string) {
		l, err := ParseModified(strings.NewReader(text))
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := l.Write(&b); err != nil {
			t.Fatal(err)
		}
		again, err := ParseModified(&b)
		if diff := cmp.Diff(l.At, again.At); diff != "" || err != nil {
			t.Fatalf("%s %v", diff, err)
		}
		for id := range l.At {
			if id == "" || strings.ContainsAny(id, "/\\\n,") || id[0] == '.' {
				t.Fatalf("%q", id)
			}
		}
	})
}
