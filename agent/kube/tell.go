package kube

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash/fnv"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark/tidemark/api"
)

// said is what was told of a subject last.
type said struct {
	Scope string    `json:"scope"`
	Hash  string    `json:"hash"`
	At    time.Time `json:"at"` // when that was so
}

// memory is what was told, by namespace and subject. It outlives the agent, so
// that the next one can date what it finds: what is as it was told goes on, what
// is not began after Contact, when the cluster was seen last.
type memory struct {
	Contact time.Time                  `json:"contact"`
	Said    map[string]map[string]said `json:"said"`
}

func recall(path string) (memory, error) {
	empty := memory{Said: map[string]map[string]said{}}
	if path == "" {
		return empty, nil
	}
	raw, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return empty, nil
	}
	if err != nil {
		return empty, err
	}
	var m memory
	if err := json.Unmarshal(raw, &m); err != nil {
		return empty, err
	}
	if m.Said == nil {
		m.Said = empty.Said
	}
	return m, nil
}

// save writes a whole new file in the place of the old one.
func (m *memory) save(path string) error {
	if path == "" {
		return nil
	}
	raw, err := json.Marshal(m)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "memory-*.tmp")
	if err != nil {
		return err
	}
	_, err = f.Write(raw)
	if err := errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return os.Rename(f.Name(), path)
}

// date says since when a subject is so. What changes before our eyes changed
// now. What had changed while nobody looked began with its newest pod, if that
// is after what was known before, and else is dated now.
func (m *memory) date(t told, before *said, clock clock) time.Time {
	at, floor := clock.now, m.Contact
	if before != nil {
		floor = before.At
	}
	// The API server tells seconds: what began in the one in which we looked last
	// began after that.
	if clock.late && !t.since.IsZero() && !t.since.Before(floor.Truncate(time.Second)) && !t.since.After(clock.now) {
		at = t.since
		if !at.After(floor) && !floor.IsZero() {
			at = floor.Add(time.Microsecond)
		}
	}
	if before != nil && !at.After(before.At) {
		return before.At.Add(time.Microsecond)
	}
	return at
}

// clock is the time of one telling.
type clock struct {
	now  time.Time
	late bool // something may have changed while nobody looked
}

func hashOf(body []byte) string {
	h := fnv.New128a()
	_, _ = h.Write(body) // never fails
	return hex.EncodeToString(h.Sum(nil))
}

// flush tells what has changed.
func (a *Agent) flush() error {
	a.mu.Lock()
	dirty := slices.Sorted(maps.Keys(a.world.dirty))
	if len(dirty) == 0 {
		a.mu.Unlock()
		return nil
	}
	clear(a.world.dirty)
	clock := clock{now: a.cfg.Now().UTC(), late: a.plan.late || a.breaks() != a.plan.breaks}
	before := len(a.world.namespaces())
	var items []api.Observation
	var failed error
	for _, namespace := range dirty {
		out, err := a.difference(namespace, clock)
		items, failed = append(items, out...), errors.Join(failed, err)
		a.world.forget(namespace)
	}
	a.stats.Deltas += int64(len(items))
	scopes := a.world.scopes()
	ended := before > 0 && slices.Contains(dirty, "") && !slices.Equal(scopes, a.plan.scopes)
	a.plan.scopes = scopes
	ended = ended && !a.blind()[kindNamespace]
	a.mu.Unlock()
	a.put(items)
	if ended {
		a.putScopes(scopes)
	}
	return failed
}

// difference is what has to be told of a namespace.
func (a *Agent) difference(namespace string, clock clock) ([]api.Observation, error) {
	now, err := a.world.tell(namespace)
	if err != nil {
		return nil, err
	}
	scope := a.world.scope(namespace)
	before := a.memory.Said[namespace]
	after := make(map[string]said, len(now))
	var out []api.Observation
	for _, t := range now {
		last, known := before[t.subject]
		hash := hashOf(t.body)
		if known && last.Hash == hash && last.Scope == scope {
			after[t.subject] = last
			continue
		}
		var of *said
		if known {
			of = &last
		}
		if known && last.Scope != scope {
			out = append(out, gone(t.subject, last, clock.now))
		}
		x := said{Scope: scope, Hash: hash, At: a.memory.date(t, of, clock)}
		after[t.subject] = x
		out = append(out, observation("delta", t, x))
	}
	for _, subject := range slices.Sorted(maps.Keys(before)) {
		if _, still := after[subject]; !still {
			out = append(out, gone(subject, before[subject], clock.now))
		}
	}
	a.memory.Said[namespace] = after
	if len(after) == 0 {
		delete(a.memory.Said, namespace)
	}
	return out, nil
}

func observation(kind string, t told, x said) api.Observation {
	return api.Observation{Kind: kind, Scope: x.Scope, Subject: t.subject, Media: t.media, ObservedAt: x.At, Body: t.body}
}

