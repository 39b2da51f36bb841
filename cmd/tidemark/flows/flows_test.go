package flows

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tidemark/tidemark/api"
)

func TestText(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	cart := api.FlowEnd{Kind: "Workload", Scope: "prod", Name: "cart"}
	store := api.FlowEnd{Kind: "DataStore", Name: "redis://cache in prod"}
	out := api.Flows{
		Sentence: "cart can get at 1 parts.", Total: 2, Truncated: true,
		Nodes: []api.FlowNode{{FlowEnd: cart, Label: "cart in prod"}, {FlowEnd: store, Label: "redis cache\x1b[31m"}},
		Items: []api.FlowEdge{{
			From: cart, To: store, How: "observed", Denied: true, Protocols: []string{"redis/6379"}, Data: []string{"PII"}, SeenAt: &at, Freshness: "stale",
			Says: []api.FlowSays{{Source: "otlp", How: "observed", Where: []string{"client span"}}, {Source: "configuration", How: "inferred", Where: []string{"env REDIS"}}},
		}},
		Radius: &api.FlowRadius{Total: 1, Items: []api.FlowReached{{FlowEnd: store, Label: "redis cache", Hops: 1, How: "observed", SeenAt: &at, Data: []string{"PII"}}}},
	}
	var b bytes.Buffer
	text(&b, &out)
	want := `cart can get at 1 parts.
  cart in prod → redis cache·[31m
      observed, refused · redis/6379 · data PII · seen 2026-03-01 12:00Z (stale) · otlp: client span; configuration: env REDIS
  … and 1 more (--limit)

Blast radius: what can be got at
  1  redis cache: observed · data PII · seen 2026-03-01 12:00Z
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}
