package host

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/inventory"
)

// teller tells the server what changed.
type teller struct {
	cfg   Config
	out   Sender
	watch *watch
	facts *systemFacts
	told  map[string]string // subject to hash of what was last told
	boms  map[string]string // artifact to hash of the bill of materials
	beat  time.Time
}

// body is something that is told of one subject.
type body struct {
	subject, media string
	raw            json.RawMessage
}

// tell says what changed; the first time, and when everything was asked for
// again, all of it as a snapshot.
func (t *teller) tell() error {
	if t.watch.host.index == nil {
		return nil
	}
	bodies, err := t.bodies()
	if err != nil {
		return err
	}
	t.troubles()
	if err := t.tellContents(); err != nil {
		return err
	}
	if len(t.told) == 0 {
		return t.tellAll(bodies)
	}
	return t.tellChanges(bodies)
}

// forget makes the next message say everything.
func (t *teller) forget() {
	clear(t.told)
	clear(t.boms)
}

func (t *teller) item(kind string) api.Observation {
	return api.Observation{Kind: kind, Class: "observed", Scope: t.cfg.Environment, ObservedAt: t.cfg.Clock.Now().UTC()}
}

func (t *teller) tellAll(bodies []body) error {
	now := t.cfg.Clock.Now()
	snapshot := "host " + now.UTC().Format("20060102T150405.000000Z")
	items := make([]api.Observation, 0, len(bodies)+1)
	for _, b := range bodies {
		o := t.item("member")
		o.Subject, o.Media, o.Body, o.Snapshot = b.subject, b.media, b.raw, snapshot
		items = append(items, o)
	}
	marker := t.item("marker")
	marker.Snapshot, marker.Count = snapshot, len(bodies)
	if err := t.out.Put(append(items, marker)...); err != nil {
		return err
	}
	for _, b := range bodies {
		t.told[b.subject] = hashText(b.raw)
	}
	t.beat = now
	return t.out.Scopes([]string{t.cfg.Environment})
}

func (t *teller) tellChanges(bodies []body) error {
	var items []api.Observation
	still := map[string]string{}
	for _, b := range bodies {
		still[b.subject] = hashText(b.raw)
		if t.told[b.subject] == still[b.subject] {
			continue
		}
		o := t.item("delta")
		o.Subject, o.Media, o.Body = b.subject, b.media, b.raw
		items = append(items, o)
	}
	for _, subject := range slices.Sorted(maps.Keys(t.told)) {
		if _, there := still[subject]; !there {
			o := t.item("tombstone")
			o.Subject = subject
			items = append(items, o)
		}
	}
	if now := t.cfg.Clock.Now(); now.Sub(t.beat) >= t.cfg.Timing.Beat {
		seen, err := t.seen(t.beat)
		if err != nil {
			return err
		}
		items = append(append(items, t.item("heartbeat")), seen...)
		t.beat = now
	}
	if len(items) == 0 {
		return nil
	}
	t.told = still
	return t.out.Put(items...)
}

