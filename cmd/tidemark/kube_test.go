//go:build integration

package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/kubelab"
	"github.com/tidemark/tidemark/internal/server"
)

// cluster is a real API server that asks a real server of ours before it takes
// an object, by the files of deploy/kubernetes.
type cluster struct {
	*testing.T
	*kubelab.Lab
	ours  string // address of our server, with the port
	ca    string // of its certificate, as the configuration of a webhook has it
	token string // of the user as whom the API server comes
}

// startCluster starts both. The API server has our token for each of the
// addresses, too.
func startCluster(t *testing.T, more ...string) *cluster {
	t.Helper()
	c := smallWorld(t)
	dir := t.TempDir()
	cert, key, ca := selfSigned(t, dir)
	viewer := c.token("viewer")
	f := servingOn(t, c, server.Listen{Address: "127.0.0.1:0", Cert: cert, Key: key})
	k := &cluster{T: t, ours: strings.TrimPrefix(f.url, "https://"), ca: ca, token: viewer}

	shipped := filepath.Join("..", "..", "deploy", "kubernetes")
	users := content(t, shipped, "webhooks.kubeconfig")
	_, user, _ := strings.Cut(users, "users:\n")
	for _, host := range append([]string{k.ours}, more...) {
		users += strings.ReplaceAll(user, "tidemark.example.org", host)
	}
	users = strings.ReplaceAll(users, "REPLACE_WITH_THE_TOKEN", viewer)
	known := filepath.Join(dir, "webhooks.kubeconfig")
	config := strings.ReplaceAll(content(t, shipped, "admission-config.yaml"), "/etc/kubernetes/admission/webhooks.kubeconfig", known)
	admission := filepath.Join(dir, "admission-config.yaml")
	for path, text := range map[string]string{known: users, admission: config} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	k.Lab = kubelab.Start(t, kubelab.Options{Controllers: true, Flags: []string{"--admission-control-config-file=" + admission}})
	return k
}

// selfSigned makes a certificate for this machine.
func selfSigned(t *testing.T, dir string) (cert, key, ca string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, about, about, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, b := range map[string][]byte{cert: text, key: pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: secret})} {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key, base64.StdEncoding.EncodeToString(text)
}

// webhook is the configuration that is shipped, for one namespace.
func (k *cluster) webhook(name, host, namespace string, change ...string) {
	k.Helper()
	text := content(k.T, "..", "..", "deploy", "kubernetes", "admission.yaml")
	text = strings.NewReplacer(append([]string{
		"  name: tidemark\n", "  name: " + name + "\n", "https://tidemark.example.org", "https://" + host,
		"REPLACE_WITH_BASE64_OF_THE_CA", k.ca,
	}, change...)...).Replace(text)
	if namespace != "" {
		text = strings.Replace(text, "matchExpressions:\n", "matchExpressions:\n        - {key: kubernetes.io/metadata.name, operator: In, values: ["+namespace+"]}\n", 1)
	}
	if a := k.Ask(k.T, kubelab.Request{Method: http.MethodPost, Path: "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations", Body: text}); a.Status != http.StatusCreated {
		k.Fatalf("the webhook is refused: %d %s", a.Status, a.Body)
	}
}

// namespace makes one in which pods can be made.
func (k *cluster) namespace(name, labels string) {
	k.Helper()
	body := fmt.Sprintf("{apiVersion: v1, kind: Namespace, metadata: {name: %s, labels: {%s}}}", name, labels)
	if a := k.Ask(k.T, kubelab.Request{Method: http.MethodPost, Path: "/api/v1/namespaces", Body: body}); a.Status != http.StatusCreated {
		k.Fatalf("namespace %s: %d %s", name, a.Status, a.Body)
	}
	k.until("the account of "+name, func() bool {
		return k.Ask(k.T, kubelab.Request{Method: http.MethodGet, Path: "/api/v1/namespaces/" + name + "/serviceaccounts/default"}).Status == http.StatusOK
	})
}

