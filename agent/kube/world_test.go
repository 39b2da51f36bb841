package kube

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/tidemark/tidemark/api"
)

// read is an object as it is kept, from JSON as the API server sends it.
func read(t testing.TB, text string) *object {
	t.Helper()
	var raw map[string]any
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	u := &unstructured.Unstructured{Object: raw}
	for _, k := range kinds() {
		if k.name != u.GetKind() {
			continue
		}
		var in any = u
		if k.meta {
			in = &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{
				Name: u.GetName(), Namespace: u.GetNamespace(), UID: u.GetUID(), OwnerReferences: u.GetOwnerReferences(), Labels: u.GetLabels(), Annotations: u.GetAnnotations(),
			}}
		}
		out, err := k.reader()(in)
		if err != nil {
			t.Fatal(err)
		}
		o := out.(*object)
		if o.trouble != "" {
			t.Fatalf("%s: %s", o.id(), o.trouble)
		}
		return o
	}
	t.Fatalf("no kind in %s", text)
	return nil
}

func owned(kind, name string) string {
	group := "apps/v1"
	switch kind {
	case kindJob, kindCronJob:
		group = "batch/v1"
	case "Rollout", "Kafka", kindNode:
		group = "example.org/v1"
	}
	return fmt.Sprintf(`,"ownerReferences":[{"apiVersion":%q,"kind":%q,"name":%q,"uid":"uid-%s","controller":true}]`, group, kind, name, name)
}

func plain(kind, name, more string) string {
	return fmt.Sprintf(`{"kind":%q,"metadata":{"name":%q,"namespace":"shop","uid":"uid-%s"%s}}`, kind, name, name, more)
}

func podText(name, image, more string) string {
	return fmt.Sprintf(`{"kind":"Pod","metadata":{"name":%[1]q,"namespace":"shop","uid":"uid-%[1]s","creationTimestamp":"2026-05-01T10:00:00Z"%[3]s},
  "spec":{"nodeName":"n1","serviceAccountName":"sa","containers":[{"name":"c","image":%[2]q,"env":[{"name":"DB_URL","value":"postgres://app:hunter2@db:5432/x"},{"name":"API_TOKEN","value":"hunter2"}]}]},
  "status":{"phase":"Running","startTime":"2026-05-01T10:00:05Z","containerStatuses":[{"name":"c","image":%[2]q,"imageID":"docker.io/library/x@sha256:%[4]s","state":{"running":{"startedAt":"2026-05-01T10:00:09Z"}}}]}}`,
		name, image, more, strings.Repeat("a", 64))
}

func worldOf(t testing.TB, texts ...string) *world {
	t.Helper()
	w := newWorld(Naming{Cluster: "lab"})
	w.complete = true
	for _, text := range texts {
		w.put(read(t, text))
	}
	return w
}

// subjects are what is told of the namespace "shop".
func subjects(t testing.TB, w *world) (out []string) {
	t.Helper()
	list, err := w.tell("shop")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range list {
		if x.media == mediaWorkload {
			out = append(out, strings.TrimPrefix(x.subject, "workload/"))
		}
	}
	return out
}

func workloadOf(t testing.TB, w *world, subject string) (out api.SeenWorkload) {
	t.Helper()
	list, err := w.tell("shop")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range list {
		if x.subject == "workload/"+subject {
			if err := json.Unmarshal(x.body, &out); err != nil {
				t.Fatal(err)
			}
			return out
		}
	}
	t.Fatalf("no %s in %v", subject, list)
	return out
}

const hashed = `,"labels":{"pod-template-hash":"5d8"}`

