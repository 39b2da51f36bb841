package deploy

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tidemark/tidemark/internal/twin"
)

func TestCalls(t *testing.T) {
	t.Parallel()
	got := read(t, `
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop, namespace: shop}
spec:
  template:
    spec:
      initContainers: [{name: wait, image: busybox, command: [sh, -c, "until nc -z x; do wget http://gate:81/; done"]}]
      containers:
      - name: main
        image: shop/app:1
        args: [serve, --cache, "redis://:hunter2@cache:6379/0"]
        env:
        - {name: DB_USER, value: app}
        - {name: DATABASE_URL, value: "postgres://app:hunter2@db.prod.svc.cluster.local/orders"}
        - {name: PORT, value: 8080}
        - {name: MAIL_HOST, valueFrom: {secretKeyRef: {name: mail, key: host}}}
        - {name: QUEUE_HOST, value: rabbit}
        - {name: QUEUE_PORT, value: 5672}
`)
	want := []twin.Call{
		{Where: "arg 3", Address: "gate:81", Scheme: "http"},
		{Where: "arg 3 --cache", Address: "cache:6379", Scheme: "redis"},
		{Where: "env DATABASE_URL", Address: "db.prod.svc.cluster.local", Scheme: "postgres"},
		{Where: "env QUEUE_HOST", Address: "rabbit:5672"},
	}
	if diff := cmp.Diff(want, got.Workloads[0].Pod.Calls); diff != "" {
		t.Error(diff)
	}
	kept, err := json.Marshal(got)
	if err != nil || strings.Contains(string(kept), "hunter2") {
		t.Errorf("a password is kept: %v %s", err, kept)
	}
}
