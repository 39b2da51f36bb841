package output

import (
	"bytes"
	"testing"
)

func TestCellsThatLookLikeFormulas(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := writeCSV(&b, [][]string{{"=1+1", "@x", "-2", "ok"}}); err != nil || b.String() != "'=1+1,'@x,'-2,ok\n" {
		t.Errorf("%q %v", b.String(), err)
	}
}