func (k *cluster) until(what string, is func() bool) {
	k.Helper()
	ctx, cancel := context.WithTimeout(k.Context(), time.Minute)
	defer cancel()
	for !is() {
		select {
		case <-ctx.Done():
			k.Fatalf("%s: not after a minute", what)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// podText is a pod of one container.
func podText(name, image string) string {
	return fmt.Sprintf("{apiVersion: v1, kind: Pod, metadata: {name: %s, labels: {app: shop}}, spec: {containers: [{name: c, image: %q}]}}", name, image)
}

// deploymentText is a deployment whose pods may all be replaced at once.
func deploymentText(name, image string, replicas int) string {
	return fmt.Sprintf(`{apiVersion: apps/v1, kind: Deployment, metadata: {name: %[1]s}, spec: {replicas: %[3]d, selector: {matchLabels: {app: %[1]s}},
  strategy: {rollingUpdate: {maxUnavailable: 100%%, maxSurge: 0}},
  template: {metadata: {labels: {app: %[1]s}}, spec: {containers: [{name: c, image: %[2]q}]}}}}`, name, image, replicas)
}

// in is the same cluster for a part of the test.
func (k *cluster) in(t *testing.T) *cluster {
	c := *k
	c.T = t
	return &c
}

func (k *cluster) make(path, body string) kubelab.Answer {
	k.Helper()
	return k.Ask(k.T, kubelab.Request{Method: http.MethodPost, Path: path, Body: body})
}

func (k *cluster) patch(path, body string) kubelab.Answer {
	k.Helper()
	return k.Ask(k.T, kubelab.Request{Method: http.MethodPatch, Path: path, Body: body, Type: "application/merge-patch+json"})
}

// asks waits until the API server knows of a webhook: it learns that from a watch.
func (k *cluster) asks(namespace string) {
	k.Helper()
	k.until("asking about "+namespace, func() bool {
		return k.make("/api/v1/namespaces/"+namespace+"/pods?dryRun=All", podText("probe", "example.org/shop@"+weakDigest)).Status != http.StatusCreated
	})
}

const (
	podsOf        = "/api/v1/namespaces/%s/pods"
	deploymentsOf = "/apis/apps/v1/namespaces/%s/deployments"
)

// A cluster asks before it runs an image, by the files that we ship.
func TestARealClusterAsks(t *testing.T) {
	t.Parallel()
	k := startCluster(t)
	k.webhook("tidemark", k.ours, "shop")
	k.webhook("strict", k.ours, "strict", "allow-unknown", "deny-unknown", "images.tidemark", "strict.tidemark")
	for _, n := range []string{"shop", "strict"} {
		k.namespace(n, "")
		k.asks(n)
	}
	k.namespace("elsewhere", "")
	t.Run("pods", k.pods)
	t.Run("what_makes_pods", k.makers)
	t.Run("dry_run", k.dryRun)
	t.Run("what_runs_stays", k.stays)
}

// pods are taken or refused by what is known of their image.
func (k *cluster) pods(t *testing.T) {
	k = k.in(t)
	weak, mended, nobody := "example.org/shop@"+weakDigest, "example.org/shop@"+mendedDigest, "example.org/shop@"+nobodys
	for _, x := range []struct {
		namespace, name, image string
		status                 int
		says                   []string
		warns                  string
	}{
		{"shop", "mended", mended, http.StatusCreated, nil, ""},
		{"shop", "weak", weak, http.StatusForbidden, []string{"images.tidemark.example.org", "GATE FAIL", "CVE-2026-0001", "fixed in 1.2.5"}, ""},
		{"shop", "nobodys", nobody, http.StatusCreated, nil, "GATE UNKNOWN"},
		{"shop", "tagged", "example.org/shop:1.0", http.StatusCreated, nil, "without a digest"},
		{"strict", "mended", mended, http.StatusCreated, nil, ""},
		{"strict", "nobodys", nobody, http.StatusForbidden, []string{"GATE UNKNOWN", "nothing is known of this image"}, ""},
		{"strict", "tagged", "example.org/shop:1.0", http.StatusForbidden, []string{"without a digest"}, ""},
		{"elsewhere", "weak", weak, http.StatusCreated, nil, ""},
	} {
		a := k.make(fmt.Sprintf(podsOf, x.namespace), podText(x.name, x.image))
		if a.Status != x.status || (x.warns != "") != (len(a.Warnings) == 1) || x.warns != "" && !strings.Contains(a.Warnings[0], x.warns) {
			t.Errorf("%s/%s: %d %s, warnings %q", x.namespace, x.name, a.Status, a.Body, a.Warnings)
		}
		for _, text := range x.says {
			if !strings.Contains(a.Body, text) {
				t.Errorf("%s/%s does not say %q: %s", x.namespace, x.name, text, a.Body)
			}
		}
	}
}

// makers of pods are refused when they are made, not when their pods are.
func (k *cluster) makers(t *testing.T) {
	k = k.in(t)
	pod := func(image string) string {
		return fmt.Sprintf("{metadata: {labels: {app: x}}, spec: {restartPolicy: Never, containers: [{name: c, image: %q}]}}", "example.org/shop@"+image)
	}
	for name, x := range map[string]struct{ path, body string }{
		"deployment": {fmt.Sprintf(deploymentsOf, "shop"), deploymentText("x", "example.org/shop@IMAGE", 1)},
		"job":        {"/apis/batch/v1/namespaces/shop/jobs", "{apiVersion: batch/v1, kind: Job, metadata: {name: x}, spec: {template: POD}}"},
		"cron_job":   {"/apis/batch/v1/namespaces/shop/cronjobs", `{apiVersion: batch/v1, kind: CronJob, metadata: {name: x}, spec: {schedule: "0 0 1 1 *", jobTemplate: {spec: {template: POD}}}}`},
	} {
		for image, want := range map[string]int{weakDigest: http.StatusForbidden, mendedDigest: http.StatusCreated} {
			body := strings.NewReplacer("POD", pod(image), "IMAGE", image).Replace(x.body)
			if a := k.make(x.path, body); a.Status != want || want == http.StatusForbidden && !strings.Contains(a.Body, "GATE FAIL") {
				t.Errorf("%s with %s: %d %s", name, image, a.Status, a.Body)
			}
		}
	}
}

// A dry run is answered as the real one, and makes nothing.
func (k *cluster) dryRun(t *testing.T) {
	k = k.in(t)
	path := fmt.Sprintf(podsOf, "shop")
	for image, want := range map[string]int{weakDigest: http.StatusForbidden, mendedDigest: http.StatusCreated} {
		if a := k.make(path+"?dryRun=All", podText("dry", "example.org/shop@"+image)); a.Status != want {
			t.Errorf("%s: %d %s", image, a.Status, a.Body)
		}
	}
	if a := k.Ask(t, kubelab.Request{Method: http.MethodGet, Path: path + "/dry"}); a.Status != http.StatusNotFound {
		t.Errorf("a dry run left a pod: %d %s", a.Status, a.Body)
	}
}

// What ran before the cluster asked can be changed, scaled and replaced; it
// makes no new pods.
func (k *cluster) stays(t *testing.T) {
	k = k.in(t)
	k.namespace("older", `tidemark.example.org/admission: "off"`)
	path := fmt.Sprintf(deploymentsOf, "older")
	if a := k.make(path, deploymentText("shop", "example.org/shop@"+weakDigest, 2)); a.Status != http.StatusCreated {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	k.until("two pods", func() bool { return k.podsWith("older", weakDigest) == 2 })
	k.webhook("older", k.ours, "older", "images.tidemark", "older.tidemark")
	k.patch("/api/v1/namespaces/older", `{"metadata":{"labels":{"tidemark.example.org/admission":null}}}`)
	k.asks("older")

	if a := k.patch(path+"/shop", `{"metadata":{"annotations":{"note":"x"}}}`); a.Status != http.StatusOK {
		t.Errorf("a note: %d %s", a.Status, a.Body)
	}
	if a := k.patch(path+"/shop", `{"spec":{"replicas":3}}`); a.Status != http.StatusOK {
		t.Errorf("more of it: %d %s", a.Status, a.Body)
	}
	k.until("an event about the third pod", func() bool {
		events := k.Ask(t, kubelab.Request{Method: http.MethodGet, Path: "/api/v1/namespaces/older/events"}).Body
		return strings.Contains(events, "FailedCreate") && strings.Contains(events, "GATE FAIL")
	})
	if n := k.podsWith("older", weakDigest); n != 2 {
		t.Errorf("%d pods, want the two that ran", n)
	}
	if a := k.patch(path+"/shop", `{"spec":{"template":{"spec":{"containers":[{"name":"c","image":"example.org/shop@`+mendedDigest+`"}]}}}}`); a.Status != http.StatusOK {
		t.Fatalf("mending it: %d %s", a.Status, a.Body)
	}
	k.until("the mended ones in the place of all", func() bool {
		return k.podsWith("older", mendedDigest) == 3 && k.podsWith("older", weakDigest) == 0
	})
}

// podsWith counts the pods with an image that are not being deleted.
func (k *cluster) podsWith(namespace, digest string) (n int) {
	k.Helper()
	var list struct {
		Items []struct {
			Metadata struct{ DeletionTimestamp string }
			Spec     struct{ Containers []struct{ Image string } }
		}
	}
	if err := json.Unmarshal([]byte(k.Ask(k.T, kubelab.Request{Method: http.MethodGet, Path: fmt.Sprintf(podsOf, namespace)}).Body), &list); err != nil {
		k.Fatal(err)
	}
	for _, p := range list.Items {
		if p.Metadata.DeletionTimestamp == "" && strings.HasSuffix(p.Spec.Containers[0].Image, digest) {
			n++
		}
	}
	return n
}

// What happens without an answer is the cluster's choice.
func TestARealClusterWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	nobody, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	down := nobody.Addr().String()
	if err := nobody.Close(); err != nil {
		t.Fatal(err)
	}
	silent, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0") // takes connections, and says nothing
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	k := startCluster(t, down, silent.Addr().String())
	const refuse, hurry = "failurePolicy: Fail", "timeoutSeconds: 1"
	for name, x := range map[string]struct {
		host   string
		change []string
		says   string // "" when the pod is taken
	}{
		"down-ignore":    {down, nil, ""},
		"down-fail":      {down, []string{"failurePolicy: Ignore", refuse}, "connection refused"},
		"silent-ignore":  {silent.Addr().String(), []string{"timeoutSeconds: 5", hurry}, ""},
		"silent-fail":    {silent.Addr().String(), []string{"timeoutSeconds: 5", hurry, "failurePolicy: Ignore", refuse}, "deadline exceeded"},
		"no-policy-fail": {k.ours, []string{"/prod/allow-unknown/act", "/prod/sometimes/act", "failurePolicy: Ignore", refuse}, "failed calling webhook"},
	} {
		k.webhook(name, x.host, name, append([]string{"images.tidemark", name + ".tidemark"}, x.change...)...)
		k.namespace(name, "")
		if x.says != "" {
			k.asks(name)
		}
		begin := time.Now()
		a := k.make(fmt.Sprintf(podsOf, name), podText("weak", "example.org/shop@"+weakDigest))
		if x.says == "" && a.Status != http.StatusCreated || x.says != "" && (a.Status != http.StatusInternalServerError || !strings.Contains(a.Body, x.says)) {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
		if took := time.Since(begin); took > 20*time.Second {
			t.Errorf("%s: it took %s", name, took)
		}
	}
}
