package doordb_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/store/storetest"
)

func at(minute int) time.Time { return time.Date(2026, 1, 1, 0, minute, 0, 0, time.UTC) }

func TestReceipts(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		db, ctx := e.Fresh(t), t.Context()
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		begun := ctem.Receipt{ID: "a", At: at(1), By: "token:1 ci", Kind: "sbom"}
		must(db.BeginReceipt(ctx, begun))
		if _, err := db.FindReceipt(ctx, "a"); fault.KindOf(err) != fault.NotFound {
			t.Errorf("what is not known to be stored is shown: %v", err)
		}
		must(db.DropReceipt(ctx, "a"))
		if _, _, err := db.Head(ctx, ctem.StreamEvidence); err != nil {
			t.Fatal(err)
		}
		raw := begun
		raw.Artifact, raw.Environments, raw.Body = "sha256:1", []string{"prod"}, "[]"
		must(db.BeginReceipt(ctx, begun))
		noted, err := db.NoteReceipt(ctx, raw)
		must(err)
		if noted.Seq != 0 {
			t.Errorf("nothing is in the stream, and its end is %d", noted.Seq)
		}
		must(db.Sweep(ctx, at(0), at(0)))
		must(db.DropReceipt(ctx, "a"))
	})
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		db, ctx := e.Fresh(t), t.Context()
		claim := func(actor string, begun, lost time.Time) (ctem.Answer, bool) {
			t.Helper()
			a, ok, err := db.ClaimAnswer(ctx, ctem.Answer{Actor: actor, Key: "k", Begun: begun}, lost)
			if err != nil {
				t.Fatal(err)
			}
			return a, ok
		}
		first, ok := claim("a", at(10), at(5))
		if !ok {
			t.Fatal("a new key is refused")
		}
		if _, ok := claim("b", at(10), at(5)); !ok {
			t.Error("another's key is in the way")
		}
		if have, ok := claim("a", at(11), at(6)); ok || have.Status != 0 {
			t.Errorf("a key in use: %v %+v", ok, have)
		}
		taken, ok := claim("a", at(20), at(15))
		if !ok {
			t.Error("a key of a request that was cut off is not taken over")
		}
		first.Status = 500
		if err := db.KeepAnswer(ctx, first); err != nil {
			t.Fatal(err)
		}
		taken.Request, taken.Status, taken.Media, taken.Location, taken.Body = "h", 202, "m", "l", []byte("x")
		if err := db.KeepAnswer(ctx, taken); err != nil {
			t.Fatal(err)
		}
		if err := db.LeaveAnswer(ctx, taken); err != nil {
			t.Fatal(err)
		}
		have, ok := claim("a", at(60), at(55))
		if d := cmp.Diff(taken, have); ok || d != "" {
			t.Errorf("what was answered (-want +got), claimed %v:\n%s", ok, d)
		}
		if err := db.Sweep(ctx, at(30), at(30)); err != nil {
			t.Fatal(err)
		}
		if _, ok := claim("a", at(61), at(55)); !ok {
			t.Error("what was swept is still there")
		}
	})
}
