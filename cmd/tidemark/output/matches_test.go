package output

import (
	"bytes"
	"reflect"
	"testing"
	"time"

	"github.com/tidemark/tidemark/api"
)

// sameMatches wants of a document what the standard library makes of it.
func sameMatches(t *testing.T, m *api.Matches) {
	t.Helper()
	var want, got bytes.Buffer
	errWant := (&Printer{Out: &want}).Indented(m)
	errGot := (&Printer{Out: &got}).Matches(m)
	switch {
	case (errWant == nil) != (errGot == nil):
		t.Fatalf("%v, and the library says %v", errGot, errWant)
	case !bytes.Equal(want.Bytes(), got.Bytes()):
		t.Fatalf("the library writes\n%s\nand we\n%s", want.Bytes(), got.Bytes())
	}
}

// fill gives every field a value, also those that are added one day.
func fill(v reflect.Value, text string, n int) {
	switch v.Kind() {
	case reflect.Struct:
		if v.CanSet() && v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Date(2026, 1, n%28, 3, 4, 5, n*1000, time.FixedZone("", 3600*(n%5)))))
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i), text, n+i)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), n%4, n%4))
		for i := range v.Len() {
			fill(v.Index(i), text, n+i)
		}
	case reflect.Pointer:
		if n%3 > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(v.Elem(), text, n)
		}
	case reflect.String:
		v.SetString(text[min(n%3, len(text)):])
	case reflect.Int:
		v.SetInt(int64(n) - 3)
	default:
		panic(v.Kind().String())
	}
}

func TestMatchesAsTheLibraryWritesThem(t *testing.T) {
	t.Parallel()
	sameMatches(t, &api.Matches{})
	sameMatches(t, &api.Matches{Items: []api.Match{}, Feeds: []api.Feed{{}}, Summary: []api.ScannedSummary{{}}, Undecided: []api.Undecided{{}}})
	sameMatches(t, &api.Matches{AsOf: time.Date(12345, 1, 1, 0, 0, 0, 0, time.UTC)})
	for n := range 40 {
		var m api.Matches
		fill(reflect.ValueOf(&m).Elem(), "a<b>&\"c\\/\x00\x1f\b\f\n\r\t\x7f\u2028\u2029é\xff\xc3€😀\ufffd", n)
		sameMatches(t, &m)
	}
}

func FuzzMatches(f *testing.F) {
	f.Add("pkg:npm/%40a/b@1?x=y&z", 3)
	f.Add("\xe2\x80\xa8\xe2\x80\xa9\xff\x00", 7)
	f.Fuzz(func(t *testing.T, text string, n int) {
		var m api.Matches
		fill(reflect.ValueOf(&m).Elem(), text, max(n, 0)%64)
		sameMatches(t, &m)
	})
}
