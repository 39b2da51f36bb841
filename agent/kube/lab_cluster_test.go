//go:build integration

package kube

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/kubelab"
)

// What runs in a cluster is told, with what really runs: a rollout, a scale to
// zero, doors, a namespace that ends.
func TestLabCluster(t *testing.T) {
	t.Parallel()
	l := startLab(t, kubelab.Options{Controllers: true})
	l.namespace("shop", "")
	l.make("/apis/apps/v1/namespaces/shop/deployments", deploymentText("front", "example.org/front:1.0", 2, `, env: [{name: DB_URL, value: "postgres://app:secret@db.shop.svc:5432/x"}, {name: P, valueFrom: {secretKeyRef: {name: front-secret, key: p}}}]`))
	l.run()
	const front = "Deployment/shop/front"
	l.until("two replicas", func() bool { return l.book.workload("lab/shop", front).body.Replicas == 2 })
	p := l.book.workload("lab/shop", front)
	c := p.body.Containers[0]
	if c.Image.Name != "example.org/front" || c.Image.Tag != "1.0" || c.Image.Digest != digestOf("example.org/front:1.0") || c.Replicas != 2 || len(p.body.Containers) != 1 {
		t.Errorf("%+v", p.body.Containers)
	}
	if strings.Contains(p.raw, "secret@") || !strings.Contains(p.raw, `"db.shop.svc:5432"`) || !strings.Contains(p.raw, `"name":"front-secret"`) || p.body.Pod.Marks["team"] != "shop-team" {
		t.Errorf("%s", p.raw)
	}
	if !p.body.DoorsComplete || len(p.body.Doors) != 0 {
		t.Errorf("doors %v, complete %v", p.body.Doors, p.body.DoorsComplete)
	}
	t.Run("doors", func(t *testing.T) { l.doors(t) })
	t.Run("rollout", func(t *testing.T) { l.rollout(t) })
	t.Run("scale_to_zero", func(t *testing.T) {
		l.patch("/apis/apps/v1/namespaces/shop/deployments/front", `{"spec":{"replicas":0}}`)
		l.until("nothing runs", func() bool { return l.book.workload("lab/shop", front).raw == "" })
		l.patch("/apis/apps/v1/namespaces/shop/deployments/front", `{"spec":{"replicas":1}}`)
		l.until("one runs", func() bool { return l.book.workload("lab/shop", front).body.Replicas == 1 })
	})
	t.Run("environment", func(t *testing.T) {
		l.patch("/api/v1/namespaces/shop", `{"metadata":{"labels":{"tidemark.dev/environment":"production"}}}`)
		l.until("it moves", func() bool {
			return l.book.workload("production", front).body.Replicas == 1 && l.book.workload("lab/shop", front).raw == ""
		})
	})
	t.Run("namespace_deleted", func(t *testing.T) {
		l.remove("/api/v1/namespaces/shop")
		l.until("its scope ends", func() bool {
			l.book.mu.Lock()
			defer l.book.mu.Unlock()
			return len(l.book.live["production"]) == 0 && !strings.Contains(fmt.Sprint(l.book.scopes), "production")
		})
		if l.book.resource("lab", "Namespace//shop") != "" {
			t.Error("the namespace is still there")
		}
	})
}