// gone says that a subject is there no longer.
func gone(subject string, last said, now time.Time) api.Observation {
	if !now.After(last.At) {
		now = last.At.Add(time.Microsecond)
	}
	media := mediaResource
	if strings.HasPrefix(subject, "workload/") {
		media = mediaWorkload
	}
	return api.Observation{Kind: "tombstone", Scope: last.Scope, Subject: subject, Media: media, ObservedAt: now}
}

// reconcile tells everything: for each scope its members and a marker, then the
// scopes that there are. A scope in which something stood that cannot be read any
// more has no marker: what is not seen is not said to be gone.
func (a *Agent) reconcile() error {
	_, _, breaks := a.judge()
	a.cfg.Sender.Trouble("kube", a.troubles())
	seen := a.readable()
	a.mu.Lock()
	clock := clock{now: a.cfg.Now().UTC(), late: true}
	clear(a.world.dirty)
	blind := a.blind()
	scopes := a.world.scopes()
	lists := map[string][]api.Observation{}
	unseen := map[string]bool{}
	for _, namespace := range everywhere(a.world, &a.memory) {
		if err := a.member(namespace, clock, lists); err != nil {
			a.mu.Unlock()
			return err
		}
		for subject, last := range a.memory.Said[namespace] {
			unseen[last.Scope] = unseen[last.Scope] || blind[kindOf(subject)]
		}
	}
	a.plan.beat, a.plan.full, a.plan.seen, a.plan.breaks, a.plan.late, a.plan.scopes = clock.now, clock.now, seen, breaks, false, scopes
	a.memory.Contact = clock.now
	a.stats.Ready, a.stats.LastFull = true, clock.now
	a.stats.Fulls++
	a.mu.Unlock()
	snapshot := strconv.FormatInt(clock.now.UnixMicro(), 36)
	for _, scope := range scopes {
		if unseen[scope] {
			a.put(as("delta", "", lists[scope]))
			continue
		}
		marker := api.Observation{Kind: "marker", Scope: scope, Snapshot: snapshot, Count: len(lists[scope]), ObservedAt: clock.now}
		a.put(append(as("member", snapshot, lists[scope]), marker))
	}
	if !blind[kindNamespace] {
		a.putScopes(scopes)
	}
	return a.memory.save(a.cfg.Memory)
}

// as is the same evidence of another kind.
func as(kind, snapshot string, items []api.Observation) []api.Observation {
	for i := range items {
		items[i].Kind, items[i].Snapshot = kind, snapshot
	}
	return items
}

// member adds what a namespace has to the list of its scope. What is as it was
// told is still so now.
func (a *Agent) member(namespace string, clock clock, lists map[string][]api.Observation) error {
	now, err := a.world.tell(namespace)
	if err != nil {
		return err
	}
	scope := a.world.scope(namespace)
	before := a.memory.Said[namespace]
	after := make(map[string]said, len(now))
	for _, t := range now {
		hash := hashOf(t.body)
		last, known := before[t.subject]
		var of *said
		if known {
			of = &last
		}
		x := said{Scope: scope, Hash: hash, At: clock.now}
		after[t.subject] = last
		if !known || last.Hash != hash || last.Scope != scope {
			x.At = a.memory.date(t, of, clock)
			after[t.subject] = x
		}
		lists[scope] = append(lists[scope], observation("member", t, x))
	}
	blind := a.blind()
	for subject, last := range before {
		if _, still := after[subject]; !still && blind[kindOf(subject)] {
			after[subject] = last
		}
	}
	a.memory.Said[namespace] = after
	if len(after) == 0 {
		delete(a.memory.Said, namespace)
	}
	return nil
}

// kindOf is the kind whose objects a subject is made of.
func kindOf(subject string) string {
	rest, isResource := strings.CutPrefix(subject, "resource/")
	if !isResource {
		return kindPod
	}
	kind, _, _ := strings.Cut(rest, "/")
	return kind
}

// everywhere are the namespaces of which something is known, or was told.
func everywhere(w *world, m *memory) []string {
	all := map[string]bool{"": true}
	for namespace := range w.spaces {
		all[namespace] = true
	}
	for namespace := range m.Said {
		all[namespace] = true
	}
	return slices.Sorted(maps.Keys(all))
}

// beat says that all is as it was told.
func (a *Agent) beat(now time.Time) error {
	if err := a.flush(); err != nil {
		return err
	}
	a.mu.Lock()
	scopes := a.world.scopes()
	a.stats.Beats++
	a.mu.Unlock()
	var items []api.Observation
	for _, scope := range scopes {
		items = append(items, api.Observation{Kind: "heartbeat", Scope: scope, ObservedAt: now.UTC()})
	}
	a.put(items)
	return nil
}

// put hands on what is told. What the disk does not take is said again later:
// the sender asks for it.
func (a *Agent) put(items []api.Observation) {
	if len(items) == 0 {
		return
	}
	if err := a.cfg.Sender.Put(items...); err != nil {
		a.cfg.Log.Error("what was seen could not be kept", "error", err)
	}
}

func (a *Agent) putScopes(scopes []string) {
	if err := a.cfg.Sender.Scopes(scopes); err != nil {
		a.cfg.Log.Error("what was seen could not be kept", "error", err)
	}
}
