package matchdb

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// writeWeaknesses commits weaknesses as a commit of exposures would.
func writeWeaknesses(t *testing.T, db *Store, changes ...ctem.WeaknessChange) {
	t.Helper()
	if err := db.db.Write(context.Background(), func(x *sqldb.Tx) error { return WriteWeaknesses(x, changes) }); err != nil {
		t.Fatal(err)
	}
}

func TestARedirectedWeaknessKeepsItsNames(t *testing.T) {
	t.Parallel()
	db, ctx := openTest(t), context.Background()
	ghsa := ctem.WeaknessChange{Key: "GHSA-1", Canonical: "GHSA-1", Kind: ctem.Vulnerability, Names: []string{"GHSA-1"}}
	cve := ctem.WeaknessChange{Key: "CVE-1", Canonical: "CVE-1", Kind: ctem.Vulnerability, Names: []string{"CVE-1", "PYSEC-1"}}
	writeWeaknesses(t, db, ghsa, cve)
	ghsa.Canonical, ghsa.Names, ghsa.Merged = "CVE-1", []string{"GHSA-1", "CVE-1", "PYSEC-1"}, []string{"CVE-1"}
	writeWeaknesses(t, db, ghsa)
	writeWeaknesses(t, db, ghsa) // again: nothing is different after it
	got, err := db.WeaknessesByName(ctx, []string{"GHSA-1", "CVE-1", "PYSEC-1", "CVE-2"})
	if err != nil {
		t.Fatal(err)
	}
	one := ctem.Weakness{Key: "GHSA-1", Canonical: "CVE-1", Kind: ctem.Vulnerability, Aliases: []string{"GHSA-1", "PYSEC-1"}}
	want := map[string]ctem.Weakness{"GHSA-1": one, "CVE-1": one, "PYSEC-1": one}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(ctem.Weakness{}, "ID")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if former, err := db.FormerNames(ctx, []string{"GHSA-1", "CVE-1", "PYSEC-1"}); err != nil || len(former) != 1 || former[0] != "CVE-1" {
		t.Errorf("former first names %v, %v; want CVE-1", former, err)
	}
	// Parted again: each has its own names, under the ids that they had.
	ghsa.Canonical, ghsa.Names, ghsa.Merged = "GHSA-1", []string{"GHSA-1"}, nil
	writeWeaknesses(t, db, ghsa, ctem.WeaknessChange{Key: "CVE-1", Canonical: "CVE-1", Kind: ctem.Vulnerability, Names: []string{"CVE-1"}})
	if got, err = db.WeaknessesByName(ctx, []string{"GHSA-1", "CVE-1", "PYSEC-1"}); err != nil {
		t.Fatal(err)
	}
	want = map[string]ctem.Weakness{
		"GHSA-1": {ID: 1, Key: "GHSA-1", Canonical: "GHSA-1", Kind: ctem.Vulnerability},
		"CVE-1":  {ID: 2, Key: "CVE-1", Canonical: "CVE-1", Kind: ctem.Vulnerability},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("parted (-want +got):\n%s", diff)
	}
}

func TestMatchedTellsNoMatchFromNotEvaluated(t *testing.T) {
	t.Parallel()
	db, ctx := openTest(t), context.Background()
	calm := ctem.Matched{Component: 7, Purl: "pkg:npm/calm@1.0.0", Version: "1.0.0", Compared: "1.0.0", Locus: "pkg:npm/calm", Ecosystem: "npm", Rules: "m-1"}
	err := db.db.Write(ctx, func(x *sqldb.Tx) error { return WriteMatched(x, []ctem.Matched{calm}) })
	if err != nil {
		t.Fatal(err)
	}
	got, err := db.Matched(ctx, []int64{7, 8})
	if diff := cmp.Diff(map[int64]ctem.Matched{7: calm}, got); diff != "" || err != nil {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
}
