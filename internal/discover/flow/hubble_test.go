package flow_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/discover/flow"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

const hubble = `
{"node_status":{"state_change":"NODE_CONNECTED"}}
{"flow":{"time":"2026-03-01T10:00:01.5Z","verdict":"FORWARDED","IP":{"source":"10.0.1.2","destination":"10.0.1.3"},"l4":{"TCP":{"source_port":41000,"destination_port":7070,"flags":{"SYN":true}}},"source":{"cluster_name":"prod","namespace":"shop","labels":["k8s:app=front"],"pod_name":"front-7d9-x","workloads":[{"name":"front","kind":"Deployment"}]},"destination":{"cluster_name":"prod","namespace":"shop","pod_name":"cart-5b6f8c9d4-abcde"},"is_reply":false},"node_name":"prod/n1","time":"2026-03-01T10:00:01.5Z"}
{"flow":{"time":"2026-03-01T10:00:02Z","verdict":"FORWARDED","l4":{"TCP":{"source_port":7070,"destination_port":41000}},"source":{"cluster_name":"prod","namespace":"shop","pod_name":"cart-5b6f8c9d4-abcde"},"destination":{"cluster_name":"prod","namespace":"shop","workloads":[{"name":"front"}]},"is_reply":true}}
{"flow":{"time":"2026-03-01T11:30:00Z","verdict":"FORWARDED","l4":{"TCP":{"destination_port":7070,"flags":{"SYN":true}}},"source":{"cluster_name":"prod","namespace":"shop","workloads":[{"name":"front"}]},"destination":{"cluster_name":"prod","namespace":"shop","pod_name":"cart-5b6f8c9d4-zzzzz"},"is_reply":false}}
{"flow":{"time":"2026-03-01T10:00:03Z","verdict":"DROPPED","l4":{"TCP":{"destination_port":5432}},"source":{"cluster_name":"prod","namespace":"shop","workloads":[{"name":"front"}]},"destination":{"cluster_name":"prod","namespace":"data","labels":["k8s:app.kubernetes.io/name=pg"],"pod_name":"pg-0"}}}
{"flow":{"time":"2026-03-01T10:00:04Z","verdict":"FORWARDED","l4":{"TCP":{"destination_port":443,"flags":{"SYN":true}}},"source":{"cluster_name":"prod","namespace":"shop","workloads":[{"name":"pay"}]},"destination":{"labels":["reserved:world"]},"destination_names":["b.example.com.","api.stripe.com"],"is_reply":false}}
{"flow":{"time":"2026-03-01T10:00:04Z","verdict":"FORWARDED","l4":{"TCP":{"destination_port":5432}},"source":{"cluster_name":"prod","namespace":"shop","workloads":[{"name":"orders"}]},"destination":{"labels":["reserved:world"]},"destination_names":["x.eu-west-1.rds.amazonaws.com"],"is_reply":false}}
{"flow":{"time":"2026-03-01T10:00:05Z","verdict":"FORWARDED","IP":{"source":"198.51.100.7"},"l4":{"TCP":{"destination_port":8080}},"source":{"labels":["reserved:world"]},"destination":{"cluster_name":"prod","namespace":"shop","workloads":[{"name":"front"}]},"is_reply":false}}
{"flow":{"time":"2026-03-01T10:00:06Z","verdict":"FORWARDED","l4":{"UDP":{"destination_port":53}},"l7":{"type":"REQUEST","dns":{"query":"secret.example.com."}},"source":{"cluster_name":"prod","namespace":"shop","workloads":[{"name":"front"}]},"destination":{"cluster_name":"prod","namespace":"kube-system","labels":["k8s:k8s-app=kube-dns"],"pod_name":"coredns-1"}}}
{"flow":{"time":"2026-03-01T10:00:07Z","verdict":"FORWARDED","l4":{"TCP":{"destination_port":8080}},"source":{"labels":["reserved:health"]},"destination":{"cluster_name":"prod","namespace":"shop","workloads":[{"name":"front"}]},"is_reply":false}}
{"flow":{"time":"2026-03-01T10:00:07Z","verdict":"FORWARDED","l4":{"TCP":{"destination_port":8080}},"source":{"labels":["reserved:host"]},"destination":{"cluster_name":"prod","namespace":"shop","workloads":[{"name":"front"}]},"is_reply":false}}
{"flow":{"time":"2026-03-01T10:00:08Z","verdict":"FORWARDED","l4":{"ICMPv4":{"type":8}},"source":{"namespace":"shop","pod_name":"a-1"},"destination":{"namespace":"shop","pod_name":"b-1"}}}
{"flow":{"time":"2026-03-01T10:00:09Z","verdict":"FORWARDED","l4":{"TCP":{"destination_port":80,"flags":{"ACK":true}}},"source":{"namespace":"shop","pod_name":"a-1"},"destination":{"namespace":"shop","pod_name":"b-1"}}}
{"flow":{"time":"2026-03-01T10:00:09Z","verdict":"FORWARDED","IP":{"destination":"10.96.0.7"},"l4":{"TCP":{"destination_port":80,"flags":{"SYN":true}}},"source":{"cluster_name":"prod","namespace":"shop","workloads":[{"name":"front"}]},"destination":{"labels":["reserved:world"]},"is_reply":false}}
{"lost_events":{"num_events_lost":"7"}}
`

