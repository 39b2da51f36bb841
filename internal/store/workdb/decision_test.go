package workdb

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// plainExposures writes n bare exposure rows that began at from.
func plainExposures(t *testing.T, db *Store, n int, from time.Time) {
	t.Helper()
	args := make([]any, 0, 22*n)
	for i := 1; i <= n; i++ {
		args = append(args, i, 1, sqldb.CodeOpen, sqldb.CodeYes, sqldb.CodeUnknown, 0, i, i, i, 0, 0, sqldb.Micros(from), sqldb.Micros(from), sqldb.Micros(from), sqldb.Micros(from),
			1, sqldb.Micros(from), sqldb.Micros(from), []byte("x"), fmt.Sprint("EXP-", i), "shop", "prod")
	}
	err := db.write(context.Background(), func(tx *tx) error {
		return tx.Insert(`INSERT INTO exposure (num, live, state, running, reachable, basis, place, weakness, locus, fixable, regressions,
			since, first_seen, first_from, changed_at, revision, valid_from, recorded_from, body, id, service, environment) VALUES`, 22, args, "")
	})
	if err != nil {
		t.Fatal(err)
	}
}

func someDecision(num int64, score int) ctem.Decision {
	at, epss := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), 0.25
	return ctem.Decision{
		Exposure: fmt.Sprint("EXP-", num), Num: num, Revision: 1, Word: ctem.ActNow, Computed: ctem.ActNow, Lapsed: ctem.ActNow,
		Score: score, LapsedScore: score + 1, Band: "High", Low: score - 10, High: score + 10, Grade: "C", Deadline: at.AddDate(0, 0, 3), LapsedDeadline: at.AddDate(0, 0, 3),
		Table: "T", Row: "R",
		Inputs:  []ctem.Input{{Name: "in KEV", Value: "yes", Source: "kev"}},
		Gates:   ctem.Gates{Found: ctem.Yes, Running: ctem.Yes, Reachable: ctem.Unknown, Exploitable: ctem.No, Matters: ctem.Unknown},
		Reasons: []ctem.GateReason{{Gate: "found", Value: ctem.Yes, Source: "GHSA-1", Reason: "it is there"}, {Gate: "running", Value: ctem.Yes, At: at}},
		Factors: []ctem.Factor{{Name: "start", Value: 1, Points: 1000}, {Name: "threat", Value: 1.0 / 3, Points: score - 1000, At: at, Assumed: true}},
		Rules:   "xr-1", Risk: 0.0123456789, Sentence: "Act now: …", NextChange: at.AddDate(1, 0, 0),
		Severity: ctem.SeverityHigh, KEV: ctem.No, EPSS: &epss, Owner: "team", OwnerRule: "assigned by alice", Treatment: ctem.TreatExcepted,
		Exception: &ctem.Exception{State: ctem.ExceptionInForce, Word: ctem.Watch, Until: at, By: "alice", ApprovedBy: "bob", Reason: "r", Ruling: 3},
	}
}

func commitDecisions(t *testing.T, db *Store, from, to int64, now time.Time, list ...ctem.Decision) {
	t.Helper()
	adv := ctem.Advance{Step: "prioritize", Moves: []ctem.Move{{Stream: ctem.StreamExposure, From: from, To: to}}, Now: now}
	if err := db.CommitDecisions(context.Background(), adv, list); err != nil {
		t.Fatal(err)
	}
}

