package sbom

import (
	"encoding/binary"
	"testing"
)

// TestArePlain holds the check of eight bytes against that of one: it may be
// wrong on the safe side alone, and only behind a byte that is not plain.
func TestArePlain(t *testing.T) {
	t.Parallel()
	for c := range 256 {
		for at := range 8 {
			word := []byte("abcdefgh")
			word[at] = byte(c)
			want := isPlain(byte(c)) && c < 0x80
			if got := arePlain(binary.LittleEndian.Uint64(word)); got != want {
				t.Errorf("arePlain(%q) = %v", word, got)
			}
		}
	}
}
