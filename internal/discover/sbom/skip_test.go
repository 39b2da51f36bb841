package sbom

import (
	"encoding/binary"
	"math/bits"
	"testing"
)

// TestNotPlain holds the check of eight bytes against that of one.
func TestNotPlain(t *testing.T) {
	t.Parallel()
	for c := range 256 {
		for behind := range 256 {
			for at := range 8 {
				word := []byte("abcdefgh")
				word[at] = byte(c)
				if at < 7 {
					word[at+1] = byte(behind)
				}
				want := 8
				for i := range word {
					if !isPlain(word[i]) {
						want = i
						break
					}
				}
				if got := bits.TrailingZeros64(notPlain(binary.LittleEndian.Uint64(word))) / 8; got != want {
					t.Fatalf("%q is plain up to %d, want %d", word, got, want)
				}
			}
		}
	}
}

// FuzzSkip: the quick way over a value and the one that explains agree.
func FuzzSkip(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,-0.5e+3,"x\u00e4\n",true,null,{}],"b":{"c":[[],[{}]]}}`, `[[[[[[[[[[]]]]]]]]]]`, `[1,]`, `{"a" : 1 , }`, `{"a":1]`, `"12345678\"abcdefgh`, "\"\xff\"",
		"[\n        1,\n\t\r\n          2\n]", `nullx`, `tru`, `-`, `01`, `"é€😀\ud800"`, `"abc` + "\x01" + `"`, `{1:2}`, ``,
	} {
		f.Add([]byte(seed))
	}
	limits := Limits{Depth: 8, String: 16}.orDefaults()
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, depth := range []int{0, 3, 8} {
			quick, slow := scanner{data: data, limits: limits, depth: depth}, scanner{data: data, limits: limits, depth: depth}
			ok, err := quick.over(), slow.skipSlowly()
			if ok != (err == nil) || ok && (quick.pos != slow.pos || slow.depth != depth) {
				t.Fatalf("%q at depth %d: passed %v to %d, and slowly %v to %d", data, depth, ok, quick.pos, err, slow.pos)
			}
		}
	})
}
