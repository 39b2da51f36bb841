package proofdb_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/store"
	"github.com/tidemark/tidemark/internal/store/storetest"
	"github.com/tidemark/tidemark/internal/twin"
)

func hour(n int) time.Time { return time.Date(2026, 5, 1, n, 0, 0, 0, time.UTC) }

func door(service string, pieces ...ctem.ProvedPiece) ctem.Proved {
	return ctem.Proved{ProofKey: ctem.ProofKey{Scope: "prod", Kind: twin.KindWorkload, Name: service, Check: ctem.CheckDoor, About: "d"}, Place: 7, Pieces: pieces}
}

func piece(from, to int, f ctem.Finding) ctem.ProvedPiece {
	p := ctem.ProvedPiece{From: hour(from), Finding: f, Body: []byte(`{"why":"` + string(f) + `","rules":"1"}`)}
	if to > 0 {
		p.To = hour(to)
	}
	return p
}

// write works the world prod out from one hour until another, at a clock reading.
func write(ctx context.Context, db *store.DB, now time.Time, batch ctem.ProofBatch) (int, error) {
	if _, err := db.CommitProofs(ctx, ctem.Advance{Step: "validate", Now: now}, ctem.ProofBatch{Moved: []ctem.WorldMove{batch.Done}}); err != nil {
		return 0, err
	}
	return db.CommitProofs(ctx, ctem.Advance{Step: "validate", Now: now}, batch)
}

func batch(since, until int, list ...ctem.Proved) ctem.ProofBatch {
	b := ctem.ProofBatch{Done: ctem.WorldMove{World: "prod", Since: hour(since)}, Proofs: list}
	if until > 0 {
		b.Until = hour(until)
	}
	return b
}

func told(t *testing.T, db *store.DB, at ctem.AsOf) map[string]string {
	t.Helper()
	page, err := db.Proofs(t.Context(), ctem.ProofQuery{ListQuery: ctem.ListQuery{AsOf: at}})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, p := range page.Items {
		if p.Body.Why != string(p.Finding) || p.ID != ctem.ProofID(p.ProofKey) {
			t.Errorf("%+v", p)
		}
		out[p.Name] = string(p.Finding)
	}
	return out
}

// Answers are kept with both times: what was so, and what was believed of it.
func TestBothTimes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		t.Parallel()
		db, ctx := e.Fresh(t), t.Context()
		steps := []struct {
			b    ctem.ProofBatch
			want int
		}{
			{batch(1, 0, door("a", piece(1, 0, ctem.PolicyAllowed)), door("b", piece(1, 0, ctem.NotKnown))), 2},
			{batch(5, 0, door("a", piece(5, 0, ctem.PolicyDenied)), door("b", piece(5, 0, ctem.NotKnown))), 1},
			{batch(5, 0, door("a", piece(5, 0, ctem.PolicyDenied)), door("b", piece(5, 0, ctem.NotKnown))), 0},
			{batch(3, 5, door("a", piece(3, 5, ctem.NotKnown)), door("b", piece(3, 5, ctem.NotKnown))), 1}, // late evidence
			{batch(8, 0, door("b", piece(8, 0, ctem.NotKnown))), 1},                                        // a is gone
		}
		for i, s := range steps {
			if n, err := write(ctx, db, hour(10+i), s.b); err != nil || n != s.want {
				t.Fatalf("step %d: %d changed, %v", i, n, err)
			}
		}
		for _, x := range []struct {
			at, known int
			want      map[string]string
		}{
			{0, 0, map[string]string{}},
			{2, 0, map[string]string{"a": "policy-allowed", "b": "unknown"}},
			{4, 0, map[string]string{"a": "unknown", "b": "unknown"}},
			{6, 0, map[string]string{"a": "policy-denied", "b": "unknown"}},
			{9, 0, map[string]string{"b": "unknown"}},
			{4, 12, map[string]string{"a": "policy-allowed", "b": "unknown"}}, // before the late evidence came
			{9, 13, map[string]string{"a": "policy-denied", "b": "unknown"}},
			{6, 10, map[string]string{"a": "policy-allowed", "b": "unknown"}},
			{6, 9, map[string]string{}},
		} {
			q := ctem.AsOf{At: hour(x.at), Now: hour(20)}
			if x.known > 0 {
				q.KnownAt = hour(x.known)
			}
			if diff := cmp.Diff(x.want, told(t, db, q)); diff != "" {
				t.Errorf("at %d as known at %d: %s", x.at, x.known, diff)
			}
		}
		closed, err := db.ClosedDoors(ctx, []int64{7, 8})
		want := map[int64][]ctem.Closed{7: {{From: hour(5), To: hour(8), Door: "d", Why: "policy-denied"}}}
		if diff := cmp.Diff(want, closed); err != nil || diff != "" {
			t.Errorf("closed doors, %v: %s", err, diff)
		}
		places, last, err := db.ProofChanges(ctx, 0, 100)
		if diff := cmp.Diff([]int64{7}, places); err != nil || diff != "" || last != 5 {
			t.Errorf("changes up to %d, %v: %s", last, err, diff)
		}
	})
}

