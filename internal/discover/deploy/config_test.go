package deploy_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/discover/deploy"
)

// Addresses in ConfigMaps that are given as files are inferred, with where each was
// read; nothing else of them is kept.
func TestAddressesOfConfigMaps(t *testing.T) {
	t.Parallel()
	const manifest = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    metadata: {labels: {app: web}}
    spec:
      volumes: [{name: conf, configMap: {name: files}}]
      containers:
      - name: web
        image: web:1
        env:
        - {name: DB_URL, valueFrom: {configMapKeyRef: {name: app, key: db}}}
        - {name: OTHER_URL, valueFrom: {configMapKeyRef: {name: app, key: none}}}
        - {name: SECRET_URL, valueFrom: {secretKeyRef: {name: s, key: k}}}
        - {name: REDIS_ADDR, value: "own:6379"}
        envFrom: [{prefix: P_, configMapRef: {name: env}}, {configMapRef: {name: env}}]
        volumeMounts: [{name: conf, mountPath: /etc/conf}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: app, namespace: shop}
data: {db: "postgres://app:hunter2@db.example.com:5432/x?password=hunter2"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: env, namespace: shop}
data: {REDIS_ADDR: "other:6379", MAIL_HOST: mail.example.com, MAIL_PORT: "25"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: files, namespace: shop}
data:
  application.yml: |
    # url: http://comment.example.com
    spring:
      datasource:
        url: "jdbc:mysql://app:hunter2@mysql:3306/shop"
        password: hunter2
  app.properties: |
    broker.url=amqp://guest:hunter2@rabbit:5672/
---
apiVersion: v1
kind: ConfigMap
metadata: {name: app, namespace: blog}
data: {db: "postgres://elsewhere/x"}
`
	path := filepath.Join(t.TempDir(), "all.yaml")
	if err := os.WriteFile(path, []byte(manifest), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := deploy.Read(t.Context(), []string{path})
	if err != nil {
		t.Fatal(err)
	}
	var calls []string
	for _, c := range got[0].Workloads[0].Pod.Calls {
		calls = append(calls, c.Where+" = "+c.Scheme+" "+c.Address)
	}
	want := []string{
		"env DB_URL of ConfigMap app = postgres db.example.com:5432",
		"env MAIL_HOST of ConfigMap env = mail.example.com:25",
		"env P_MAIL_HOST of ConfigMap env = mail.example.com:25",
		"env P_REDIS_ADDR of ConfigMap env = other:6379",
		"env REDIS_ADDR = own:6379",
		"file app.properties of ConfigMap files: broker.url = amqp rabbit:5672",
		"file application.yml of ConfigMap files: url = mysql mysql:3306",
	}
	for i := range calls {
		calls[i] = strings.ReplaceAll(calls[i], "=  ", "= ")
	}
	if diff := cmp.Diff(want, calls); diff != "" {
		t.Error(diff)
	}
	for _, r := range got[0].Ignored {
		if strings.Contains(r.Reason, "ConfigMap") {
			t.Errorf("ignored: %s", r.Reason)
		}
	}
}