func (l *lab) doors(t *testing.T) {
	l.make("/api/v1/namespaces/shop/services", `{apiVersion: v1, kind: Service, metadata: {name: front}, spec: {type: NodePort, selector: {app: front}, ports: [{port: 80, targetPort: http, nodePort: 30123}]}}`)
	l.make("/apis/networking.k8s.io/v1/namespaces/shop/ingresses", `{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: web}, spec: {rules: [{host: shop.example.org, http: {paths: [{path: /buy, pathType: Prefix, backend: {service: {name: front, port: {number: 80}}}}]}}]}}`)
	l.make("/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies", `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: deny}, spec: {podSelector: {matchLabels: {app: front}}, policyTypes: [Ingress]}}`)
	l.until("two doors", func() bool { return len(l.book.workload("lab/shop", "Deployment/shop/front").body.Doors) == 2 })
	doors := l.book.workload("lab/shop", "Deployment/shop/front").body.Doors
	if doors[0].Address != "node:30123/TCP" || doors[0].Via != "Service/shop/front (NodePort)" || doors[1].Address != "shop.example.org/buy" || doors[1].Via != "Ingress/shop/web" || !doors[1].Public {
		t.Errorf("%+v", doors)
	}
	for subject, want := range map[string]string{
		"Service/shop/front":      `"links":[{"rel":"selects","to":{"kind":"Workload","name":"front"}}]`,
		"Ingress/shop/web":        `"links":[{"rel":"exposes","to":{"kind":"Service","name":"shop/front"}}]`,
		"NetworkPolicy/shop/deny": `"links":[{"rel":"protects","to":{"kind":"Workload","name":"front"}}]`,
	} {
		l.until(subject, func() bool { return strings.Contains(l.book.resource("lab/shop", subject), want) })
	}
	if text := l.book.resource("lab", "ClusterRoleBinding//system:node-proxier"); text == "" {
		t.Error("no bindings of the cluster")
	}
	l.remove("/apis/networking.k8s.io/v1/namespaces/shop/ingresses/web")
	l.until("one door", func() bool { return len(l.book.workload("lab/shop", "Deployment/shop/front").body.Doors) == 1 })
}

// While a rollout goes on, both builds run, each counted by itself.
func (l *lab) rollout(t *testing.T) {
	const front = "Deployment/shop/front"
	l.broken["example.org/front:2.0"] = true
	l.patch("/apis/apps/v1/namespaces/shop/deployments/front", `{"spec":{"replicas":3,"strategy":{"rollingUpdate":{"maxSurge":1,"maxUnavailable":0}},"minReadySeconds":3,"template":{"spec":{"containers":[{"name":"c","image":"example.org/front:2.0","ports":[{"containerPort":8080,"name":"http"}]}]}}}}`)
	both := false
	l.until("the new build", func() bool {
		found := l.book.workload("lab/shop", front).body.Containers
		if len(found) == 2 {
			both = true
			for _, c := range found {
				if c.Image.Tag == "1.0" && c.Wanted != "example.org/front:2.0" {
					t.Errorf("what is wanted of the old one: %+v", c)
				}
			}
		}
		return len(found) == 1 && found[0].Image.Digest == digestOf("example.org/front:2.0") && found[0].Replicas == 3
	})
	if !both {
		t.Error("the two builds were never seen at once")
	}
	if rev := l.book.workload("lab/shop", front).body.Pod.Revision; rev == "" {
		t.Error("no revision")
	}
}

