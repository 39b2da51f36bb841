package kube

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/fault"
)

// Cluster is the way to a cluster.
type Cluster struct {
	Name    string // as its configuration calls it; "": it does not say
	objects dynamic.Interface
	meta    metadata.Interface
	served  discovery.DiscoveryInterface
}

// Connect reads how to reach a cluster: from a kubeconfig, or where the path is
// "" from the pod that this runs in. It asks nothing yet.
func Connect(path string) (*Cluster, error) {
	cfg, name, err := configOf(path)
	if err != nil {
		return nil, err
	}
	const qps, burst = 50, 100
	cfg.UserAgent, cfg.QPS, cfg.Burst, cfg.WarningHandler = "tidemark-agent", qps, burst, rest.NoWarnings{}
	http, err := rest.HTTPClientFor(cfg)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the configuration of the cluster")
	}
	c := &Cluster{Name: name}
	var objects, meta, served error
	c.objects, objects = dynamic.NewForConfigAndClient(cfg, http)
	c.meta, meta = metadata.NewForConfigAndClient(cfg, http)
	c.served, served = discovery.NewDiscoveryClientForConfigAndClient(cfg, http)
	return c, fault.Wrap(fault.Invalid, errors.Join(objects, meta, served), "the configuration of the cluster")
}

func configOf(path string) (*rest.Config, string, error) {
	if path == "" {
		cfg, err := rest.InClusterConfig()
		if err != nil {
			return nil, "", fault.New(fault.Invalid, "this is no pod of a cluster, and no kubeconfig is given: %v", err).WithHint("give --kubeconfig FILE")
		}
		return cfg, "", nil
	}
	from := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(&clientcmd.ClientConfigLoadingRules{ExplicitPath: path}, nil)
	cfg, err := from.ClientConfig()
	if err != nil {
		return nil, "", fault.Wrap(fault.Invalid, err, "the kubeconfig %s", path)
	}
	raw, err := from.RawConfig()
	if err != nil {
		return nil, "", fault.Wrap(fault.Invalid, err, "the kubeconfig %s", path)
	}
	if c := raw.Contexts[raw.CurrentContext]; c != nil {
		return cfg, c.Cluster, nil
	}
	return cfg, "", nil
}

// watched is a kind that is watched. It is used under the agent's lock.
type watched struct {
	*kind
	informer  cache.SharedIndexInformer
	connected bool
	synced    bool   // it was read whole once
	refused   string // why it may not be read
	failure   string // why the newest try failed
	down      int    // how often in a row it was found not to be connected
	breaks    int
}

// patience is how often a kind is found not to be connected until that is a
// break: watches end by themselves every few minutes, and go on at once.
const patience = 3

// settled reports whether it is known what can be seen of the kind.
func (w *watched) settled() bool { return w.synced || w.refused != "" }

// broken reports whether the kind was seen, and is not any more.
func (w *watched) broken() bool { return w.synced && w.down >= patience }

// look looks whether the kind is connected.
func (w *watched) look() {
	w.synced = w.synced || w.informer.HasSynced()
	if w.connected {
		w.down = 0
		return
	}
	if w.down++; w.down == patience && w.synced {
		w.breaks++
	}
}

// sight is what is seen of a cluster. All but what never changes is used under
// its lock.
type sight struct {
	cluster *Cluster
	log     *slog.Logger
	mu      sync.Mutex
	world   *world
	watched map[string]*watched
	doors   []string // groups of kinds that open doors and are not read
	wake    chan struct{}
	running sync.WaitGroup
}

// look asks which kinds the cluster serves, and begins to watch those that are
// not watched yet.
func (a *sight) look(ctx context.Context) error {
	groups, err := a.cluster.served.ServerGroups()
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "ask the cluster which kinds it has")
	}
	versions, doors := map[string]bool{}, []string{}
	for _, g := range groups.Groups {
		for _, v := range g.Versions {
			versions[v.GroupVersion] = true
		}
		if slices.Contains(otherDoors[:], g.Name) {
			doors = append(doors, g.Name)
		}
	}
	served := map[string]bool{}
	for _, k := range kinds() {
		gv := k.resource.GroupVersion().String()
		if !k.optional || !versions[gv] {
			continue
		}
		list, err := a.cluster.served.ServerResourcesForGroupVersion(gv)
		if err != nil {
			return fault.Wrap(fault.Unavailable, err, "ask the cluster what is in %s", gv)
		}
		served[k.name] = slices.ContainsFunc(list.APIResources, func(r metav1.APIResource) bool { return r.Name == k.resource.Resource })
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.doors = doors
	for _, k := range kinds() {
		if a.watched[k.name] == nil && (!k.optional || served[k.name]) {
			if err := a.watch(ctx, k); err != nil {
				return err
			}
		}
	}
	return nil
}

// watch begins to watch a kind, until ctx ends.
func (a *sight) watch(ctx context.Context, k *kind) error {
	w := &watched{kind: k}
	w.informer = cache.NewSharedIndexInformerWithOptions(a.lister(w), a.sample(k), cache.SharedIndexInformerOptions{ObjectDescription: k.String()})
	quiet := func(context.Context, *cache.Reflector, error) {} // lister has noted it
	_, err := w.informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(o any) { a.changed(o, false) },
		UpdateFunc: func(_, o any) { a.changed(o, false) },
		DeleteFunc: func(o any) { a.changed(o, true) },
	})
	if err := errors.Join(err, w.informer.SetTransform(k.reader()), w.informer.SetWatchErrorHandlerWithContext(quiet)); err != nil {
		return fault.Wrap(fault.Internal, err, "watch %s", k)
	}
	a.watched[k.name] = w
	a.running.Add(1)
	go func() {
		defer a.running.Done()
		w.informer.RunWithContext(ctx)
	}()
	return nil
}