// A pod stands behind what keeps it, however its owners are told.
func TestRoots(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		objects          []string
		want, controller string
	}{
		"alone":        {[]string{podText("p", "x", "")}, "Pod/shop/p", ""},
		"deployment":   {[]string{plain("Deployment", "d", ""), plain("ReplicaSet", "d-5d8", owned("Deployment", "d")), podText("p", "x", owned("ReplicaSet", "d-5d8"))}, "Deployment/shop/d", ""},
		"late":         {[]string{podText("p", "x", owned("ReplicaSet", "d-1")), plain("ReplicaSet", "d-1", owned("Deployment", "d")), plain("Deployment", "d", "")}, "Deployment/shop/d", ""},
		"guessed":      {[]string{podText("p", "x", owned("ReplicaSet", "d-5d8")+hashed)}, "Deployment/shop/d", ""},
		"no_guess":     {[]string{podText("p", "x", owned("ReplicaSet", "d"))}, "ReplicaSet/shop/d", ""},
		"replica_set":  {[]string{plain("ReplicaSet", "r", ""), podText("p", "x", owned("ReplicaSet", "r"))}, "ReplicaSet/shop/r", ""},
		"cron_job":     {[]string{plain("CronJob", "n", ""), plain("Job", "n-1", owned("CronJob", "n")), podText("p", "x", owned("Job", "n-1"))}, "CronJob/shop/n", ""},
		"stateful_set": {[]string{plain("StatefulSet", "s", ""), podText("s-0", "x", owned("StatefulSet", "s"))}, "StatefulSet/shop/s", ""},
		"strange":      {[]string{podText("p", "x", owned("Kafka", "k"))}, "Kafka/shop/k", "Kafka/shop/k"},
		"above":        {[]string{plain("StatefulSet", "s", owned("Kafka", "k")), podText("s-0", "x", owned("StatefulSet", "s"))}, "StatefulSet/shop/s", "Kafka/shop/k"},
		"rollout":      {[]string{plain("ReplicaSet", "r-1", owned("Rollout", "r")), podText("p", "x", owned("ReplicaSet", "r-1"))}, "Rollout/shop/r", "Rollout/shop/r"},
		"of_the_node":  {[]string{podText("etcd-n1", "x", owned("Node", "n1"))}, "Pod/shop/etcd", "Node"},
		"circle":       {[]string{plain("ReplicaSet", "a", owned("ReplicaSet", "b")), plain("ReplicaSet", "b", owned("ReplicaSet", "a")), podText("p", "x", owned("ReplicaSet", "a"))}, "ReplicaSet/shop/a", ""},
		"itself":       {[]string{plain("ReplicaSet", "a", owned("ReplicaSet", "a")), podText("p", "x", owned("ReplicaSet", "a"))}, "ReplicaSet/shop/a", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := worldOf(t, c.objects...)
			if got := subjects(t, w); len(got) != 1 || got[0] != c.want {
				t.Fatalf("got %v, want %s", got, c.want)
			}
			if got := workloadOf(t, w, c.want).Pod.Controller; got != c.controller {
				t.Errorf("controller %q", got)
			}
			if circles := name == "circle" || name == "itself"; circles != (len(w.troubles()) == 1) {
				t.Errorf("%v", w.troubles())
			}
		})
	}
}

// A chain of owners is not followed without end.
func TestAbsurdDepth(t *testing.T) {
	t.Parallel()
	texts := []string{podText("p", "x", owned("ReplicaSet", "r0"))}
	for i := range 50 {
		texts = append(texts, plain("ReplicaSet", fmt.Sprint("r", i), owned("ReplicaSet", fmt.Sprint("r", i+1))))
	}
	w := worldOf(t, texts...)
	w.put(read(t, podText("p", "x", owned("ReplicaSet", "r0"))))
	if got := subjects(t, w); len(got) != 1 || got[0] != "ReplicaSet/shop/r0" || len(w.troubles()) != 1 {
		t.Errorf("%v %v", got, w.troubles())
	}
}

// Who was known stays known when what stood between is deleted first.
func TestOwnersThatGoFirst(t *testing.T) {
	t.Parallel()
	w := worldOf(t, plain("CronJob", "n", ""), plain("Job", "n-1", owned("CronJob", "n")), podText("p", "x", owned("Job", "n-1")))
	w.drop(read(t, plain("Job", "n-1", "")))
	w.put(read(t, podText("p", "y", owned("Job", "n-1"))))
	if got := subjects(t, w); len(got) != 1 || got[0] != "CronJob/shop/n" {
		t.Error(got)
	}
	w.drop(read(t, podText("p", "y", "")))
	if got := subjects(t, w); len(got) != 0 {
		t.Error(got)
	}
}

// Of pods that are gone nothing is kept.
func TestNothingIsLeftOfPods(t *testing.T) {
	t.Parallel()
	w := worldOf(t, plain("ReplicaSet", "a", owned("ReplicaSet", "a")), podText("p", "x", owned("ReplicaSet", "a")), podText("q", "x", owned("ReplicaSet", "none")))
	w.drop(read(t, podText("p", "x", "")))
	w.drop(read(t, podText("q", "x", "")))
	w.drop(read(t, plain("ReplicaSet", "a", "")))
	w.forget("shop")
	if len(w.waiting)+len(w.circles)+len(w.spaces) != 0 {
		t.Errorf("%v %v %v", w.waiting, w.circles, w.spaces)
	}
}