func TestHubble(t *testing.T) {
	t.Parallel()
	r := read(t, []byte(hubble), "")
	want := []string{
		"2026-03-01T10:00:00Z hubble prod/shop",
		"Flow Address/prod/host > Workload/prod/shop/front tcp/8080: network flow",
		"Flow Address/world/world > Workload/prod/shop/front tcp/8080: network flow",
		"Flow Workload/prod/shop/front > Address/prod/10.96.0.7 tcp/80: network flow",
		"Flow Workload/prod/shop/front > Workload/prod/data/pg tcp/5432 denied: network flow",
		"Flow Workload/prod/shop/front > Workload/prod/kube-system/kube-dns dns/53: network flow",
		"Flow Workload/prod/shop/front > Workload/prod/shop/cart tcp/7070: network flow",
		"Flow Workload/prod/shop/orders > DataStore//postgresql://x.eu-west-1.rds.amazonaws.com postgresql/5432: network flow",
		"Flow Workload/prod/shop/pay > SaaS//api.stripe.com tcp/443: network flow",
		"2026-03-01T11:00:00Z hubble prod/shop",
		"Flow Workload/prod/shop/front > Workload/prod/shop/cart tcp/7070: network flow",
	}
	if diff := cmp.Diff(want, lines(t, r)); diff != "" {
		t.Error(diff)
	}
	ignored := []twin.Rejection{
		{Where: "flows", Reason: "1 × events that the network's observer lost: some edges may be missing"},
		{Where: "flows", Reason: "1 × network flows of which it is not known who began them"},
		{Where: "flows", Reason: "1 × network flows without a port"},
	}
	if diff := cmp.Diff(ignored, r.Ignored); diff != "" {
		t.Error(diff)
	}
}

func TestHubbleCluster(t *testing.T) {
	t.Parallel()
	line := `{"flow":{"time":"2026-03-01T10:00:00Z","verdict":"FORWARDED","l4":{"TCP":{"destination_port":80}},"source":{"cluster_name":"default","namespace":"a","workloads":[{"name":"x"}]},"destination":{"namespace":"b","workloads":[{"name":"y"}]},"is_reply":false}}`
	got := lines(t, read(t, []byte(line), "prod"))
	want := []string{"2026-03-01T10:00:00Z hubble prod/a", "Flow Workload/prod/a/x > Workload/prod/b/y tcp/80: network flow"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestPlain(t *testing.T) {
	t.Parallel()
	json := `{"flows":[
		{"from":"front","to":"cart@prod/other","protocol":"HTTP","port":7070,"at":"2026-03-01T10:00:00Z"},
		{"from":"cart@prod/shop","to":"postgresql://u:hunter2@db:5432/orders","data":["PII","orders"],"at":"2026-03-01T10:00:00Z"},
		{"from":"front","to":"https://api.stripe.com/v1","data":["card"],"how":"documented","at":"2026-03-01T10:00:00Z"},
		{"from":"world","to":"front","port":443,"at":"2026-03-01T10:00:00Z"},
		{"from":"front","to":"10.1.2.3","port":9,"denied":true,"at":"2026-03-01T10:00:00Z"}]}`
	csv := `to, from, protocol,port,data,at,how,denied
cart@prod/other,front,http,7070,,2026-03-01T10:00:00Z,,
postgresql://u:hunter2@db:5432/orders,cart@prod/shop,,,PII; orders,2026-03-01T10:00:00Z,,
https://api.stripe.com/v1,front,,,card,2026-03-01T10:00:00Z,documented,false
front,world,,443,,2026-03-01T10:00:00Z,,
10.1.2.3,front,,9,,2026-03-01T10:00:00Z,,true
`
	want := []string{
		"2026-03-01T10:00:00Z flows prod/shop",
		"Flow Workload/prod/shop/front > SaaS//api.stripe.com: , documented, data card",
		"2026-03-01T10:00:00Z flows prod/shop",
		"Flow Address/world/world > Workload/prod/shop/front /443: ",
		"Flow Workload/prod/shop/cart > DataStore//postgresql://db%20in%20prod/shop: , data PII orders",
		"Flow Workload/prod/shop/front > Address/prod/shop/10.1.2.3 /9 denied: ",
		"Flow Workload/prod/shop/front > Workload/prod/other/cart http/7070: ",
	}
	for name, body := range map[string]string{"json": json, "csv": csv} {
		if diff := cmp.Diff(want, lines(t, read(t, []byte(body), "prod/shop"))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"nothing":             " \n",
		"another document":    `{"a":1}`,
		"a list in lists":     `[[[]]]`,
		"a broken line":       hubble + `{"flow":`,
		"a key twice":         `{"from":"a","from":"b","to":"c"}`,
		"no environment":      `{"from":"a","to":"b"}`,
		"a time":              `{"from":"a@e","to":"b@e","at":"yesterday"}`,
		"a port":              "from,to,port\na@e,b@e,http\n",
		"a port too large":    `{"from":"a@e","to":"b@e","port":70000}`,
		"a mark":              `{"from":"a@e","to":"b@e","how":"believed"}`,
		"a name":              `{"from":"a\u001b[31m@e","to":"b@e"}`,
		"no protobuf":         "\xff\xff\xff",
		"a group of protobuf": "\x0b\x0b\x0b",
	} {
		_, err := flow.Read(t.Context(), discover.DocumentInput{Body: []byte(body)}, noon)
		if fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func FuzzFlows(f *testing.F) {
	f.Add([]byte(hubble))
	f.Add([]byte("from,to,port\na@e,b,80\n\"x\n"))
	f.Add([]byte(`[{"from":"a","to":"kafka://h:1/t","data":["x"]}]`))
	f.Fuzz(func(t *testing.T, body []byte) { checkRead(t, body) })
}
