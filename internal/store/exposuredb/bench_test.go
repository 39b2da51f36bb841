package exposuredb_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store"
	"github.com/tidemark/tidemark/internal/store/storetest"
	"github.com/tidemark/tidemark/internal/twin"
)

// benchExposures is how many exposures the reads are measured on.
const benchExposures = 100_000

// benchNow is when the questions are asked, and what was found was found.
func benchNow() time.Time { return time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC) }

// fillExposures writes n decided exposures of services with 1,000 each, of
// which a tenth is closed and a hundredth is deployed nowhere.
func fillExposures(b *testing.B, db *store.DB, n int) {
	b.Helper()
	ctx, adv := context.Background(), ctem.Advance{Step: "bench", Now: benchNow()}
	const each = 1000
	for at := 0; at < n; at += each {
		if _, err := db.CommitExposures(ctx, adv, benchBatch(at/each, each)); err != nil {
			b.Fatal(err)
		}
		if err := db.CommitDecisions(ctx, adv, benchDecisions(at, each)); err != nil {
			b.Fatal(err)
		}
	}
}

// benchDecisions spreads words and scores over exposures.
func benchDecisions(from, n int) []ctem.Decision {
	words := []ctem.Word{ctem.NoAction, ctem.Watch, ctem.Schedule, ctem.ActNow}
	list := make([]ctem.Decision, n)
	for i := range list {
		num := from + i + 1
		word, score := words[num%len(words)], num*7919%1000
		list[i] = ctem.Decision{
			Num: int64(num), Revision: 1, Word: word, Computed: word, Lapsed: word, Score: score, LapsedScore: score, Low: score, High: score,
			Gates: ctem.Gates{Found: ctem.Yes, Running: ctem.Yes}, Sentence: "It runs, and it is known to be exploited.", Band: "high", Grade: "B", Rules: "1",
		}
	}
	return list
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

// read is one question that a person waits for.
type read struct {
	name string
	ask  func() error
}

// BenchmarkExposureReads prints the latencies of the questions that people wait
// for, among 100,000 exposures, and beside them what reading all their rows
// takes the engine.
func BenchmarkExposureReads(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			e := storetest.Bench(b, engine)
			cfg := e.New(b)
			db := e.Open(b, cfg)
			began := time.Now()
			fillExposures(b, db, benchExposures)
			b.Logf("%s: %d exposures written in %v", engine, benchExposures, time.Since(began).Round(time.Millisecond))
			e.Settle(b, cfg)
			for _, r := range append(lists(db), affected(db)...) {
				b.Run(r.name, func(b *testing.B) { storetest.Latency(b, "100", r.ask) })
			}
			raw := e.Raw(b, cfg)
			b.Run("peer_scan_of_the_table", func(b *testing.B) {
				storetest.Latency(b, "", func() error {
					var n int
					return raw.QueryRowContext(context.Background(), `SELECT COUNT(*) FROM exposure WHERE risk >= 0`).Scan(&n)
				})
			})
		})
	}
}

func lists(db *store.DB) []read {
	current, past := ctem.AsOf{Now: benchNow()}, ctem.AsOf{At: benchNow().AddDate(0, -4, 0)}
	list := func(name, query string, at ctem.AsOf) read {
		return read{name, func() error {
			terms, err := ctem.ParseQuery(query)
			if err != nil {
				return err
			}
			page, err := db.ListExposures(context.Background(), ctem.ListQuery{AsOf: at, Terms: terms, Limit: 100})
			if err == nil && len(page.Items) == 0 {
				err = fmt.Errorf("nothing answers %q", query)
			}
			return err
		}}
	}
	return []read{
		list("list", "", current),
		list("list_act", "decision:act", current),
		list("list_open_running", "is:open running:yes", current),
		list("list_svc", "svc:service-0042", current),
		list("list_cve", "cve:"+benchWeakness(77), current),
		list("list_purl", "purl:pkg:npm/package-0042", current),
		list("list_text", "package-00", current),
		list("list_score", "score:>=900", current),
		list("list_fixed", "is:fixed", current),
		list("list_as_of", "", past),
	}
}

func affected(db *store.DB) []read {
	ask := func(name, query string) read {
		return read{name, func() error {
			_, err := db.Affected(context.Background(), ctem.ListQuery{AsOf: ctem.AsOf{Now: benchNow()}, Limit: 100}, query)
			return err
		}}
	}
	return []read{
		ask("affected_cve", benchWeakness(77)),
		ask("affected_purl", "pkg:npm/package-0042@1.2.3"),
		ask("affected_name", "package-0042"),
		ask("affected_nothing", "CVE-1999-0001"),
	}
}

// BenchmarkOpenThousand prints how long one commit takes that opens 1,000 exposures.
func BenchmarkOpenThousand(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			db := storetest.Bench(b, engine).Fresh(b)
			fillExposures(b, db, 10_000)
			n := 10
			storetest.Latency(b, "", func() error {
				n++
				_, err := db.CommitExposures(context.Background(), ctem.Advance{Step: "bench", Now: benchNow()}, benchBatch(n, 1000))
				return err
			})
		})
	}
}
