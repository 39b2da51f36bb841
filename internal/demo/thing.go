package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/twin"
)

// Told is what a source says of things: of a part of the world, at a time.
type Told struct {
	Source, Scope string
	Class         twin.Class
	At            time.Time
	Every         time.Duration
	Things        []twin.Resource
}

// The sources of things. The CI system and the tracing know most of the company's
// services, and not all: what was made by hand long ago stands apart.
const (
	sourceCI      = "ci/fernhill"
	sourceTracing = "otlp"
	byHand        = "label-printer"
)

// teller gives what sources say of things.
type teller struct{ *Player }

// pipelines tells of the builds that were made: which run of which commit made
// which artifact.
func (p teller) pipelines(ctx context.Context, builds []*build) error {
	told := Told{Source: sourceCI, Scope: "github.com/fernhill", Class: twin.Declared, At: p.clock.Now()}
	for _, b := range builds {
		if b.service == byHand {
			continue
		}
		r, err := p.h.run(b, p.clock.Now())
		if err != nil {
			return err
		}
		told.Things = append(told.Things, r)
	}
	if len(told.Things) == 0 {
		return nil
	}
	return p.doors.Evidence.Things(ctx, told)
}

// run is the run of the pipeline that made a build.
func (t *table) run(b *build, at time.Time) (twin.Resource, error) {
	repository := "github.com/fernhill/" + b.service
	id := fmt.Sprint(1000 + len(b.parts)*7 + len(b.version))
	spec := twin.Build{
		System: "fernhill-ci", Run: twin.Run{ID: b.version + "-" + id, Workflow: "release", URL: "https://ci.fernhill.example/" + b.service + "/" + b.version},
		Source: twin.Revision{Repository: repository, Commit: twin.HashBytes([]byte(b.digest()))[:40], Ref: "refs/tags/v" + b.version},
		Actor:  "release-bot", Trigger: "tag", Status: twin.BuildSucceeded,
		Started: at.Add(-14 * time.Minute), Finished: at.Add(-5 * time.Minute),
		Artifacts: []twin.Built{{Name: t.Registry + "/" + b.service, Digest: b.digest()}},
	}
	return spec.Resource("fernhill-ci/" + b.service + "/" + b.version)
}

// A way is an edge that the tracing sees. To is a service, or a store as
// SYSTEM://ADDRESS/DATABASE.
type way struct {
	from, to, protocol string
	port               int
	data               []string
}

func ways() []way {
	return []way{
		{"edge-proxy", "web-shop", "http", 8080, nil},
		{"edge-proxy", "catalog-api", "http", 8080, nil},
		{"web-shop", "catalog-api", "http", 8080, nil},
		{"web-shop", "search", "http", 8080, nil},
		{"web-shop", "checkout", "http", 8443, []string{"personal"}},
		{"web-shop", "media-resizer", "http", 8080, nil},
		{"web-shop", "event-collector", "http", 8080, []string{"personal"}},
		{"checkout", "payment-gateway", "grpc", 9000, []string{"cardholder"}},
		{"checkout", "fraud-scoring", "grpc", 9000, []string{"personal"}},
		{"checkout", "notifications", "http", 8080, []string{"personal"}},
		{"payment-gateway", "ledger", "grpc", 9000, []string{"cardholder", "financial"}},
		{"payout-batch", "ledger", "grpc", 9000, []string{"financial"}},
		{"insights-portal", "report-builder", "http", 8080, []string{"financial"}},
		{"ledger", "postgresql://ledger-db.fernhill.example:5432/ledger", "postgresql", 5432, []string{"financial"}},
		{"payment-gateway", "postgresql://vault-db.fernhill.example:5432/cards", "postgresql", 5432, []string{"cardholder"}},
		{"catalog-api", "postgresql://catalog-db.fernhill.example:5432/catalog", "postgresql", 5432, nil},
		{"event-collector", "kafka://events.fernhill.example:9092/clicks", "kafka", 9092, []string{"personal"}},
		{"insights-portal", "kafka://events.fernhill.example:9092/clicks", "kafka", 9092, []string{"personal"}},
		{"report-builder", "s3://reports.fernhill.example/quarterly", "s3", 443, []string{"financial"}},
	}
}

// talk tells who was seen to talk to whom where customers are, and which stores
// that led to.
func (p teller) talk(ctx context.Context) error {
	for i := range p.h.Environments {
		e := &p.h.Environments[i]
		if e.Declared || e.Silent > 0 || e.Name == "staging" {
			continue
		}
		told := Told{Source: sourceTracing, Scope: e.Name, Class: twin.Observed, At: p.clock.Now(), Every: every}
		stores := map[string]*twin.DataStore{}
		for _, w := range ways() {
			if p.h.fleet[e.Name][w.from] == nil {
				continue
			}
			f := twin.Flow{
				From: twin.End{Kind: twin.KindWorkload, Scope: e.Name, Name: w.from}, Protocol: w.protocol, Port: w.port,
				How: twin.FlowObserved, Data: w.data, Where: []string{"client and server spans"},
			}
			if !p.lead(&f, w, e, stores) {
				continue
			}
			r, err := f.Resource()
			if err != nil {
				return err
			}
			told.Things = append(told.Things, r)
		}
		for name, d := range stores {
			d.Data = twin.Sorted(d.Data)
			spec, err := json.Marshal(d)
			if err != nil {
				return fmt.Errorf("write a data store: %w", err)
			}
			told.Things = append(told.Things, twin.Resource{Kind: twin.KindDataStore, Name: name, Spec: spec})
		}
		if err := p.doors.Evidence.Things(ctx, told); err != nil {
			return err
		}
	}
	return nil
}

// lead gives a flow its end: a service that runs there, or a store.
func (p teller) lead(f *twin.Flow, w way, e *environment, stores map[string]*twin.DataStore) bool {
	if !strings.Contains(w.to, "://") {
		f.To = twin.End{Kind: twin.KindWorkload, Scope: e.Name, Name: w.to}
		return p.h.fleet[e.Name][w.to] != nil
	}
	d := twin.CutStore(w.to)
	name := d.Name()
	if stores[name] == nil {
		stores[name] = &d
	}
	stores[name].Data = append(stores[name].Data, w.data...)
	f.To = twin.End{Kind: twin.KindDataStore, Name: name}
	return true
}
