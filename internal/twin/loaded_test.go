package twin

import (
	"testing"
	"time"
)

func watched(hours int) SeenLoaded {
	seen := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	return SeenLoaded{
		Source: "host/web-1", Seen: seen, Freshness: Fresh,
		Spec: Loaded{
			Of: "host/web-1", Since: seen.Add(-time.Duration(hours) * time.Hour), Window: 7 * 24 * 3600, Every: 60,
			Loaded: []LoadedPart{
				{Purl: "pkg:deb/debian/libssl3@3.0.11-1~deb12u2", How: LoadedMapped, By: []string{"nginx", "sshd"}},
				{Purl: "pkg:deb/debian/zlib1g@1:1.2.13", How: LoadedMapped, Old: true},
			},
			NotSeen: LoadedParts{"pkg:deb/debian": {"libxml2@2.9.14"}, "pkg:maven/org.example": {"a@1.0"}, "pkg:npm": {"%40scope/x@1.0.0"}},
			Unknown: []LoadedGap{{Reason: "files of Python are closed after they were read", Parts: LoadedParts{"pkg:pypi": {"requests@2.31.0"}}}},
		},
	}
}

func TestJudgeLoaded(t *testing.T) {
	t.Parallel()
	stale, lapsed, short := watched(100), watched(100), watched(0)
	stale.Freshness, lapsed.Freshness = Stale, Lapsed
	other := watched(100)
	other.Source, other.Spec.Loaded = "host/web-2", []LoadedPart{{Purl: "pkg:deb/debian/libxml2@2.9.14", How: LoadedOpen, By: []string{"x"}}}
	for name, c := range map[string]struct {
		purl   string
		list   []SeenLoaded
		want   LoadedAnswer
		reason string
	}{
		"nobody":        {"pkg:deb/debian/libssl3@3.0.11-1~deb12u2", nil, LoadedUnclear, "no agent watches what is loaded where it runs"},
		"loaded":        {"pkg:deb/debian/libssl3@3.0.11-1~deb12u2?arch=amd64&distro=debian-12", []SeenLoaded{watched(100)}, LoadedYes, "mapped into nginx, sshd"},
		"escaped":       {"pkg:deb/debian/libssl3@3.0.11-1%7Edeb12u2", []SeenLoaded{watched(100)}, LoadedYes, "mapped into nginx, sshd"},
		"no_namespace":  {"pkg:deb/libssl3@3.0.11-1~deb12u2", []SeenLoaded{watched(100)}, LoadedYes, "mapped into nginx, sshd"},
		"old":           {"pkg:deb/debian/zlib1g@1%3A1.2.13", []SeenLoaded{watched(100)}, LoadedYes, "mapped into a process; only in memory: what is installed is another version"},
		"not_seen":      {"pkg:deb/debian/libxml2@2.9.14", []SeenLoaded{watched(100)}, LoadedNotSeen, "no process had it loaded in 4 d"},
		"scoped":        {"pkg:npm/%40scope/x@1.0.0", []SeenLoaded{watched(3)}, LoadedNotSeen, "no process had it loaded in 3 h"},
		"cannot_see":    {"pkg:pypi/requests@2.31.0", []SeenLoaded{watched(100)}, LoadedUnclear, "files of Python are closed after they were read"},
		"other_version": {"pkg:deb/debian/libxml2@2.9.15", []SeenLoaded{watched(100)}, LoadedUnclear, "host/web-1 does not know this version there"},
		"other_type":    {"pkg:maven/org.example/b@1.0", []SeenLoaded{watched(100)}, LoadedUnclear, "host/web-1 does not know this version there"},
		"too_short":     {"pkg:deb/debian/libxml2@2.9.14", []SeenLoaded{short}, LoadedUnclear, "it was watched for 0 min only"},
		"stale":         {"pkg:deb/debian/libxml2@2.9.14", []SeenLoaded{stale}, LoadedUnclear, "host/web-1 has not reported lately, and had not seen it loaded before"},
		"lapsed":        {"pkg:deb/debian/libssl3@3.0.11-1~deb12u2", []SeenLoaded{lapsed}, LoadedUnclear, "host/web-1 has not reported for too long"},
		"one_of_two":    {"pkg:deb/debian/libxml2@2.9.14", []SeenLoaded{watched(100), other}, LoadedYes, "held open by x"},
		"no_version":    {"pkg:deb/debian/libxml2", []SeenLoaded{watched(100)}, LoadedUnclear, "the component has no package URL with a version"},
		"unclear_wins":  {"pkg:deb/debian/libxml2@2.9.14", []SeenLoaded{watched(100), short}, LoadedUnclear, "it was watched for 0 min only"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := JudgeLoaded(c.purl, c.list)
			if got.Answer != c.want || got.Reason != c.reason {
				t.Errorf("%s, %q; want %s, %q", got.Answer, got.Reason, c.want, c.reason)
			}
		})
	}
}

func TestTheWindowIsWhatAllSaw(t *testing.T) {
	t.Parallel()
	v := JudgeLoaded("pkg:deb/debian/libxml2@2.9.14", []SeenLoaded{watched(100), watched(5), watched(1000)})
	if v.Answer != LoadedNotSeen || v.To.Sub(v.From) != 5*time.Hour {
		t.Errorf("%s in %s, want not seen in 5 h", v.Answer, v.To.Sub(v.From))
	}
	long := watched(1000)
	if got := long.Seen.Sub(long.From()); got != 7*24*time.Hour {
		t.Errorf("a window of %s, want no more than the spec's", got)
	}
}

// TestPartsAgree holds the list of parts against what is said of each alone.
func TestPartsAgree(t *testing.T) {
	t.Parallel()
	lists := map[string]SeenLoaded{"fresh": watched(100), "short": watched(0), "stale": watched(100), "lapsed": watched(100)}
	for name, freshness := range map[string]Freshness{"stale": Stale, "lapsed": Lapsed} {
		s := lists[name]
		s.Freshness = freshness
		lists[name] = s
	}
	for name, s := range lists {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parts := s.Parts()
			if len(parts) != 6 {
				t.Fatalf("%d parts, want 6", len(parts))
			}
			for _, p := range parts {
				if v := JudgeLoaded(p.Purl, []SeenLoaded{s}); v.Answer != p.Answer || v.Reason != p.Reason || v.Old != p.Old {
					t.Errorf("%s: %s, %q; alone it is %s, %q", p.Purl, p.Answer, p.Reason, v.Answer, v.Reason)
				}
			}
		})
	}
	if got := watched(100); got.Parts()[0].Answer != LoadedYes || got.Parts()[5].Answer != LoadedNotSeen {
		t.Error("what is loaded does not come first, what was not seen last")
	}
}
