package picture_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/server/desk"
	"github.com/tidemark/tidemark/internal/server/picture"
	"github.com/tidemark/tidemark/internal/server/reply"
	"github.com/tidemark/tidemark/internal/store"
	"github.com/tidemark/tidemark/internal/store/storetest"
	"github.com/tidemark/tidemark/internal/twin"
)

func now() time.Time { return time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC) }

// said is a scope that a test has said.
type said struct{ scope ctem.Scope }

func (s said) Scope(context.Context, ctem.AsOf) (ctem.Scope, error) { return s.scope, nil }

// business puts each of n services into one of three products.
func business(n int) said {
	s := ctem.Scope{}
	for _, p := range []string{"bank", "post", "shop"} {
		s.Products = append(s.Products, ctem.ScopeProduct{Name: p, Title: "The " + p, Owner: "team-" + p, Tier: 3})
	}
	for i := range n {
		s.Services = append(s.Services, ctem.ScopeService{Name: service(i), Products: []string{s.Products[i%3].Name}})
	}
	return said{s}
}

func service(n int) string { return fmt.Sprintf("service-%05d", n) }

// measured stands for what only steps can compute.
type measured struct{ desk.Measures }

// lore is a store that is not asked who reaches what.
type lore struct {
	*store.DB
	unproven
}

type unproven struct{}

func (unproven) Reach(context.Context, ctem.ReachAsk) ([]ctem.Reach, error) { return nil, nil }

// unexplained explains nothing.
type unexplained struct{}

func (unexplained) Explain(_ context.Context, e ctem.Exposure, _ ctem.AsOf) (ctem.Explanation, error) {
	return ctem.Explanation{Exposure: e, Decision: *e.Decision}, nil
}

func (unexplained) Changes(context.Context, ctem.Exposure, ctem.AsOf) (ctem.Page[ctem.DecisionChange], error) {
	return ctem.Page[ctem.DecisionChange]{}, nil
}

func parts(db *store.DB, scope picture.Scope) picture.Parts {
	return picture.Parts{
		Desk: desk.Parts{
			Exposed: db, Work: db, Estate: db, Streams: db, Records: db, World: lore{DB: db}, Explains: unexplained{}, Measured: measured{}, First: "resolve", Now: now,
		},
		Rows: db, Streams: db, Ages: db, World: db, Names: db, Search: db, Scope: scope, Score: func(r float64) int { return int(1000 * r) },
	}
}

// started is a picture that has read its store.
func started(t testing.TB, p picture.Parts) *picture.Picture {
	t.Helper()
	pic := picture.New(p)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- pic.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	began := time.Now()
	for !pic.Ready() {
		if time.Since(began) > time.Minute {
			t.Fatal("not ready: ", pic.Trouble())
		}
		time.Sleep(time.Millisecond)
	}
	return pic
}

// fill writes n decided exposures of services with each of them, of which a
// tenth is closed, a hundredth deployed nowhere.
func fill(t testing.TB, db *store.DB, n, each int) {
	t.Helper()
	ctx, adv := context.Background(), ctem.Advance{Step: "bench", Now: now()}
	for at := 0; at < n; at += each {
		if _, err := db.CommitExposures(ctx, adv, batch(at/each, each)); err != nil {
			t.Fatal(err)
		}
		if err := db.CommitDecisions(ctx, adv, decisions(at, each)); err != nil {
			t.Fatal(err)
		}
	}
}

func decisions(from, n int) []ctem.Decision {
	words := []ctem.Word{ctem.NoAction, ctem.Watch, ctem.Schedule, ctem.ActNow}
	list := make([]ctem.Decision, n)
	for i := range list {
		num := from + i + 1
		word, score := words[num%len(words)], num*7919%1000
		list[i] = ctem.Decision{
			Num: int64(num), Revision: 1, Word: word, Computed: word, Lapsed: word, Score: score, LapsedScore: score, Low: score, High: score,
			Gates:    ctem.Gates{Found: ctem.Yes, Running: ctem.Yes, Exploitable: []ctem.Tri{ctem.Yes, ctem.No, ctem.Unknown}[num%3], Matters: ctem.Unknown},
			Sentence: "It runs, and it is known to be exploited.", Band: "high", Grade: "B", Rules: "1", Risk: float64(score) / 5000,
			Deadline: now().AddDate(0, 0, num%40-5),
		}
	}
	return list
}