func TestDecisionsComeBackAsOf(t *testing.T) {
	t.Parallel()
	db, ctx := openTest(t), context.Background()
	began := time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	noted := began.AddDate(0, 1, 0)
	plainExposures(t, db, 2, began)
	commitDecisions(t, db, 0, 5, noted, someDecision(1, 700))
	commitDecisions(t, db, 5, 6, noted.Add(time.Hour), someDecision(1, 800))
	first, second := someDecision(1, 700), someDecision(1, 800)
	first.ValidFrom, first.At = began, noted
	second.ValidFrom, second.At = noted.Add(time.Hour), noted.Add(time.Hour)
	for name, c := range map[string]struct {
		at   ctem.AsOf
		want *ctem.Decision
	}{
		"now":          {ctem.AsOf{Now: noted.AddDate(0, 1, 0)}, &second},
		"same-instant": {ctem.AsOf{Now: noted}, &second},
		"between":      {ctem.AsOf{At: noted.Add(time.Minute)}, &first},
		"beginning":    {ctem.AsOf{At: began}, &first},
		"before":       {ctem.AsOf{At: began.Add(-time.Second)}, nil},
		"known-before": {ctem.AsOf{At: noted.AddDate(0, 1, 0), KnownAt: noted.Add(time.Minute)}, &first},
		"not-known":    {ctem.AsOf{At: noted, KnownAt: began}, nil},
	} {
		got, found, err := db.DecisionAt(ctx, 1, c.at)
		if err != nil {
			t.Fatal(err)
		}
		if found != (c.want != nil) {
			t.Errorf("%s: found %v", name, found)
			continue
		}
		if found {
			if diff := cmp.Diff(*c.want, got); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	}
	nums, last, err := db.DecisionChanges(ctx, 1, 10)
	if err != nil || last != 2 || len(nums) != 1 {
		t.Errorf("changes %v to %d, %v", nums, last, err)
	}
}

func TestDecisionsStandInTheExposure(t *testing.T) {
	t.Parallel()
	db, ctx := openTest(t), context.Background()
	began := time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	plainExposures(t, db, 3, began)
	commitDecisions(t, db, 0, 1, began, someDecision(1, 700), someDecision(3, 650))
	var got [][3]int64
	err := db.read(ctx, func(tx *tx) error {
		return tx.Query(`SELECT num, decision, score FROM exposure ORDER BY num`, func(rows sqldb.Scanner) error {
			var r [3]int64
			err := rows.Scan(&r[0], &r[1], &r[2])
			got = append(got, r)
			return err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][3]int64{{1, 4, 700}, {2, 0, 0}, {3, 4, 650}}, got); diff != "" {
		t.Error(diff)
	}
	due, err := db.DueDecisions(ctx, someDecision(1, 0).NextChange, 10)
	if err != nil || len(due) != 2 {
		t.Errorf("due %v, %v", due, err)
	}
	calm := someDecision(1, 600)
	calm.NextChange = time.Time{}
	commitDecisions(t, db, 1, 2, began, calm)
	due, err = db.DueDecisions(ctx, someDecision(1, 0).NextChange, 10)
	if diff := cmp.Diff([]int64{3}, due); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestDecisionsLoseARaceWhole(t *testing.T) {
	t.Parallel()
	db, ctx := openTest(t), context.Background()
	now := time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	plainExposures(t, db, 1, now)
	commitDecisions(t, db, 0, 9, now)
	adv := ctem.Advance{Step: "prioritize", Moves: []ctem.Move{{Stream: ctem.StreamExposure, From: 0, To: 3}}, Now: now}
	if err := db.CommitDecisions(ctx, adv, []ctem.Decision{someDecision(1, 700)}); !errors.Is(err, ctem.ErrRaced) {
		t.Errorf("%v", err)
	}
	if got, found, err := db.DecisionAt(ctx, 1, ctem.AsOf{Now: now}); err != nil || found {
		t.Errorf("%v, %v", got, err)
	}
}

// TestLateEvidenceTakesThePlaceOfWhatFollowed: a decision that speaks from an
// earlier time on is believed in place of those after that time.
func TestLateEvidenceTakesThePlaceOfWhatFollowed(t *testing.T) {
	t.Parallel()
	got := turns(standing([]pastDecision{
		{seq: 1, from: 10, word: 2}, {seq: 2, from: 20, word: 4}, {seq: 3, from: 30, word: 2}, {seq: 4, from: 20, word: 2}, {seq: 5, from: 40, word: 3},
	}))
	if diff := cmp.Diff([]turn{{seq: 1}, {seq: 5, was: 4}}, got, cmp.AllowUnexported(turn{})); diff != "" {
		t.Error(diff)
	}
}