// An agent that was away tells what ended meanwhile, and dates what began.
func TestLabAway(t *testing.T) {
	t.Parallel()
	l := startLab(t, kubelab.Options{Controllers: true})
	for _, n := range []string{"stays", "ends"} {
		l.namespace(n, "")
		for _, d := range []string{"a", "b"} {
			l.make("/apis/apps/v1/namespaces/"+n+"/deployments", deploymentText(d, "example.org/"+d+":1", 1, ""))
		}
	}
	l.run()
	l.until("all four", func() bool {
		n := 0
		for _, s := range []string{"stays", "ends"} {
			for _, d := range []string{"a", "b"} {
				n += l.book.workload("lab/"+s, "Deployment/"+s+"/"+d).body.Replicas
			}
		}
		return n == 4
	})
	before := l.book.workload("lab/stays", "Deployment/stays/a").at
	l.kill()
	left := time.Now()
	l.remove("/api/v1/namespaces/ends")
	l.remove("/apis/apps/v1/namespaces/stays/deployments/b")
	l.make("/apis/apps/v1/namespaces/stays/deployments", deploymentText("c", "example.org/c:1", 1, ""))
	l.until("the namespace is gone", func() bool {
		return l.Ask(l, kubelab.Request{Method: "GET", Path: "/api/v1/namespaces/ends"}).Status == 404 &&
			strings.Contains(l.Ask(l, kubelab.Request{Method: "GET", Path: "/api/v1/namespaces/stays/pods?labelSelector=app%3Dc"}).Body, `"phase":"Running"`) &&
			!strings.Contains(l.Ask(l, kubelab.Request{Method: "GET", Path: "/api/v1/namespaces/stays/pods"}).Body, `example.org/b:1`)
	})
	l.pass(24 * time.Hour)
	l.run()
	l.until("the new one", func() bool { return l.book.workload("lab/stays", "Deployment/stays/c").body.Replicas == 1 })
	l.until("what ended", func() bool {
		l.book.mu.Lock()
		defer l.book.mu.Unlock()
		return l.book.live["lab/ends"] == nil
	})
	if l.book.workload("lab/stays", "Deployment/stays/b").raw != "" {
		t.Error("what was deleted meanwhile is still there")
	}
	if at := l.book.workload("lab/stays", "Deployment/stays/a").at; !at.Equal(before) {
		t.Errorf("what went on is dated %s, and was %s", at, before)
	}
	if at := l.book.workload("lab/stays", "Deployment/stays/c").at; at.Before(left.Truncate(time.Second)) || at.After(left.Add(time.Hour)) {
		t.Errorf("what began at about %s is dated %s", left, at)
	}
}

// untilQuiet waits until nothing more is told: that of the service and of its
// addresses comes beside that of the workload.
func (l *lab) untilQuiet() {
	last, since := int64(-1), time.Now()
	l.until("nothing more is told", func() bool {
		if seq := l.sender.Stats().Seq; seq != last {
			last, since = seq, time.Now()
		}
		return time.Since(since) > 2*time.Second
	})
}

// A server that is away for a day loses nothing, and each change has its time.
func TestLabServerAway(t *testing.T) {
	t.Parallel()
	l := startLab(t, kubelab.Options{Controllers: true})
	l.namespace("shop", "")
	l.make("/apis/apps/v1/namespaces/shop/deployments", deploymentText("front", "example.org/front:1", 1, ""))
	l.run()
	l.until("it runs", func() bool { return l.book.workload("lab/shop", "Deployment/shop/front").body.Replicas == 1 })
	l.book.set(true)
	var times []time.Time
	for i := 2; i <= 4; i++ {
		l.pass(8 * time.Hour)
		times = append(times, l.now())
		want := l.sender.Stats().Seq
		l.patch("/apis/apps/v1/namespaces/shop/deployments/front", fmt.Sprintf(`{"spec":{"replicas":%d}}`, i))
		l.until("it is kept", func() bool {
			return l.sender.Stats().Seq > want && strings.Count(l.Ask(l, kubelab.Request{Method: "GET", Path: "/api/v1/namespaces/shop/pods"}).Body, `"phase":"Running"`) == i
		})
		l.untilQuiet()
	}
	l.book.set(false)
	l.until("all of it", func() bool {
		return l.book.workload("lab/shop", "Deployment/shop/front").body.Replicas == 4 && l.sender.Stats().Pending == 0
	})
	seen := map[int]time.Time{}
	l.book.mu.Lock()
	for _, o := range l.book.log {
		for n := 2; n <= 4; n++ {
			if o.Subject == "workload/Deployment/shop/front" && o.Kind == "delta" && strings.Contains(string(o.Body), fmt.Sprintf(`"replicas":%d,"containers"`, n)) {
				seen[n] = o.ObservedAt
			}
		}
	}
	l.book.mu.Unlock()
	for i, at := range times {
		if d := seen[i+2].Sub(at); d < 0 || d > time.Minute {
			t.Errorf("%d replicas are dated %s, %s after", i+2, seen[i+2], d)
		}
	}
	if d := l.sender.Stats().Dropped; d != 0 {
		t.Errorf("%d are lost", d)
	}
}