// A world is taken off the list by one only, and from the earliest time that was named.
func TestList(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		t.Parallel()
		db, ctx := e.Fresh(t), t.Context()
		adv := ctem.Advance{Step: "validate", Moves: []ctem.Move{{Stream: ctem.StreamTwin, From: 0, To: 3}}, Now: hour(1)}
		moved := ctem.ProofBatch{Moved: []ctem.WorldMove{{World: "prod", Since: hour(4)}}, Read: hour(1)}
		if _, err := db.CommitProofs(ctx, adv, moved); err != nil {
			t.Fatal(err)
		}
		if _, err := db.CommitProofs(ctx, adv, moved); !errors.Is(err, ctem.ErrRaced) {
			t.Errorf("a second reader: %v", err)
		}
		adv.Moves = nil
		for _, since := range []int{6, 2} {
			if _, err := db.CommitProofs(ctx, adv, ctem.ProofBatch{Moved: []ctem.WorldMove{{World: "prod", Since: hour(since)}}}); err != nil {
				t.Fatal(err)
			}
		}
		left, err := db.WorldsLeft(ctx, 5)
		if diff := cmp.Diff([]ctem.WorldMove{{World: "prod", Since: hour(2)}}, left); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
		if _, err := db.CommitProofs(ctx, adv, batch(4, 0)); !errors.Is(err, ctem.ErrRaced) {
			t.Errorf("what was found to differ from earlier on: %v", err)
		}
		if _, err := db.CommitProofs(ctx, adv, batch(2, 2)); err != nil { // set aside
			t.Error(err)
		}
		if left, err := db.WorldsLeft(ctx, 5); err != nil || len(left) > 0 {
			t.Errorf("%v %v", left, err)
		}
	})
}