// Of a pod what is needed is kept, and no secret of it.
func TestNoSecretIsKept(t *testing.T) {
	t.Parallel()
	w := worldOf(t, podText("p", "example.org/x:1.0", `,"annotations":{"note":"hunter2","team":"a"}`))
	list, err := w.tell("shop")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range list {
		if strings.Contains(string(x.body), "hunter2") {
			t.Errorf("%s", x.body)
		}
	}
	if kept := fmt.Sprintf("%+v %+v", w.space("shop").object(kindPod, "p").ObjectMeta, *w.space("shop").object(kindPod, "p").pod); strings.Contains(kept, "hunter2") {
		t.Error(kept)
	}
	got := workloadOf(t, w, "Pod/shop/p")
	want := api.SeenWorkload{
		Service: "p", Kind: "Pod", Namespace: "shop", Replicas: 1, DoorsComplete: true,
		Containers: []api.SeenContainer{{Name: "c", Image: api.SeenImage{Name: "example.org/x", Tag: "1.0", Digest: "sha256:" + strings.Repeat("a", 64)}, Replicas: 1}},
		Pod:        &api.SeenPod{Account: "sa", Marks: map[string]string{"team": "a"}, Calls: []api.SeenCall{{Where: "env DB_URL", Address: "db:5432", Scheme: "postgres"}}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// A service is named by its own label; by app.kubernetes.io/name only where that
// is one of a kind; two of one name are one.
func TestNames(t *testing.T) {
	t.Parallel()
	labels := func(text string) string { return `,"labels":{` + text + `}` }
	w := worldOf(t,
		plain("StatefulSet", "a", labels(`"app.kubernetes.io/name":"alpha"`)), podText("a-0", "x", owned("StatefulSet", "a")),
		plain("StatefulSet", "b", labels(`"app.kubernetes.io/name":"beta"`)), podText("b-0", "x", owned("StatefulSet", "b")),
		plain("StatefulSet", "c", labels(`"app.kubernetes.io/name":"beta"`)), podText("c-0", "x", owned("StatefulSet", "c")),
		plain("StatefulSet", "d", labels(`"tidemark.dev/service":"delta"`)), podText("d-0", "x", owned("StatefulSet", "d")),
		plain("StatefulSet", "e", labels(`"tidemark.dev/service":"delta"`)), podText("e-0", "x", owned("StatefulSet", "e")),
	)
	want := []string{"StatefulSet/shop/alpha", "StatefulSet/shop/b", "StatefulSet/shop/c", "StatefulSet/shop/delta"}
	if d := cmp.Diff(want, subjects(t, w)); d != "" {
		t.Error(d)
	}
	if got := workloadOf(t, w, "StatefulSet/shop/delta"); got.Replicas != 2 || len(got.Containers) != 1 || got.Containers[0].Replicas != 2 {
		t.Errorf("%+v", got)
	}
}

func TestImages(t *testing.T) {
	t.Parallel()
	digest, other := "sha256:"+strings.Repeat("b", 64), "sha256:"+strings.Repeat("c", 64)
	for _, c := range []struct{ declared, id, want string }{
		{"nginx", "docker.io/library/nginx@" + digest, "nginx||" + digest},
		{"localhost:5000/a/b:1.2", "docker-pullable://localhost:5000/a/b@" + digest, "localhost:5000/a/b|1.2|" + digest},
		{"a:1@" + other, "a@" + digest, "a|1|" + digest},
		{"a:1@" + other, digest, "a|1|" + other},
		{"a:1", digest, "a|1|"},
		{"a:1", "a@sha256:short", "a|1|"},
		{"a:1", "", "a|1|"},
	} {
		got := imageOf(c.declared, c.id)
		if text := got.Name + "|" + got.Tag + "|" + got.Digest; text != c.want {
			t.Errorf("%s as %s: %s, want %s", c.declared, c.id, text, c.want)
		}
	}
}

// Doors of the Gateway API need a Gateway that takes the route; where a kind of
// door cannot be read, nobody says that all are known.
func TestDoors(t *testing.T) {
	t.Parallel()
	service := `{"kind":"Service","metadata":{"name":"web","namespace":"shop"},"spec":{"type":"LoadBalancer","selector":{"app":"web"},"ports":[{"port":443,"nodePort":30443}]},"status":{"loadBalancer":{"ingress":[{"ip":"203.0.113.7"}]}}}`
	route := `{"kind":"HTTPRoute","metadata":{"name":"r","namespace":"edge"},"spec":{"parentRefs":[{"name":"g","namespace":"gate"}],"hostnames":["shop.example.org"],"rules":[{"matches":[{"path":{"value":"/x"}}],"backendRefs":[{"name":"web","namespace":"shop"}]}]}%s}`
	gateway := `{"kind":"Gateway","metadata":{"name":"g","namespace":"gate"},"spec":{}}`
	pod := podText("p", "x", `,"labels":{"app":"web"}`)
	addresses := func(w *world) (out []string) {
		for _, d := range workloadOf(t, w, "Pod/shop/p").Doors {
			out = append(out, d.Address+" "+d.Via)
		}
		return out
	}
	balanced := []string{"203.0.113.7:443/TCP Service/shop/web (LoadBalancer)", "node:30443/TCP Service/shop/web (NodePort)"}
	w := worldOf(t, pod, service, fmt.Sprintf(route, ""))
	if d := cmp.Diff(balanced, addresses(w)); d != "" {
		t.Error(d)
	}
	clear(w.dirty)
	w.put(read(t, gateway))
	if !w.dirty["shop"] {
		t.Error("a Gateway does not touch what it leads to")
	}
	if d := cmp.Diff(append(balanced[:2:2], "shop.example.org/x HTTPRoute/edge/r"), addresses(w)); d != "" {
		t.Error(d)
	}
	w.put(read(t, fmt.Sprintf(route, `,"status":{"parents":[{"parentRef":{"name":"g","namespace":"gate"},"conditions":[{"type":"Accepted","status":"False"}]}]}`)))
	if d := cmp.Diff(balanced, addresses(w)); d != "" {
		t.Error(d)
	}
	w.complete = false
	if workloadOf(t, w, "Pod/shop/p").DoorsComplete {
		t.Error("all doors are known without all kinds of doors")
	}
}

// What changed while nobody looked is dated by its pods, where that can be.
func TestDates(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 2, 0, 0, 0, 0, time.UTC)
	hour := func(h int) time.Time { return now.Add(time.Duration(h-24) * time.Hour) }
	m := memory{Contact: hour(10)}
	before := &said{At: hour(8)}
	tick := time.Microsecond
	for name, c := range map[string]struct {
		since  time.Time
		before *said
		late   bool
		want   time.Time
	}{
		"live":                   {hour(9), before, false, now},
		"new_while_away":         {hour(12), nil, true, hour(12)},
		"new_but_older":          {hour(5), nil, true, now},
		"changed_while_away":     {hour(12), before, true, hour(12)},
		"changed_by_going":       {hour(5), before, true, now},
		"in_the_future":          {hour(30), before, true, now},
		"not_known":              {time.Time{}, before, true, now},
		"within_the_same_second": {hour(8), before, true, hour(8).Add(tick)},
	} {
		if got := m.date(told{since: c.since}, c.before, clock{now, c.late}); !got.Equal(c.want) {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	if got := (&memory{}).date(told{since: hour(3)}, nil, clock{now, true}); !got.Equal(hour(3)) {
		t.Errorf("for the first time: %s", got)
	}
	if got := m.date(told{}, &said{At: now}, clock{now, false}); !got.Equal(now.Add(tick)) {
		t.Errorf("at the same time: %s", got)
	}
}

// Whatever an object holds, reading it does not break.
func FuzzRead(f *testing.F) {
	for _, k := range kinds() {
		f.Add(k.name, `{"kind":"x","metadata":{"name":"x","namespace":"y","labels":{"a":"b"}},"spec":{"containers":[{"name":"c"}]}}`)
	}
	f.Add(kindPod, podText("p", "x", ""))
	f.Add("RoleBinding", `{"metadata":{"name":"x"},"roleRef":{"kind":1},"subjects":[{"kind":"ServiceAccount"}]}`)
	f.Add(kindService, `{"spec":{"ports":[{"port":"x"}],"selector":[]},"status":7}`)
	f.Fuzz(func(t *testing.T, kind, text string) {
		var raw map[string]any
		if json.Unmarshal([]byte(text), &raw) != nil || raw == nil {
			t.Skip()
		}
		for _, k := range kinds() {
			if k.name != kind || k.meta {
				continue
			}
			out, err := k.reader()(&unstructured.Unstructured{Object: raw})
			if err != nil {
				t.Fatal(err)
			}
			w := newWorld(Naming{Cluster: "lab"})
			w.put(out.(*object))
			if _, err := w.tell(out.(*object).Namespace); err != nil {
				t.Fatal(err)
			}
		}
	})
}