func hashText(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// troubles tells what the agent cannot see, with its numbers.
func (t *teller) troubles() {
	list := slices.Clone(t.facts.trouble)
	for _, reason := range slices.Sorted(maps.Keys(t.watch.blind)) {
		list = append(list, api.Rejection{Where: "processes", Reason: reason})
	}
	switch n := t.watch.lost; {
	case n == 1:
		list = append(list, api.Rejection{Where: "processes", Reason: "1 process could not be looked at"})
	case n > 1:
		list = append(list, api.Rejection{Where: "processes", Reason: fmt.Sprintf("%d processes could not be looked at", n)})
	}
	for _, name := range slices.Sorted(maps.Keys(t.watch.Targets)) {
		if of := t.watch.Targets[name]; of != t.watch.host && of.index != nil {
			list = append(list, unread("inventory of "+of.Of, of.index.found)...)
		}
	}
	t.out.Trouble("host", list)
}

// bodies are all that is told, but for the bills of materials.
func (t *teller) bodies() ([]body, error) {
	var out []body
	add := func(subject, media string, v any) error {
		raw, err := json.Marshal(v)
		out = append(out, body{subject, media, raw})
		return err
	}
	name := t.cfg.Name
	if err := add("workload/Host//"+t.cfg.Service, "workload", t.workload()); err != nil {
		return nil, err
	}
	for _, r := range t.resources() {
		if err := add("resource/"+r.kind+"//"+r.name, "resource", r); err != nil {
			return nil, fmt.Errorf("tell of %s %s on %s: %w", r.kind, r.name, name, err)
		}
	}
	return out, nil
}

// thing is a resource before its specification is written.
type thing struct {
	kind, name string
	spec       any
	links      []api.SeenLink
}

// MarshalJSON writes it as the wire has it.
func (t thing) MarshalJSON() ([]byte, error) {
	spec, err := json.Marshal(t.spec)
	if err != nil {
		return nil, err
	}
	return json.Marshal(api.SeenResource{Kind: t.kind, Name: t.name, Spec: spec, Links: t.links})
}

func (t *teller) workload() api.SeenWorkload {
	w := api.SeenWorkload{Service: t.cfg.Service, Kind: "Host", Replicas: 1, Doors: doors(t.watch.socks.listen, t.facts.addresses)}
	for i := range t.watch.host.index.bomCount() {
		w.Containers = append(w.Containers, api.SeenContainer{Name: bomName("system", i), Image: api.SeenImage{Name: bomName("host/"+t.cfg.Name, i)}, Replicas: 1})
	}
	return w
}

func (t *teller) resources() []thing {
	out := []thing{{kind: "Host", name: t.cfg.Name, spec: t.host(), links: []api.SeenLink{{Rel: "runs", To: api.SeenEnd{Kind: "Artifact", Name: t.watch.host.Of}}}}}
	for _, name := range slices.Sorted(maps.Keys(t.watch.Targets)) {
		of := t.watch.Targets[name]
		if of.index == nil || of.Since == 0 {
			continue
		}
		out = append(out, thing{kind: "Loaded", name: of.Of, spec: of.spec(t.cfg.Timing), links: t.describes(of)})
	}
	return append(out, t.flows()...)
}

// describes are the artifacts that hold the parts of a target: of the host, all of
// its bills of materials.
func (t *teller) describes(of *target) []api.SeenLink {
	out := []api.SeenLink{{Rel: "describes", To: api.SeenEnd{Kind: "Artifact", Name: of.Of}}}
	for i := 1; of == t.watch.host && i < t.watch.host.index.bomCount(); i++ {
		if id, err := inventory.ArtifactID(bomName("host/"+t.cfg.Name, i)); err == nil {
			out = append(out, api.SeenLink{Rel: "describes", To: api.SeenEnd{Kind: "Artifact", Name: id}})
		}
	}
	return out
}

// host is the machine itself.
func (t *teller) host() api.SeenHost {
	h := api.SeenHost{
		System: t.watch.host.index.found.Format, Kernel: t.facts.kernel, Arch: t.cfg.Machine.Arch,
		Runtimes: t.facts.runtimes, Sockets: t.watch.socks.listen, Unseen: slices.Sorted(maps.Keys(t.watch.blind)),
	}
	images, run := map[string]api.SeenHosted{}, map[string][]string{}
	for id := range t.watch.cages {
		c := t.facts.images[id]
		key := c.artifact + " " + c.runtime
		run[key] = append(run[key], id)
		images[key] = api.SeenHosted{Image: c.image, Digest: c.digest, Runtime: c.runtime}
	}
	for _, key := range slices.Sorted(maps.Keys(images)) {
		one := images[key]
		one.Sockets = t.watch.insides.of(run[key])
		h.Containers = append(h.Containers, one)
	}
	for _, key := range slices.Sorted(maps.Keys(t.watch.Procs)) {
		r := t.watch.Procs[key]
		h.Processes = append(h.Processes, api.SeenProcess{Name: r.Name, Path: r.Path, User: r.User, Command: r.Command})
	}
	return h
}

// flow is the spec of a resource of kind Flow.
type flow struct {
	From     api.SeenEnd `json:"from"`
	To       api.SeenEnd `json:"to"`
	Protocol string      `json:"protocol,omitempty"`
	Port     int         `json:"port,omitempty"`
	How      string      `json:"how"`
	Where    []string    `json:"where,omitempty"`
}

// flows are whom the host talks to.
func (t *teller) flows() (out []thing) {
	own := api.SeenEnd{Kind: "Workload", Scope: t.cfg.Environment, Name: t.cfg.Service}
	for _, key := range slices.Sorted(maps.Keys(t.watch.Flows)) {
		k := t.watch.Flows[key]
		f := flow{From: own, To: api.SeenEnd{Kind: "Address", Name: k.Address}, Protocol: "tcp", Port: k.Port, How: "observed"}
		if k.In {
			f.From, f.To = f.To, f.From
		}
		for _, by := range k.By {
			f.Where = append(f.Where, "socket of "+by)
		}
		out = append(out, thing{kind: "Flow", name: f.name(), spec: f, links: []api.SeenLink{{Rel: "connects-to", To: f.To}, {Rel: "from", To: f.From}}})
	}
	return out
}

// name is that of the flow, the same from every source that sees it.
func (f flow) name() string {
	end := func(e api.SeenEnd) string {
		return strings.NewReplacer("%", "%25", " ", "%20").Replace(e.Kind + "/" + e.Scope + "/" + e.Name)
	}
	return boundName(fmt.Sprintf("%s > %s %s/%d", end(f.From), end(f.To), f.Protocol, f.Port))
}

// boundName is the name itself, or where it is too long to be a key its beginning
// and its hash.
func boundName(name string) string {
	const most, kept = 480, 447
	if len(name) <= most {
		return name
	}
	return strings.ToValidUTF8(name[:kept], "") + "~" + hashText([]byte(name))[:32]
}

// bomPart is a component of a CycloneDX document.
type bomPart struct {
	Type       string        `json:"type"`
	Name       string        `json:"name"`
	Version    string        `json:"version,omitempty"`
	Purl       string        `json:"purl,omitempty"`
	Properties []bomProperty `json:"properties,omitempty"`
}

type bomProperty struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type bom struct {
	Format   string `json:"bomFormat"`
	Spec     string `json:"specVersion"`
	Version  int    `json:"version"`
	Metadata struct {
		Component bomPart `json:"component"`
	} `json:"metadata"`
	Components []bomPart `json:"components"`
}

// perBOM is how many components one bill of materials has at the most: more of
// them would be a larger piece of evidence than is taken.
const perBOM = 4_000

// bomCount is how many bills of materials the host has: a power of two, so that a
// part stays in its own while others come and go.
func (x *index) bomCount() int {
	n := 1
	for len(x.keys) > n*perBOM {
		n *= 2
	}
	return n
}

func bomName(name string, i int) string {
	if i == 0 {
		return name
	}
	return fmt.Sprintf("%s/%d", name, i+1)
}

// tellContents tells the bills of materials that changed.
func (t *teller) tellContents() error {
	n := t.watch.host.index.bomCount()
	parts := make([][]bomPart, n)
	for _, c := range t.watch.host.components() {
		h := fnv.New32a()
		_, _ = io.WriteString(h, strings.TrimSuffix(keyOf(c.Purl), "@"+c.Version)) // never fails
		i := int(h.Sum32() % uint32(n))
		parts[i] = append(parts[i], c)
	}
	for i, list := range parts {
		ref := bomName("host/"+t.cfg.Name, i)
		doc := bom{Format: "CycloneDX", Spec: "1.5", Version: 1, Components: list}
		doc.Metadata.Component = bomPart{Type: "operating-system", Name: ref}
		raw, err := json.Marshal(doc)
		if err != nil {
			return err
		}
		if hash := hashText(raw); t.boms[ref] != hash {
			o := t.item("delta")
			o.Class, o.Media, o.Ref, o.Body = "content", "sbom", ref, raw
			if err := t.out.Put(o); err != nil {
				return err
			}
			t.boms[ref] = hash
		}
	}
	return nil
}
