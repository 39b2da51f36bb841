package assess

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/match/compiled"
	"github.com/tidemark/tidemark/internal/store/storetest"
)

// memoryShelf keeps its file in memory, and is told of damage.
type memoryShelf struct {
	follow  Follower
	file    []byte
	upTo    int64
	asked   int
	damaged bool
	spoiled error
}

func (m *memoryShelf) Newest(ctx context.Context) (Records, func(), error) {
	var more bytes.Buffer
	if m.file == nil {
		if err := m.follow.Compile(ctx, &more); err != nil {
			return nil, nil, err
		}
		m.file = more.Bytes()
	}
	ix, err := m.follow.Open(ctx, m.file)
	if err != nil {
		return nil, nil, err
	}
	more = bytes.Buffer{}
	lag, upTo, err := m.follow.Delta(ctx, max(m.upTo, ix.Mark().Seq), &more)
	if err != nil {
		return nil, nil, err
	}
	if m.upTo = upTo; lag == Behind {
		m.file = append(m.file, more.Bytes()...)
		if ix, err = m.follow.Open(ctx, m.file); err != nil {
			return nil, nil, err
		}
	}
	m.asked++
	if m.damaged {
		return damage{}, func() {}, nil
	}
	return ix, func() {}, nil
}

func (m *memoryShelf) Spoiled(err error) { m.spoiled = err }

// damage is what a broken file answers.
type damage struct{}

func (damage) Records(advisory.PackageKey) ([]*advisory.Record, error) { return nil, os.ErrInvalid }

// testShelved: what is found does not depend on where records are read.
func testShelved(t *testing.T, e *storetest.Engine) {
	play := func(shelved, damaged bool) (string, *memoryShelf) {
		dice := rand.New(rand.NewPCG(1, 4))
		cfg := e.New(t)
		x := newEstate(t, e.Open(t, cfg))
		shelf := &memoryShelf{follow: Follower{x.db}, damaged: damaged}
		if shelved {
			x.shelf = shelf
		}
		x.sbom(one, 1, lodash17, "pkg:npm/left-pad@1.0.0")
		x.sbom(two, 3, lodash21, "pkg:npm/left-pad@1.1.0")
		x.runs("shop", seen(one, 2, 8), seen(two, 8, 0))
		x.drain()
		for range 12 {
			x.advise(anyRecord(dice))
			x.drain()
		}
		return e.Dump(t, cfg, "meta"), shelf
	}
	want, _ := play(false, false)
	got, shelf := play(true, false)
	if diff := cmp.Diff(want, got); diff != "" || shelf.asked == 0 || shelf.spoiled != nil {
		t.Errorf("asked %d times, spoiled by %v; from the shelf (+) other things are found than in the store (-):\n%s", shelf.asked, shelf.spoiled, diff)
	}
	got, shelf = play(true, true)
	if diff := cmp.Diff(want, got); diff != "" || shelf.spoiled == nil {
		t.Errorf("with a damaged shelf, spoiled by %v:\n%s", shelf.spoiled, diff)
	}
}

// testFollows: a merged file says what its deltas said, and one of another
// store is refused.
func testFollows(t *testing.T, e *storetest.Engine) {
	x := newEstate(t, e.Fresh(t))
	shelf := &memoryShelf{follow: Follower{x.db}}
	dice := rand.New(rand.NewPCG(2, 4))
	key := advisory.PackageKey{Ecosystem: "npm", Name: "lodash"}
	var ix Records
	for range 10 {
		x.advise(anyRecord(dice))
		var err error
		if ix, _, err = shelf.Newest(x.ctx); err != nil {
			t.Fatal(err)
		}
	}
	stored, err := x.db.RecordsFor(x.ctx, []advisory.PackageKey{key})
	if err != nil {
		t.Fatal(err)
	}
	var want []*advisory.Record
	for i := range stored {
		want = append(want, &stored[i])
	}
	full, ok := ix.(*compiled.Index)
	if !ok {
		t.Fatal(ix)
	}
	var merged bytes.Buffer
	if err := shelf.follow.Merge(x.ctx, full, &merged); err != nil {
		t.Fatal(err)
	}
	one, err := shelf.follow.Open(x.ctx, merged.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	for name, records := range map[string]Records{"deltas": ix, "merged": one} {
		got, err := records.Records(key)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-store +file):\n%s", name, err, diff)
		}
	}
	if one.Mark() != full.Mark() || one.Segments() != 1 || full.Segments() < 2 {
		t.Errorf("merged %+v in %d segments of %+v in %d", one.Mark(), one.Segments(), full.Mark(), full.Segments())
	}
	if _, err := (Follower{e.Fresh(t)}).Open(x.ctx, merged.Bytes()); err == nil {
		t.Error("another store takes the file for its own")
	}
}