func weakness(i int) string { return fmt.Sprintf("CVE-2026-%05d", i%5000) }

func batch(n, exposures int) ctem.AssessedBatch {
	b := ctem.AssessedBatch{Places: []ctem.Assessed{place(n, exposures)}}
	for i := range exposures {
		key := weakness(i + n)
		b.Weaknesses = append(b.Weaknesses, ctem.WeaknessChange{Key: key, Canonical: key, Kind: ctem.Vulnerability, Names: []string{key}})
	}
	return b
}

func place(n, exposures int) ctem.Assessed {
	began := now().AddDate(0, -6, 0).AddDate(0, 0, n%90)
	a := ctem.Assessed{Place: int64(n + 1), Service: service(n), Environment: []string{"prod", "staging"}[n%2]}
	basis := ctem.Basis{Sources: []ctem.SourceScope{{Source: fmt.Sprintf("agent-%d", n%5), Scope: "prod"}}}
	running := ctem.Yes
	if n%100 == 99 {
		a.Environment, basis, running = twin.NoEnvironment, ctem.Basis{AnyRuntime: true}, ctem.No
	}
	a.Covers = []ctem.Cover{{From: began, Live: true, Covered: n%10 != 0, Sources: basis.Sources}}
	for i := range exposures {
		purl := fmt.Sprintf("pkg:npm/package-%04d", (i*31+n)%3000)
		p := ctem.Piece{
			From: began, Since: began, State: ctem.Open, Running: running, Reachable: []ctem.Tri{ctem.Unknown, ctem.Yes, ctem.No}[i%3], Basis: basis, Fix: "2.0.0",
			Advisories: []string{weakness(i + n)},
			Instances: []ctem.Instance{{
				Purl: purl + "@1.2.3", Version: "1.2.3", Artifact: fmt.Sprintf("sha256:%064d", n), Image: "registry.example/team/" + a.Service,
				Container: "main", Source: fmt.Sprintf("agent-%d", n%5), Class: twin.Observed, Proven: true, Replicas: 3, Advisory: weakness(i + n), Fixed: []string{"2.0.0"},
			}},
		}
		pieces := []ctem.Piece{p}
		if i%10 == 0 {
			end := began.AddDate(0, 1, i%60)
			pieces[0].To = end
			p.From, p.Since, p.State, p.Reason = end, end, ctem.Fixed, "replaced"
			pieces = append(pieces, p)
		}
		a.Timelines = append(a.Timelines, ctem.Timeline{Weakness: weakness(i + n), Locus: purl, Pieces: pieces})
	}
	return a
}

// Many who ask for several past times at once all get an answer: to read one
// takes more connections than one, and there are few.
func TestManyPastTimesAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		t.Parallel()
		db := e.Fresh(t)
		fill(t, db, 9000, 1000) // more batches than wait between reading and taking in
		pic := started(t, parts(db, business(3)))
		ctx, stop := context.WithTimeout(context.Background(), 5*time.Minute) // they would wait for ever
		defer stop()
		done := make(chan error)
		const askers = 6 // more than there are connections
		for i := range askers {
			go func() {
				at := now().AddDate(0, 0, -i-1)
				_, err := pic.Overview(ctx, reply.Viewer{}, api.Query{AsOf: &at})
				done <- err
			}()
		}
		for range askers {
			select {
			case err := <-done:
				if err != nil {
					t.Error(err)
				}
			case <-ctx.Done():
				t.Fatal("they wait for each other")
			}
		}
	})
}
