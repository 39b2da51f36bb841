package exposuredb

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// benchExposures is how many exposures the reads are measured on.
const benchExposures = 100_000

// benchURL names the variable with the address of the server to measure.
const benchURL = "TIDEMARK_BENCH_URL"

// openMeasured opens this room of the engine that is asked for.
func openMeasured(t *testing.T) *Store {
	t.Helper()
	db, err := sqldb.Open(context.Background(), sqldb.Config{Dir: t.TempDir(), URL: os.Getenv(benchURL)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return New(db)
}

// vacuum tells the server's planner what there is.
func vacuum(ctx context.Context, tb testing.TB, url string) {
	tb.Helper()
	raw, err := sql.Open("pgx", url)
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := raw.ExecContext(ctx, "VACUUM ANALYZE"); err != nil {
		tb.Fatal(err)
	}
	if err := raw.Close(); err != nil {
		tb.Fatal(err)
	}
}

// fillExposures writes n decided exposures over 1,000 services, of which a
// tenth is closed and a hundredth is deployed nowhere.
func fillExposures(tb testing.TB, db *Store, n int) time.Time {
	tb.Helper()
	now := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	ctx := context.Background()
	const each = 1000
	for at := 0; at < n; at += each {
		batch := benchBatch(at/each, each)
		if _, err := db.CommitExposures(ctx, ctem.Advance{Step: "bench", Now: now}, batch); err != nil {
			tb.Fatal(err)
		}
	}
	err := db.write(ctx, func(t *tx) error {
		_, err := t.Exec(`UPDATE exposure SET decision = 1 + num % 4, lapsed = 1 + num % 4, score = (num * 7919) % 1000, decided_revision = 1`)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	if url := os.Getenv(benchURL); db.db.Engine() == "postgres" {
		vacuum(ctx, tb, url)
	}
	return now
}

// benchBatch opens a service's exposures to weaknesses that are new or known.
func benchBatch(n, exposures int) ctem.AssessedBatch {
	batch := ctem.AssessedBatch{Places: []ctem.Assessed{benchPlace(n, exposures)}}
	for i := range exposures {
		key := benchWeakness(i + n)
		batch.Weaknesses = append(batch.Weaknesses, ctem.WeaknessChange{Key: key, Canonical: key, Kind: ctem.Vulnerability, Names: []string{key}})
	}
	return batch
}

func benchWeakness(i int) string { return fmt.Sprintf("CVE-2026-%05d", i%5000) }

// benchPlace is a service with many exposures.
func benchPlace(n, exposures int) ctem.Assessed {
	began := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	a := ctem.Assessed{Place: int64(n + 1), Service: fmt.Sprintf("service-%04d", n), Environment: "prod"}
	basis := ctem.Basis{Sources: []ctem.SourceScope{{Source: fmt.Sprintf("agent-%d", n%5), Scope: "prod"}}}
	running := ctem.Yes
	if n%100 == 99 {
		a.Environment, basis, running = twin.NoEnvironment, ctem.Basis{AnyRuntime: true}, ctem.No
	}
	a.Covers = []ctem.Cover{{From: began, Live: true, Covered: n%10 != 0, Sources: basis.Sources}}
	for i := range exposures {
		purl := fmt.Sprintf("pkg:npm/package-%04d", (i*31+n)%3000)
		p := ctem.Piece{
			From: began, Since: began, State: ctem.Open, Running: running, Reachable: ctem.Unknown, Basis: basis, Fix: "2.0.0",
			Advisories: []string{benchWeakness(i + n)},
			Instances: []ctem.Instance{{
				Purl: purl + "@1.2.3", Version: "1.2.3", Artifact: fmt.Sprintf("sha256:%064d", n), Image: "registry.example/team/" + a.Service,
				Container: "main", Source: "agent", Class: twin.Observed, Proven: true, Replicas: 3, Advisory: benchWeakness(i + n), Fixed: []string{"2.0.0"},
			}},
		}
		pieces := []ctem.Piece{p}
		if i%10 == 0 {
			end := began.AddDate(0, 1, 0)
			pieces[0].To = end
			p.From, p.Since, p.State, p.Reason = end, end, ctem.Fixed, "replaced"
			pieces = append(pieces, p)
		}
		a.Timelines = append(a.Timelines, ctem.Timeline{Weakness: benchWeakness(i + n), Locus: purl, Pieces: pieces})
	}
	return a
}

// TestExposureReadLatency prints the latencies of the reads that people wait
// for, on the engine that is asked for: TIDEMARK_BENCH=1 (embedded), and
// TIDEMARK_BENCH_URL for a server. It never fails for being slow.
func TestExposureReadLatency(t *testing.T) {
	if os.Getenv("TIDEMARK_BENCH") == "" {
		t.Skip("a measurement: set TIDEMARK_BENCH=1")
	}
	db := openMeasured(t)
	began := time.Now()
	now := fillExposures(t, db, benchExposures)
	t.Logf("%s: %d exposures written in %v", db.db.Engine(), benchExposures, time.Since(began).Round(time.Millisecond))
	measureReads(t, db, now)
}

func measureReads(t *testing.T, db *Store, now time.Time) {
	ctx := context.Background()
	list := func(at ctem.AsOf, query string) func() error {
		terms, err := ctem.ParseQuery(query)
		return func() error {
			if err != nil {
				return err
			}
			_, err := db.ListExposures(ctx, ctem.ListQuery{AsOf: at, Terms: terms, Limit: 100})
			return err
		}
	}
	affected := func(query string) func() error {
		return func() error {
			_, err := db.Affected(ctx, query, ctem.AsOf{Now: now}, 100)
			return err
		}
	}
	current := ctem.AsOf{Now: now}
	for _, m := range []struct {
		name string
		read func() error
	}{
		{"list", list(current, "")},
		{"list decision:act", list(current, "decision:act")},
		{"list is:open running:yes", list(current, "is:open running:yes")},
		{"list svc", list(current, "svc:service-0042")},
		{"list cve", list(current, "cve:"+benchWeakness(77))},
		{"list purl", list(current, "purl:pkg:npm/package-0042")},
		{"list text", list(current, "package-00")},
		{"list score:>=900", list(current, "score:>=900")},
		{"list is:fixed", list(current, "is:fixed")},
		{"list as-of", list(ctem.AsOf{At: now.AddDate(0, -4, 0)}, "")},
		{"affected cve", affected(benchWeakness(77))},
		{"affected purl", affected("pkg:npm/package-0042@1.2.3")},
		{"affected name", affected("package-0042")},
		{"affected nothing", affected("CVE-1999-0001")},
	} {
		t.Log(latency(t, m.name, m.read))
	}
}

func latency(t *testing.T, name string, read func() error) string {
	t.Helper()
	var took []time.Duration
	for range 21 {
		began := time.Now()
		if err := read(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return fmt.Sprintf("%-26s p50 %7.1f ms  p95 %7.1f ms", name, took[10].Seconds()*1e3, took[19].Seconds()*1e3)
}

// TestOpenThousand prints how long one commit takes that opens 1,000 exposures.
func TestOpenThousand(t *testing.T) {
	if os.Getenv("TIDEMARK_BENCH") == "" {
		t.Skip("a measurement: set TIDEMARK_BENCH=1")
	}
	db := openMeasured(t)
	fillExposures(t, db, 10_000)
	n := 10
	t.Log(latency(t, "open 1,000 exposures", func() error {
		n++
		_, err := db.CommitExposures(context.Background(), ctem.Advance{Step: "bench", Now: time.Now()}, benchBatch(n, 1000))
		return err
	}))
}
