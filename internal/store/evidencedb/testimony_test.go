package evidencedb_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/store/evidencedb"
	"github.com/tidemark/tidemark/internal/store/storetest"
	"github.com/tidemark/tidemark/internal/twin"
)

func minute(n int) time.Time { return time.Date(2026, 1, 1, 0, n, 0, 0, time.UTC) }

func testimony(n int, state twin.SignatureState) twin.Testimony {
	return twin.Testimony{
		Source: "attestation", Document: fmt.Sprintf("%02d", n), Where: "f", Body: bytes.Repeat([]byte{byte(n)}, 3000),
		Annotations: map[string]string{"dev.sigstore.cosign/bundle": "b"}, Artifact: "sha256:a",
		Verdict: twin.Verdict{Trust: "t1", State: state, Hash: "h", At: minute(n)},
	}
}

// A document comes back as it was given, until the trust that judged it is that of
// today; given again without its annotations it keeps them.
func TestTestimonies(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		db, ctx := e.Fresh(t), t.Context()
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		unjudged := func(trust string, limit int, want ...twin.Testimony) {
			t.Helper()
			got, err := db.Unjudged(ctx, trust, limit)
			must(err)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("unjudged by %s: %s", trust, diff)
			}
		}
		one, two := testimony(1, twin.SignatureVerified), testimony(2, twin.SignatureFailed)
		must(db.KeepTestimonies(ctx, []twin.Testimony{one, two, one}, minute(5)))
		unjudged("t1", 10)
		unjudged("t2", 10, one, two)
		unjudged("t2", 1, one)

		bare := one
		bare.Annotations, bare.Artifact, bare.Where = nil, "", "elsewhere"
		bare.Verdict.State = twin.SignatureUnverified
		must(db.KeepTestimonies(ctx, []twin.Testimony{bare}, minute(6)))
		one.Verdict.State = twin.SignatureUnverified
		unjudged("t2", 1, one)

		one.Verdict = twin.Verdict{Trust: "t2", State: twin.SignatureVerified, Hash: "other", At: minute(9)}
		must(db.NoteVerdicts(ctx, []twin.Testimony{one}))
		unjudged("t2", 10, two)
		unjudged("t3", 1, one)

		must(db.DropTestimony(ctx, "attestation", "02"))
		kept, err := db.KeptTestimonies(ctx, []string{"01", "02"})
		must(err)
		if diff := cmp.Diff(map[[2]string]bool{{"attestation", "01"}: true}, kept); diff != "" {
			t.Error(diff)
		}
	})
}

// A document that is given while another trust judges it again is judged anew,
// whoever comes last, and what was told last stays what is known of it.
func TestTestimonyOfTwoMinds(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		db, ctx := e.Fresh(t), t.Context()
		given := testimony(5, twin.SignatureVerified)
		again := given
		again.Verdict = twin.Verdict{Trust: "", State: twin.SignatureUnverified, Hash: "gone", At: minute(7)}
		for _, k := range []twin.Testimony{again, given} {
			if err := db.KeepTestimonies(ctx, []twin.Testimony{k}, minute(8)); err != nil {
				t.Fatal(err)
			}
		}
		want := again
		want.Verdict.Trust = "-"
		for _, trust := range []string{"", "t1"} { // no trust has judged what is so now
			got, err := db.Unjudged(ctx, trust, 10)
			if diff := cmp.Diff([]twin.Testimony{want}, got); err != nil || diff != "" {
				t.Error(err, diff)
			}
		}
		again.Verdict.Trust, again.Verdict.At = "t1", minute(6) // the same verdict for an earlier time takes nothing back
		if err := db.KeepTestimonies(ctx, []twin.Testimony{again}, minute(9)); err != nil {
			t.Fatal(err)
		}
		got, err := db.Unjudged(ctx, "t2", 10)
		want.Verdict.Trust = "t1"
		if diff := cmp.Diff([]twin.Testimony{want}, got); err != nil || diff != "" {
			t.Error(err, diff)
		}
	})
}

func TestTrustTurn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		db, ctx := e.Fresh(t), t.Context()
		for _, want := range []twin.TrustTurn{{}, {Trust: "a", At: minute(1), After: "x"}, {Trust: "b", At: minute(2), Swept: true}} {
			if !want.At.IsZero() {
				if err := db.SetTrustTurn(ctx, want); err != nil {
					t.Fatal(err)
				}
			}
			got, err := db.TrustTurn(ctx)
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Error(err, diff)
			}
		}
	})
}

// Where there is no room, what is not verified goes first, then the oldest.
func TestRoomForTestimonies(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		db := e.Fresh(t)
		small := evidencedb.NewTestimonies(db.DB)
		kept := func(count, size int64) (out []string) {
			t.Helper()
			small.Count, small.Bytes = count, size
			if err := small.KeepTestimonies(t.Context(), nil, minute(9)); err != nil {
				t.Fatal(err)
			}
			list, err := small.Unjudged(t.Context(), "another", 10)
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range list {
				out = append(out, k.Document)
			}
			return out
		}
		for n, state := range []twin.SignatureState{twin.SignatureVerified, twin.SignatureVerified, twin.SignatureUnverified, twin.SignatureFailed} {
			if err := small.KeepTestimonies(t.Context(), []twin.Testimony{testimony(n, state)}, minute(n)); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff([]string{"00", "01", "03"}, kept(3, 1<<20)); diff != "" {
			t.Error("the oldest that is not verified goes:", diff)
		}
		if diff := cmp.Diff([]string{"01"}, kept(1, 1<<20)); diff != "" {
			t.Error("then the rest of those, then the oldest:", diff)
		}
		if got := kept(10, 1); got != nil {
			t.Error("too many bytes:", got)
		}
	})
}
