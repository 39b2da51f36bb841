package estatedb

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/twin"
)

func FuzzUnpackGraph(f *testing.F) {
	f.Add(PackGraph([]int64{3, 1, 9}, []twin.Dependency{{From: -1, To: []int{0, 2}}, {From: 0, To: []int{1}}}))
	f.Add(PackGraph(nil, nil))
	f.Add([]byte{255, 255, 255, 255, 15})
	f.Fuzz(func(t *testing.T, b []byte) {
		parts, deps, err := unpackGraph(b)
		if err != nil {
			return
		}
		again, deps2, err := unpackGraph(PackGraph(parts, deps))
		if err != nil || !cmp.Equal(parts, again) || !cmp.Equal(deps, deps2) {
			t.Errorf("%v %v became %v %v, %v", parts, deps, again, deps2, err)
		}
	})
}