// Pages continue, and a list is narrowed by what is asked and by rights.
func TestProofs(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		t.Parallel()
		db, ctx := e.Fresh(t), t.Context()
		_, err := db.ApplyScope(ctx, ctem.Scope{
			Products: []ctem.ScopeProduct{{Name: "p"}}, Services: []ctem.ScopeService{{Name: "b", Products: []string{"p"}, Owner: "x"}},
		}, ctem.ScopeVersion{At: hour(0), By: "ann"})
		if err != nil {
			t.Fatal(err)
		}
		account := ctem.Proved{ProofKey: ctem.ProofKey{Scope: "prod", Kind: twin.KindServiceAccount, Name: "shop/cart", Check: ctem.CheckAccess}, Pieces: []ctem.ProvedPiece{piece(1, 0, ctem.Can)}}
		list := []ctem.Proved{account, door("a", piece(1, 0, ctem.PolicyAllowed)), door("b", piece(1, 0, ctem.PolicyDenied)), door("c", piece(1, 0, ctem.PolicyAllowed))}
		if _, err := write(ctx, db, hour(2), batch(1, 0, list...)); err != nil {
			t.Fatal(err)
		}
		term := func(key string, values ...string) ctem.ListQuery {
			return ctem.ListQuery{Terms: []ctem.Term{{Key: key, Op: ":", Values: values}}}
		}
		for name, x := range map[string]struct {
			q    ctem.ProofQuery
			want []string
		}{
			"all":      {ctem.ProofQuery{}, []string{"shop/cart", "a", "b", "c"}},
			"check":    {ctem.ProofQuery{Checks: []ctem.Check{ctem.CheckAccess}}, []string{"shop/cart"}},
			"service":  {ctem.ProofQuery{ListQuery: term("service", "a", "c")}, []string{"a", "c"}},
			"verdict":  {ctem.ProofQuery{ListQuery: term("verdict", "policy-denied")}, []string{"b"}},
			"account":  {ctem.ProofQuery{ListQuery: term("account", "cart")}, []string{"shop/cart"}},
			"no_part":  {ctem.ProofQuery{ListQuery: term("account", "art")}, nil},
			"product":  {ctem.ProofQuery{ListQuery: ctem.ListQuery{Products: []string{"p"}}}, []string{"b"}},
			"owner":    {ctem.ProofQuery{ListQuery: ctem.ListQuery{Owner: "x"}}, []string{"b"}},
			"nothing":  {ctem.ProofQuery{ListQuery: ctem.ListQuery{Products: []string{}}}, nil},
			"text":     {ctem.ProofQuery{ListQuery: term(ctem.TextKey, "cart")}, []string{"shop/cart"}},
			"environs": {ctem.ProofQuery{ListQuery: term("env", "stage")}, nil},
		} {
			var got []string
			x.q.Limit, x.q.Now = 2, hour(3)
			for {
				page, err := db.Proofs(ctx, x.q)
				if err != nil || page.Total != len(x.want) {
					t.Fatalf("%s: %d of %d, %v", name, page.Total, len(x.want), err)
				}
				for _, p := range page.Items {
					got = append(got, p.Name)
				}
				if x.q.After = page.Next; page.Next == "" {
					break
				}
			}
			if diff := cmp.Diff(x.want, got); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
		for _, q := range []ctem.ListQuery{term("verdict", "fine"), term("colour", "red")} {
			if _, err := db.Proofs(ctx, ctem.ProofQuery{ListQuery: q}); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%v: %v", q.Terms, err)
			}
		}
	})
}

func crashes() map[string]storetest.Crash {
	return map[string]storetest.Crash{"proofs": {
		Prepare: func(ctx context.Context, db *store.DB) error {
			_, err := write(ctx, db, hour(10), batch(1, 0, door("a", piece(1, 0, ctem.PolicyAllowed))))
			return err
		},
		Work: func(ctx context.Context, db *store.DB) error {
			at, err := db.Cursor(ctx, "validate", ctem.StreamTwin)
			if err != nil {
				return err
			}
			if at == 0 {
				adv := ctem.Advance{Step: "validate", Now: hour(11), Moves: []ctem.Move{{Stream: ctem.StreamTwin, To: 3}}}
				if _, err := db.CommitProofs(ctx, adv, ctem.ProofBatch{Moved: []ctem.WorldMove{{World: "prod", Since: hour(5)}}, Read: hour(9)}); err != nil {
					return err
				}
			}
			left, err := db.WorldsLeft(ctx, 1)
			if err != nil || len(left) == 0 {
				return err
			}
			_, err = db.CommitProofs(ctx, ctem.Advance{Step: "validate", Now: hour(12)}, batch(5, 0, door("a", piece(5, 0, ctem.PolicyDenied)), door("b", piece(5, 0, ctem.NotKnown))))
			return err
		},
	}}
}

// The step may be killed between any two statements.
func TestCrash(t *testing.T) {
	if storetest.Child(t, crashes()) {
		return
	}
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) { crashes()["proofs"].Suite(t, e, "proofs") })
}
