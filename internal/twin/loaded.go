package twin

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// LoadedAnswer says whether a part of an artifact is loaded where that runs.
type LoadedAnswer string

// The answers. Only what was watched long enough, by somebody who could see it,
// was not seen loaded.
const (
	LoadedYes     LoadedAnswer = "loaded"
	LoadedNotSeen LoadedAnswer = "not-seen"
	LoadedUnclear LoadedAnswer = "unknown"
)

// MinLoadedWindow is how long something must be watched until not having seen it
// says anything.
const MinLoadedWindow = time.Hour

// SeenLoaded is what one source says of what is loaded of an artifact.
type SeenLoaded struct {
	Source    string
	Spec      Loaded
	Unread    bool      // what it says is not in the form of a Loaded: nothing is known of it
	Seen      time.Time // last sign of life of the source, not after the time asked about
	Freshness Freshness
}

// From is where the window begins.
func (s *SeenLoaded) From() time.Time {
	back := s.Seen.Add(-time.Duration(s.Spec.Window) * time.Second)
	if s.Spec.Since.After(back) {
		return s.Spec.Since
	}
	return back
}

// LoadedVerdict is the answer for one part, with what it rests on. Source "" means
// that nobody watches.
type LoadedVerdict struct {
	Answer   LoadedAnswer
	Reason   string // a sentence
	How      string
	By       []string // names of processes
	Old      bool     // only in memory: what is installed is another version
	Source   string
	From, To time.Time // the watch window
}

// JudgeLoaded joins what sources say of the part with a package URL. One that saw
// it loaded is enough; that it was not seen takes all of them.
func JudgeLoaded(purl string, list []SeenLoaded) LoadedVerdict {
	if len(list) == 0 {
		return LoadedVerdict{Answer: LoadedUnclear, Reason: nobodyWatches}
	}
	key, loose := loadedKeys(purl)
	verdicts := make([]LoadedVerdict, 0, len(list))
	for i := range list {
		v := list[i].judge(key, loose)
		v.Source, v.From, v.To = list[i].Source, list[i].From(), list[i].Seen
		verdicts = append(verdicts, v)
	}
	return JoinLoaded(verdicts)
}

// JoinLoaded joins answers about the same thing. One that saw it loaded is enough;
// that it was not seen takes all of them, and then the shortest window is what all
// of them saw.
func JoinLoaded(verdicts []LoadedVerdict) LoadedVerdict {
	if len(verdicts) == 0 {
		return LoadedVerdict{Answer: LoadedUnclear, Reason: nobodyWatches}
	}
	order := []LoadedAnswer{LoadedYes, LoadedUnclear, LoadedNotSeen}
	out := slices.MinFunc(verdicts, func(a, b LoadedVerdict) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Answer), slices.Index(order, b.Answer)), b.To.Compare(a.To), cmp.Compare(a.Source, b.Source))
	})
	if out.Answer != LoadedNotSeen {
		return out
	}
	return slices.MinFunc(verdicts, func(a, b LoadedVerdict) int { return cmp.Compare(a.To.Sub(a.From), b.To.Sub(b.From)) })
}

const nobodyWatches = "no agent watches what is loaded where it runs"

func (s *SeenLoaded) judge(key, loose string) LoadedVerdict {
	unclear := func(format string, args ...any) LoadedVerdict {
		return LoadedVerdict{Answer: LoadedUnclear, Reason: fmt.Sprintf(format, args...)}
	}
	doubt := s.doubt()
	if s.Unread || s.Freshness == Lapsed {
		return unclear("%s", doubt)
	}
	if key == "" {
		return unclear("the component has no package URL with a version")
	}
	if p, ok := s.loaded(key, loose); ok {
		return LoadedVerdict{Answer: LoadedYes, Reason: p.words(), How: p.How, By: p.By, Old: p.Old}
	}
	for _, gap := range s.Spec.Unknown {
		if gap.Parts.has(key, loose) {
			return unclear("%s", gap.Reason)
		}
	}
	switch {
	case !s.Spec.NotSeen.has(key, loose):
		return unclear("%s does not know this version there", s.Source)
	case doubt != "":
		return unclear("%s", doubt)
	}
	return LoadedVerdict{Answer: LoadedNotSeen, Reason: "no process had it loaded in " + lengthOf(s.Seen.Sub(s.From()))}
}

// LoadedOne is what a source says of one part.
type LoadedOne struct {
	Purl   string // without qualifiers; "": all of them
	Answer LoadedAnswer
	Reason string
	Old    bool // only in memory: what is installed is another version
}

