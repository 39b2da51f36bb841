package kube

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/api"
)

// part is what the pods of one root are together.
type part struct {
	replicas   int
	containers []api.SeenContainer
	pod        api.SeenPod
	labels     map[string]string // of the newest pod, all of them
	since      time.Time
}

// counts reports whether a pod counts as a running replica. One that is being
// deleted does not: its controller does not count it either.
func (o *object) counts() bool { return o.pod != nil && o.pod.runs && o.DeletionTimestamp == nil }

// image is what replicas are counted by.
type image struct {
	name string
	ref  api.SeenImage
	init bool
	role string
}

// fold counts what the pods of a root run. Nil where none runs.
func (s *space) fold(r *root) *part {
	if r.part != nil {
		return r.part
	}
	var newest *object
	out := &part{}
	counted := map[image]*api.SeenContainer{}
	var keeper *keeper
	above := s.object(r.kind, r.name)
	if above != nil {
		keeper = above.keeper
	}
	for _, o := range r.pods {
		if !o.counts() {
			continue
		}
		out.replicas++
		if o.pod.since.After(out.since) {
			out.since = o.pod.since
		}
		if newest == nil || older(newest, o) {
			newest = o
		}
		for i := range o.pod.containers {
			count(counted, &o.pod.containers[i], keeper)
		}
	}
	if newest == nil {
		return nil
	}
	for _, c := range counted {
		out.containers = append(out.containers, *c)
	}
	slices.SortFunc(out.containers, compareContainers)
	out.containers = firsts(out.containers)
	out.pod, out.labels = newest.pod.facts, newest.Labels
	out.pod.Controller = r.controller
	out.pod.Marks = marksOf(newest)
	if above != nil {
		out.pod.Marks = marksOf(above)
	}
	if keeper != nil {
		out.pod.Wanted = keeper.wanted
	}
	r.part = out
	return out
}

// older reports whether a is older than b; of two of one second the name decides.
func older(a, b *object) bool {
	return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), strings.Compare(a.Name, b.Name)) < 0
}

// count adds one container. What runs is not what was declared where the
// template says something else by now, or the digest is another.
func count(counted map[image]*api.SeenContainer, c *container, keeper *keeper) {
	k := image{c.name, c.image, c.init, c.role}
	have, ok := counted[k]
	if !ok {
		have = &api.SeenContainer{Name: c.name, Image: c.image, Init: c.init, Role: c.role, Security: c.security}
		counted[k] = have
	}
	have.Replicas++
	declared := c.declared
	if wanted := keeper.image(c.name); wanted != "" {
		declared = wanted
	}
	_, digest, pinned := strings.Cut(declared, "@")
	if declared != c.declared || pinned && digest != c.image.Digest {
		have.Wanted = declared
	}
}

func compareContainers(a, b api.SeenContainer) int {
	if a.Init != b.Init {
		if a.Init {
			return 1
		}
		return -1
	}
	return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Image.Name, b.Image.Name), cmp.Compare(a.Image.Tag, b.Image.Tag),
		cmp.Compare(a.Image.Digest, b.Image.Digest), cmp.Compare(a.Role, b.Role))
}

// names gives each root its service: what it is called by tidemark.dev/service,
// by app.kubernetes.io/name where nothing else of the namespace has that one, or
// its own name.
func (s *space) names() map[*root]string {
	called := map[string]map[rootKey]bool{}
	note := func(name string, by rootKey) {
		if name == "" {
			return
		}
		if called[name] == nil {
			called[name] = map[rootKey]bool{}
		}
		called[name][by] = true
	}
	for kind, objects := range s.objects {
		if isRoot(kind) {
			for _, o := range objects {
				note(o.mark(markName), rootKey{kind, o.Name})
			}
		}
	}
	out := map[*root]string{}
	for _, r := range s.roots {
		note(s.say(r, markName), r.rootKey)
	}
	for _, r := range s.roots {
		out[r] = r.name
		if name := s.say(r, markService); isName(name) {
			out[r] = name
		} else if name := s.say(r, markName); isName(name) && len(called[name]) == 1 {
			out[r] = name
		}
	}
	return out
}

// say is a mark of a root: of its controller, or else of a pod.
func (s *space) say(r *root, mark string) string {
	if o := s.object(r.kind, r.name); o != nil && o.mark(mark) != "" {
		return o.mark(mark)
	}
	var first *object
	for _, o := range r.pods {
		if first == nil || older(o, first) {
			first = o
		}
	}
	if first == nil {
		return ""
	}
	return first.mark(mark)
}

// join makes one workload of the roots that are one service.
func join(roots []*root, service string, doors map[*root]*opened) (api.SeenWorkload, time.Time) {
	slices.SortFunc(roots, func(a, b *root) int { return strings.Compare(a.name, b.name) })
	first := roots[0]
	pod := first.part.pod
	out := api.SeenWorkload{Service: service, Kind: first.kind, Namespace: first.namespace, DoorsComplete: true, Pod: &pod}
	var since time.Time
	wanted := 0
	for _, r := range roots {
		out.Replicas += r.part.replicas
		wanted += r.part.pod.Wanted
		out.Containers = append(out.Containers, r.part.containers...)
		d := doors[r]
		out.Doors = append(out.Doors, d.doors...)
		out.DoorsComplete = out.DoorsComplete && d.complete
		for _, t := range []time.Time{r.part.since, d.since} {
			if t.After(since) {
				since = t
			}
		}
	}
	pod.Wanted = wanted
	out.Containers = merged(out.Containers)
	out.Doors = sortedDoors(out.Doors)
	return out, since
}

// merged counts the same container of several roots as one.
func merged(list []api.SeenContainer) []api.SeenContainer {
	out := map[image]api.SeenContainer{}
	for _, c := range list {
		k := image{c.Name, c.Image, c.Init, c.Role}
		if have, ok := out[k]; ok {
			c.Replicas += have.Replicas
		}
		out[k] = c
	}
	return slices.SortedFunc(maps.Values(out), compareContainers)
}
