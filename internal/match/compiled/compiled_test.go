package compiled_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/match"
	"github.com/tidemark/tidemark/internal/match/compiled"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func compile(t testing.TB, delta bool, records ...advisory.Record) []byte {
	t.Helper()
	var file bytes.Buffer
	w, err := compiled.NewWriter(&file, match.Rules)
	if err != nil {
		t.Fatal(err)
	}
	for i := range records {
		if err := w.Add(&records[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close([]advisory.Feed{{Kind: advisory.FeedOSV, Name: "npm", Records: len(records)}}, delta); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func open(t testing.TB, file []byte) *compiled.Index {
	t.Helper()
	ix, err := compiled.Open(file, match.Rules)
	if err != nil {
		t.Fatal(err)
	}
	if err := ix.Verify(); err != nil {
		t.Fatal(err)
	}
	return ix
}

func records(t testing.TB, ix *compiled.Index, ecosystem, name string) []*advisory.Record {
	t.Helper()
	found, err := ix.Records(advisory.PackageKey{Ecosystem: ecosystem, Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func ids(list []*advisory.Record) string {
	var names []string
	for _, r := range list {
		names = append(names, r.ID)
	}
	return strings.Join(names, " ")
}

// whole has every field of the model.
func whole() advisory.Record {
	return advisory.Record{
		ID: "GHSA-1", Modified: noon, Published: noon.Add(-time.Hour), Withdrawn: noon.Add(time.Hour),
		Aliases: []string{"CVE-1", "CVE-2"}, Upstream: []string{"U-1"}, Related: []string{"R-1"}, Summary: "a weakness",
		Severity: []advisory.Severity{{Type: "CVSS_V3", Score: "CVSS:3.1/AV:N"}},
		Affected: []advisory.Affected{
			{
				Ecosystem: "npm", Name: "Left-Pad", Versions: []string{"1.0.0", "1.0.1"}, Severity: []advisory.Severity{{Type: "x", Score: "y"}},
				Ranges: []advisory.Range{
					{Type: "SEMVER", Events: []advisory.Event{{Introduced: "0"}, {Fixed: "1.2"}, {Introduced: "2"}, {LastAffected: "3"}, {Limit: "4"}}},
					{Type: "GIT", Repo: "https://example.org/r", Events: []advisory.Event{{Introduced: "0"}}},
				},
			},
			{Ecosystem: "Debian", Release: "11", Name: "left-pad"},
			{Ecosystem: "Debian", Release: "12", Name: "left-pad", Ranges: []advisory.Range{{Type: "ECOSYSTEM"}}},
			{Name: ""}, // commits only
		},
	}
}

func TestARecordComesBackWithItsEntriesOfThePackage(t *testing.T) {
	t.Parallel()
	r := whole()
	ix := open(t, compile(t, false, r))
	for key, entries := range map[advisory.PackageKey][]advisory.Affected{
		{Ecosystem: "npm", Name: "left-pad"}: r.Affected[:1], {Ecosystem: "Debian", Name: "left-pad"}: r.Affected[1:3],
	} {
		want := r
		want.Affected = entries
		if diff := cmp.Diff([]*advisory.Record{&want}, records(t, ix, key.Ecosystem, key.Name)); diff != "" {
			t.Errorf("%v: %s", key, diff)
		}
	}
	if found := records(t, ix, "npm", "right-pad"); found != nil {
		t.Errorf("a package of which nothing is known has %v", found)
	}
	if !ix.Has("npm") || ix.Has("Debian") || !slices.Equal(ix.Releases("Debian"), []string{"11", "12"}) {
		t.Error("a record about Debian makes no feed of it, and tells its releases")
	}
}

func TestTheNewestOfAnIDIsKept(t *testing.T) {
	t.Parallel()
	old, fresh := whole(), whole()
	fresh.Modified, fresh.Affected = noon.Add(time.Minute), fresh.Affected[1:]
	for _, order := range [][]advisory.Record{{old, fresh}, {fresh, old}} {
		ix := open(t, compile(t, false, order...))
		if found := records(t, ix, "npm", "left-pad"); found != nil {
			t.Errorf("the older record still speaks of npm: %v", ids(found))
		}
		if found := records(t, ix, "Debian", "left-pad"); len(found) != 1 || len(found[0].Affected) != 2 {
			t.Errorf("Debian has %v", found)
		}
	}
}

func TestDeltasReplaceAndMergingKeepsTheAnswer(t *testing.T) {
	t.Parallel()
	about := func(id, name string) advisory.Record {
		return advisory.Record{ID: id, Affected: []advisory.Affected{{Ecosystem: "npm", Name: name, Versions: []string{"1"}}}}
	}
	gone := advisory.Record{ID: "C"}
	file := compile(t, false, about("A", "one"), about("B", "one"), about("C", "one"))
	file = append(file, compile(t, true, about("B", "two"), about("D", "one"), gone)...)
	file = append(file, compile(t, true, about("A", "one"), about("E", "one"))...)
	ix := open(t, file)
	var merged bytes.Buffer
	w, err := compiled.NewWriter(&merged, match.Rules)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Copy(ix); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(ix.Feeds(), false); err != nil {
		t.Fatal(err)
	}
	for name, ix := range map[string]*compiled.Index{"chain": ix, "merged": open(t, merged.Bytes())} {
		if got := ids(records(t, ix, "npm", "one")); got != "A D E" {
			t.Errorf("%s: one has %s", name, got)
		}
		if got := ids(records(t, ix, "npm", "two")); got != "B" {
			t.Errorf("%s: two has %s", name, got)
		}
	}
	if ix.Segments() != 3 || ix.Crowded() {
		t.Errorf("%d segments, crowded: %v", ix.Segments(), ix.Crowded())
	}
}

func TestTheSameRecordsGiveTheSameBytes(t *testing.T) {
	t.Parallel()
	list := make([]advisory.Record, 50)
	for i := range list {
		list[i] = advisory.Record{ID: fmt.Sprint(i), Affected: []advisory.Affected{{Ecosystem: "npm", Name: fmt.Sprint(i % 7), Release: fmt.Sprint(i % 3)}}}
	}
	if !bytes.Equal(compile(t, false, list...), compile(t, false, list...)) {
		t.Error("two files of one input differ")
	}
}

// TestDamageIsAnError flips and cuts: whatever is answered must be what was
// written, or an error.
func TestDamageIsAnError(t *testing.T) {
	t.Parallel()
	r := whole()
	file := compile(t, false, r)
	key := advisory.PackageKey{Ecosystem: "npm", Name: "left-pad"}
	want := records(t, open(t, file), key.Ecosystem, key.Name)
	for i := range file {
		broken := slices.Clone(file)
		broken[i] ^= 0x41
		ix, err := compiled.Open(broken, match.Rules)
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Fatalf("byte %d: %v is not the input's fault", i, err)
			}
			continue
		}
		if ix.Verify() == nil {
			t.Fatalf("byte %d: damage passes", i)
		}
		got, err := ix.Records(key)
		if err == nil && !cmp.Equal(got, want) {
			t.Fatalf("byte %d: another answer", i)
		}
	}
	for n := range file {
		if _, err := compiled.Open(file[:n], match.Rules); err == nil {
			t.Fatalf("%d of %d bytes are taken for a whole file", n, len(file))
		}
	}
}

func TestForeignFilesAreRefused(t *testing.T) {
	t.Parallel()
	delta := compile(t, true, whole())
	for name, file := range map[string][]byte{
		"empty": nil, "text": []byte(strings.Repeat("advisory ", 100)), "delta alone": delta, "with a tail": append(compile(t, false, whole()), 'x'),
	} {
		if _, err := compiled.Open(file, match.Rules); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	other := compile(t, false, whole())
	if head, end := int(binary.LittleEndian.Uint16(other[6:])), string(other[len(other)-3:]); fmt.Sprintf("%03d", head) != end {
		t.Errorf("the format is %d at the beginning and %s at the end", head, end)
	}
	copy(other[len(other)-3:], "001")
	if _, err := compiled.Open(other, match.Rules); err == nil || !strings.Contains(err.Error(), `format "001"`) {
		t.Errorf("another format: %v", err)
	}
	if _, err := compiled.Open(compile(t, false, whole()), "match 0"); err == nil || !strings.Contains(err.Error(), "match 0") {
		t.Errorf("other rules: %v", err)
	}
}

// TestAnswersAreThoseOfTheMaps compares with plain maps on made-up records.
func TestAnswersAreThoseOfTheMaps(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom([]string{"a", "A", "b-c", "b_c", ""})
		ecosystem := rapid.SampledFrom([]string{"npm", "PyPI", "Debian"})
		entry := rapid.Custom(func(t *rapid.T) advisory.Affected {
			return advisory.Affected{
				Ecosystem: ecosystem.Draw(t, "ecosystem"), Name: name.Draw(t, "name"), Release: rapid.SampledFrom([]string{"", "11"}).Draw(t, "release"),
				Versions: rapid.SliceOfN(rapid.String(), 1, 3).Draw(t, "versions"),
			}
		})
		list := make([]advisory.Record, rapid.IntRange(0, 6).Draw(t, "records"))
		maps := make([]*advisory.Record, len(list))
		for i := range list {
			list[i] = advisory.Record{ID: fmt.Sprint(i), Affected: rapid.SliceOfN(entry, 0, 4).Draw(t, "entries")}
			maps[i] = &list[i]
		}
		var file bytes.Buffer
		w, err := compiled.NewWriter(&file, match.Rules)
		for i := range list {
			if err == nil {
				err = w.Add(&list[i])
			}
		}
		if err == nil {
			err = w.Close(nil, false)
		}
		if err != nil {
			t.Fatal(err)
		}
		ix, err := compiled.Open(file.Bytes(), match.Rules)
		if err != nil {
			t.Fatal(err)
		}
		plain := match.NewMapIndex(maps, nil)
		for _, e := range []string{"npm", "PyPI", "Debian"} {
			for _, n := range []string{"a", "A", "b-c", "b_c", "x"} {
				key := advisory.PackageKey{Ecosystem: e, Name: n}
				got, err := ix.Records(key)
				if err != nil {
					t.Fatal(err)
				}
				if want := only(plain, key); !cmp.Equal(got, want) {
					t.Fatalf("%v: %s", key, cmp.Diff(want, got))
				}
			}
		}
	})
}

// only cuts what the maps have down to the entries about one package.
func only(ix *match.MapIndex, key advisory.PackageKey) []*advisory.Record {
	var list []*advisory.Record
	found, _ := ix.Records(key)
	for _, r := range found {
		cut := *r
		cut.Affected = slices.DeleteFunc(slices.Clone(r.Affected), func(a advisory.Affected) bool {
			return a.Ecosystem != key.Ecosystem || advisory.NormalName(a.Ecosystem, a.Name) != key.Name
		})
		list = append(list, &cut)
	}
	return list
}

func FuzzOpen(f *testing.F) {
	f.Add(compile(f, false, whole()), "npm", "left-pad")
	f.Add(append(compile(f, false, whole()), compile(f, true, whole())...), "Debian", "left-pad")
	f.Add([]byte("TMIDX"), "npm", "x")
	f.Fuzz(func(t *testing.T, file []byte, ecosystem, name string) {
		ix, err := compiled.Open(file, match.Rules)
		if err != nil {
			return
		}
		_, _ = ix.Records(advisory.PackageKey{Ecosystem: ecosystem, Name: name})
		_, _ = ix.Known(name)
		w, err := compiled.NewWriter(new(bytes.Buffer), match.Rules)
		if err != nil {
			t.Fatal(err)
		}
		if w.Copy(ix) == nil {
			_ = w.Close(nil, false)
		}
	})
}