// Parts says of each part that the source names whether it is loaded: what is
// loaded first, what nobody can say next, what was not seen last. The rules are
// those of JudgeLoaded.
func (s *SeenLoaded) Parts() []LoadedOne {
	var out []LoadedOne
	add := func(purl string, v LoadedVerdict) {
		out = append(out, LoadedOne{Purl: purl, Answer: v.Answer, Reason: v.Reason, Old: v.Old})
	}
	doubt := s.doubt()
	if s.Unread {
		add("", LoadedVerdict{Answer: LoadedUnclear, Reason: doubt})
	}
	lapsed := s.Freshness == Lapsed // then nothing holds that it said
	for _, p := range s.Spec.Loaded {
		v := LoadedVerdict{Answer: LoadedYes, Reason: p.words(), Old: p.Old}
		if lapsed {
			v = LoadedVerdict{Answer: LoadedUnclear, Reason: doubt}
		}
		add(p.Purl, v)
	}
	for _, gap := range s.Spec.Unknown {
		reason := gap.Reason
		if lapsed {
			reason = doubt
		}
		for _, purl := range gap.Parts.purls() {
			add(purl, LoadedVerdict{Answer: LoadedUnclear, Reason: reason})
		}
	}
	for _, purl := range s.Spec.NotSeen.purls() {
		v := LoadedVerdict{Answer: LoadedNotSeen, Reason: "no process had it loaded in " + lengthOf(s.Seen.Sub(s.From()))}
		if doubt != "" {
			v = LoadedVerdict{Answer: LoadedUnclear, Reason: doubt}
		}
		add(purl, v)
	}
	order := []LoadedAnswer{LoadedYes, LoadedUnclear, LoadedNotSeen}
	slices.SortStableFunc(out, func(a, b LoadedOne) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Answer), slices.Index(order, b.Answer)), cmp.Compare(a.Purl, b.Purl))
	})
	return out
}

// doubt is why what the source has not seen says nothing; "" where it does.
func (s *SeenLoaded) doubt() string {
	window := s.Seen.Sub(s.From())
	switch {
	case s.Unread:
		return "what " + s.Source + " says of what is loaded cannot be read"
	case s.Freshness == Lapsed:
		return s.Source + " has not reported for too long"
	case s.Freshness != Fresh:
		return s.Source + " has not reported lately, and had not seen it loaded before"
	case window < MinLoadedWindow:
		return fmt.Sprintf("it was watched for %s only", lengthOf(window))
	}
	return ""
}

// purls are the parts by their whole names, in order.
func (l LoadedParts) purls() []string {
	var out []string
	for prefix, names := range l {
		for _, name := range names {
			out = append(out, prefix+"/"+name)
		}
	}
	slices.Sort(out)
	return out
}

func (s *SeenLoaded) loaded(key, loose string) (LoadedPart, bool) {
	for _, exact := range []bool{true, false} {
		for _, p := range s.Spec.Loaded {
			k, l := loadedKeys(p.Purl)
			if k == key || !exact && loose != "" && l == loose {
				return p, true
			}
		}
	}
	return LoadedPart{}, false
}

// words say how it was seen.
func (p LoadedPart) words() string {
	said := map[string]string{
		LoadedMapped: "mapped into", LoadedRun: "built into what runs as", LoadedOpen: "held open by", LoadedKernel: "the kernel that runs",
	}[p.How]
	if said == "" {
		said = "seen in"
	}
	if p.How != LoadedKernel {
		said += " " + cmp.Or(strings.Join(p.By, ", "), "a process")
	}
	if p.Old {
		said += "; only in memory: what is installed is another version"
	}
	return said
}

// has reports whether a part is among these.
func (l LoadedParts) has(key, loose string) bool {
	for prefix, names := range l {
		if !strings.HasPrefix(key, typeOf(prefix)) {
			continue
		}
		for _, name := range names {
			k, o := loadedKeys(prefix + "/" + name)
			if k == key || loose != "" && o == loose {
				return true
			}
		}
	}
	return false
}

// typeOf is "pkg:deb/" of "pkg:deb/debian".
func typeOf(prefix string) string {
	typ, _, _ := strings.Cut(strings.TrimPrefix(prefix, "pkg:"), "/")
	return strings.ToLower(typ) + "/"
}

// loadedKeys are what two package URLs of the same thing share: type, namespace,
// name and version, as they read without escapes; and, of packages of
// distributions, whose namespace not every tool writes, the same without it. ""
// for what is no package URL or has no version.
func loadedKeys(purl string) (key, loose string) {
	u, err := ParsePurl(purl)
	if err != nil || u.Version == "" {
		return "", ""
	}
	typ := strings.ToLower(u.Type)
	key = typ + "/" + u.Namespace + "/" + u.Name + "@" + u.Version
	switch typ {
	case "deb", "rpm", "apk":
		loose = typ + "//" + u.Name + "@" + u.Version
	}
	return key, loose
}

// lengthOf is a length of time in the words of people: "3 d", "5 h", "12 min".
func lengthOf(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d >= 2*day:
		return fmt.Sprintf("%d d", d/day)
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d h", d/time.Hour)
	}
	return fmt.Sprintf("%d min", max(d, 0)/time.Minute)
}