func (a *sight) sample(k *kind) runtime.Object {
	if k.meta {
		return &metav1.PartialObjectMetadata{}
	}
	return &unstructured.Unstructured{}
}

// lister lists and watches a kind, and notes how that went.
func (a *sight) lister(w *watched) cache.ListerWatcher {
	c := a.cluster
	out := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			if w.meta {
				list, err := c.meta.Resource(w.resource).List(ctx, o)
				a.note(ctx, w, err)
				return list, err
			}
			list, err := c.objects.Resource(w.resource).List(ctx, o)
			a.note(ctx, w, err)
			return list, err
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			var out watch.Interface
			var err error
			if w.meta {
				out, err = c.meta.Resource(w.resource).Watch(ctx, o)
			} else {
				out, err = c.objects.Resource(w.resource).Watch(ctx, o)
			}
			if err != nil {
				a.note(ctx, w, err)
				return nil, err
			}
			return a.follow(w, out), nil
		},
	}
	return cache.ToListWatcherWithWatchListSemantics(out, c.objects)
}

// note keeps why a kind cannot be seen.
func (a *sight) note(ctx context.Context, w *watched, err error) {
	if err == nil || ctx.Err() != nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if apierrors.IsResourceExpired(err) || apierrors.IsGone(err) {
		w.breaks++ // it is listed anew, at once
		return
	}
	was := w.failure
	w.connected, w.failure = false, bound(fault.Mask(err.Error()))
	if apierrors.IsForbidden(err) || apierrors.IsNotFound(err) || apierrors.IsMethodNotSupported(err) {
		w.refused = w.failure
	}
	if was == "" {
		a.log.Warn("a kind of object cannot be read: it is tried again", "kind", w.String(), "error", w.failure)
	}
}

// hears keeps that a watch lives, or has ended.
func (a *sight) hears(w *watched, lives bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	w.connected = lives
	if lives {
		w.refused, w.failure = "", ""
	}
}

// followed is a watch of which it is known whether it lives: it has brought
// something, or it has lasted. Kubernetes' client gives an empty one for a
// connection that breaks.
type followed struct {
	events chan watch.Event
	done   chan struct{}
	stop   func()
}

// ResultChan gives what the watch brings.
func (f *followed) ResultChan() <-chan watch.Event { return f.events }

// Stop ends the watch.
func (f *followed) Stop() { f.stop() }

// lasted is how long a watch lives until it is believed.
const lasted = time.Second

func (a *sight) follow(w *watched, in watch.Interface) watch.Interface {
	f := &followed{events: make(chan watch.Event), done: make(chan struct{})}
	f.stop = sync.OnceFunc(func() {
		close(f.done)
		in.Stop()
	})
	go func() {
		defer close(f.events)
		defer a.hears(w, false)
		long := time.NewTimer(lasted)
		defer long.Stop()
		for lives := false; ; {
			select {
			case <-f.done:
				return
			case <-long.C:
				a.hears(w, true)
				lives = true
			case e, ok := <-in.ResultChan():
				if !ok {
					return
				}
				if !lives && e.Type != watch.Error {
					a.hears(w, true)
					lives = true
				}
				select {
				case f.events <- e:
				case <-f.done:
					return
				}
			}
		}
	}()
	return f
}

func bound(s string) string {
	const most = 300
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// changed takes one object of a watch.
func (a *sight) changed(in any, gone bool) {
	if last, ok := in.(cache.DeletedFinalStateUnknown); ok {
		in = last.Obj
	}
	o, ok := in.(*object)
	if !ok {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if gone {
		a.world.drop(o)
	} else {
		a.world.put(o)
	}
	select {
	case a.wake <- struct{}{}:
	default: // it is awake
	}
}

// judge sees what can be seen by now. It reports whether every kind is settled,
// whether every one that was seen still is, and how often watches broke.
func (a *sight) judge() (settled, sound bool, breaks int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	settled, sound = true, true
	complete := len(a.doors) == 0
	for _, w := range a.watched {
		w.look()
		settled = settled && w.settled()
		sound = sound && !w.broken()
		complete = complete && (!w.door || w.synced && w.refused == "")
	}
	if complete != a.world.complete {
		a.world.complete = complete
		for namespace := range a.world.spaces {
			a.world.dirty[namespace] = true
		}
	}
	return settled, sound, a.breaks()
}

// breaks is how often watches broke.
func (a *sight) breaks() (n int) {
	for _, w := range a.watched {
		n += w.breaks
	}
	return n
}

// blind are the kinds that cannot be read.
func (a *sight) blind() map[string]bool {
	out := map[string]bool{}
	for _, w := range a.watched {
		if !w.synced || w.refused != "" {
			out[w.name] = true
		}
	}
	return out
}

// readable names the kinds that can be read now.
func (a *sight) readable() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	blind := a.blind()
	var out []string
	for name := range a.watched {
		if !blind[name] {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// troubles are what the agent cannot see, and why.
func (a *sight) troubles() []api.Rejection {
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []api.Rejection
	for _, w := range a.watched {
		why := cmp.Or(w.refused, w.failure)
		if why == "" {
			continue
		}
		if w.door {
			why += " (so not all doors are known)"
		}
		out = append(out, api.Rejection{Where: w.String(), Reason: why})
	}
	for _, group := range a.doors {
		out = append(out, api.Rejection{Where: group, Reason: "the cluster has this group: its objects may open doors, and are not read"})
	}
	slices.SortFunc(out, func(x, y api.Rejection) int { return strings.Compare(x.Where, y.Where) })
	return append(out, a.world.troubles()...)
}
