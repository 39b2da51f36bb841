package estate

import (
	"slices"
	"testing"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/route/flow"
	"github.com/tidemark/tidemark/internal/twin"
)

func TestWriteFlows(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	cart, front := twin.End{Kind: twin.KindWorkload, Scope: "prod", Name: "cart"}, twin.End{Kind: twin.KindWorkload, Scope: "prod", Name: "front"}
	store := twin.OutsideEnd("prod", "redis", "cache", 6379)
	g := flow.NewGraph([]flow.Told{
		{Flow: twin.Flow{From: front, To: cart, Protocol: "grpc", Port: 7070, How: twin.FlowObserved}, Source: "otlp", Since: at, Seen: at, Freshness: twin.Fresh},
		{Flow: twin.Flow{From: cart, To: store, How: twin.FlowDocumented, Data: []string{"PII"}}, Source: "bom", Freshness: twin.Fresh},
		{Flow: twin.Flow{From: front, To: store, How: twin.FlowObserved, Denied: true}, Source: "hubble", Freshness: twin.Stale},
	}, nil)
	var out api.Flows
	if err := writeFlows(&out, g, api.FlowAsk{Limit: 2}); err != nil {
		t.Fatal(err)
	}
	if out.Total != 3 || len(out.Items) != 2 || !out.Truncated || out.Denied != 1 || out.Sentence != "3 edges: 2 observed, 1 documented, 0 inferred; of 1 only refused attempts were seen." {
		t.Errorf("got %+v", out)
	}
	out = api.Flows{}
	if err := writeFlows(&out, g, api.FlowAsk{Service: "front", Query: "denied:no"}); err != nil {
		t.Fatal(err)
	}
	if out.Total != 1 || !slices.Equal(out.Items[0].Protocols, []string{"grpc/7070"}) || out.Radius.Total != 2 || out.Radius.Items[1].How != "documented" || !slices.Equal(out.Radius.Data, []string{"PII"}) {
		t.Errorf("got %+v and %+v", out.Items, out.Radius)
	}
	out = api.Flows{}
	if err := writeFlows(&out, g, api.FlowAsk{Kind: twin.KindDataStore, Name: store.Name, Back: true}); err != nil {
		t.Fatal(err)
	}
	if out.Total != 2 || out.Radius.Total != 2 || out.Nodes[0].System != "redis" || out.Nodes[0].Label != "redis cache" {
		t.Errorf("got %+v", out)
	}
	if err := writeFlows(&out, g, api.FlowAsk{Query: "colour:red"}); err == nil {
		t.Error("a key that nobody knows was taken")
	}
}
