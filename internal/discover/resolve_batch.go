package discover

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/internal/twin"
)

// batch is what one run makes of its evidence: first each row is taken by
// itself, then the timelines are worked out.
type batch struct {
	present *twin.Present
	parse   func([]byte) (twin.SBOM, error)
	res     twin.Resolution

	claims    map[twin.ClaimKey]*claimWork
	snapshots map[twin.SnapshotKey]*twin.SnapshotHead
	before    map[twin.SnapshotKey]twin.SnapshotHead // as they stood
	watches   map[int64]*watchWork
	order     []int64 // watches as they came

	newSnapshots int64
}

// claimWork is a claim with its new facts.
type claimWork struct {
	head  twin.ClaimHead
	watch int64
	facts []twin.Fact
}

// watchWork is what is new under one watch.
type watchWork struct {
	watch  int64
	claims []*claimWork
	marks  []twin.Mark
}

func newBatch(present *twin.Present, parse func([]byte) (twin.SBOM, error)) *batch {
	return &batch{
		present: present, parse: parse, claims: map[twin.ClaimKey]*claimWork{},
		snapshots: map[twin.SnapshotKey]*twin.SnapshotHead{}, before: map[twin.SnapshotKey]twin.SnapshotHead{},
		watches: map[int64]*watchWork{},
	}
}

// takeAll takes rows until one of them is poison.
func (b *batch) takeAll(list []twin.Observation) (n int, bad error) {
	for i := range list {
		if err := b.take(&list[i]); err != nil {
			return i, err
		}
	}
	return len(list), nil
}

// take adds one row of evidence, or leaves the batch as it was.
func (b *batch) take(o *twin.Observation) error {
	switch {
	case o.Kind == twin.Marker || o.Kind == twin.Repeat:
		b.takeMark(o)
		return nil
	case o.Class == twin.Detected:
		return b.takeDetection(o)
	case o.Class == twin.Content:
		return b.takeSBOM(o)
	case o.Kind == twin.Member || o.Kind == twin.Delta || o.Kind == twin.Tombstone:
		return b.takeFact(o)
	}
	return fmt.Errorf("%q is no kind of evidence", o.Kind)
}

func (b *batch) watch(id int64) *watchWork {
	w, ok := b.watches[id]
	if !ok {
		w = &watchWork{watch: id}
		b.watches[id] = w
		b.order = append(b.order, id)
	}
	return w
}

// snapshot returns the head of a snapshot, new where needed.
func (b *batch) snapshot(o *twin.Observation) *twin.SnapshotHead {
	key := twin.SnapshotKey{Watch: o.Watch, Name: o.Snapshot}
	if s, ok := b.snapshots[key]; ok {
		return s
	}
	head, ok := b.present.Snapshots[key]
	if !ok {
		b.newSnapshots++
		head = twin.SnapshotHead{SnapshotKey: key, ID: -b.newSnapshots, Expected: twin.MarkerMissing}
	}
	b.before[key] = head
	s := &head
	b.snapshots[key] = s
	return s
}

func (b *batch) takeMark(o *twin.Observation) {
	s := b.snapshot(o)
	switch {
	case o.Kind == twin.Marker:
		s.Expected = o.Count
	case s.Expected == twin.MarkerMissing:
		s.Expected = twin.MarkerAwaited
	}
	w := b.watch(o.Watch)
	w.marks = append(w.marks, twin.Mark{Moment: o.Moment(), Base: s.ID})
}

func (b *batch) takeFact(o *twin.Observation) error {
	state, err := b.state(o)
	if err != nil {
		return err
	}
	c, err := b.claim(o)
	if err != nil {
		return err
	}
	f := twin.Fact{Moment: o.Moment(), State: state}
	if o.Kind == twin.Member {
		s := b.snapshot(o)
		s.Known++
		if s.First.IsZero() || o.ObservedAt.Before(s.First) {
			s.First = o.ObservedAt
		}
		f.Snapshot = s.ID
	}
	c.facts = append(c.facts, f)
	b.res.Facts = append(b.res.Facts, twin.ClaimFact{Claim: c.head.ID, Fact: f})
	return nil
}

// claim returns the work on a subject, new where needed.
func (b *batch) claim(o *twin.Observation) (*claimWork, error) {
	key := twin.ClaimKey{Watch: o.Watch, Subject: o.Subject}
	if c, ok := b.claims[key]; ok {
		return c, nil
	}
	c := &claimWork{watch: o.Watch}
	head, ok := b.present.Claims[key]
	if !ok {
		service, err := serviceOf(o)
		if err != nil {
			return nil, err
		}
		head.ID = -1 - int64(len(b.res.Claims))
		n := twin.NewClaim{ClaimKey: key, Service: service}
		if service != "" {
			n.Environment = o.Scope
		}
		b.res.Claims = append(b.res.Claims, n)
	}
	c.head = head
	b.claims[key] = c
	w := b.watch(o.Watch)
	w.claims = append(w.claims, c)
	return c, nil
}

// serviceOf reads the service from a workload's subject; what is no workload
// has none.
func serviceOf(o *twin.Observation) (string, error) {
	rest, ok := strings.CutPrefix(o.Subject, "workload/")
	if !ok {
		return "", nil
	}
	parts := strings.SplitN(rest, "/", 3)
	if len(parts) != 3 || parts[2] == "" {
		return "", fmt.Errorf("subject %q names no service", o.Subject)
	}
	return parts[2], nil
}

// state returns the id of the state that the evidence asserts, 0 for a tombstone.
func (b *batch) state(o *twin.Observation) (int64, error) {
	if o.Kind == twin.Tombstone {
		return 0, nil
	}
	key := o.StateKey()
	if id, ok := b.present.States[key]; ok {
		return id, nil
	}
	held, err := readState(o)
	if err != nil {
		return 0, err
	}
	held.StateKey, held.Media, held.Body = key, o.Media, o.Body
	b.res.States = append(b.res.States, held)
	id := -int64(len(b.res.States))
	b.present.States[key] = id
	return id, nil
}

// errNoBody says that a body was compacted away before it was ever read, or lost.
var errNoBody = errors.New("the body of the evidence is not in the store")

// readState checks a body before it becomes a state, and reads what it leads to.
func readState(o *twin.Observation) (twin.NewState, error) {
	if o.Body == nil {
		return twin.NewState{}, errNoBody
	}
	switch o.Media {
	case twin.MediaResource:
		return readResource(o)
	case twin.MediaWorkload:
		return readWorkload(o)
	case twin.MediaSBOM, twin.MediaDetection:
	}
	return twin.NewState{}, fmt.Errorf("%q is no body of a %s", o.Media, o.Subject)
}

func readResource(o *twin.Observation) (twin.NewState, error) {
	var res twin.Resource
	if err := json.Unmarshal(o.Body, &res); err != nil {
		return twin.NewState{}, wrapState(o, err)
	}
	if self := twin.ResourceSubject(res.Kind, res.Namespace, res.Name); self != o.Subject {
		return twin.NewState{}, fmt.Errorf("the body of %s speaks of %s", o.Subject, self)
	}
	return twin.NewState{Links: distinctLinks(res.Links)}, nil
}

func readWorkload(o *twin.Observation) (twin.NewState, error) {
	var w twin.Workload
	if err := json.Unmarshal(o.Body, &w); err != nil {
		return twin.NewState{}, wrapState(o, err)
	}
	service, err := serviceOf(o)
	switch {
	case err != nil:
		return twin.NewState{}, err
	case w.Service != service:
		return twin.NewState{}, fmt.Errorf("the body of %s speaks of service %q", o.Subject, w.Service)
	case w.Replicas <= 0:
		return twin.NewState{}, fmt.Errorf("%s has %d replicas: that is a tombstone", o.Subject, w.Replicas)
	}
	held := twin.NewState{Images: make([]twin.ArtifactRef, 0, len(w.Containers)), Links: distinctLinks(w.Links())}
	for _, c := range w.Containers {
		held.Images = append(held.Images, c.Image)
	}
	return held, nil
}

// distinctLinks leaves out links that are told twice, and those without an end.
func distinctLinks(list []twin.Link) []twin.Link {
	seen := make(map[twin.Link]bool, len(list))
	return slices.DeleteFunc(slices.Clone(list), func(l twin.Link) bool {
		again := seen[l] || l.To.Kind == "" || l.To.Name == ""
		seen[l] = true
		return again
	})
}

func wrapState(o *twin.Observation, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("read the %s of %s: %w", o.Media, o.Subject, err)
}

// takeDetection adds what a sensor raised.
func (b *batch) takeDetection(o *twin.Observation) error {
	if o.Kind != twin.Delta || o.Media != twin.MediaDetection {
		return fmt.Errorf("%q of %q is no detection", o.Kind, o.Media)
	}
	if o.Body == nil {
		return errNoBody
	}
	s := twin.Sighted{Watch: o.Watch, Source: o.Source, Scope: o.Scope, Subject: o.Subject}
	if err := json.Unmarshal(o.Body, &s.Detection); err != nil {
		return fmt.Errorf("read %s: %w", o.Subject, err)
	}
	if s.Detection.First.IsZero() || s.Detection.Last.Before(s.Detection.First) {
		return fmt.Errorf("%s does not say when it was seen", o.Subject)
	}
	b.res.Seen = append(b.res.Seen, s)
	return nil
}

// takeSBOM adds a bill of materials; each document is parsed once.
func (b *batch) takeSBOM(o *twin.Observation) error {
	name := o.Ref
	if name == "" {
		name = o.Subject
	}
	ref, err := twin.ParseRef(name)
	if err != nil {
		return err
	}
	l := twin.Listing{Moment: o.Moment(), Artifact: o.Subject, Ref: ref}
	if o.Kind != twin.Tombstone {
		if l.SBOM, err = b.sbom(o); err != nil {
			return err
		}
	}
	b.res.Listings = append(b.res.Listings, l)
	return nil
}

func (b *batch) sbom(o *twin.Observation) (int64, error) {
	if id, ok := b.present.SBOMs[o.Hash]; ok {
		return id, nil
	}
	if o.Body == nil {
		return 0, errNoBody
	}
	doc, err := b.parse(o.Body)
	if err != nil {
		return 0, fmt.Errorf("read the SBOM of %s: %w", o.Subject, err)
	}
	b.res.SBOMs = append(b.res.SBOMs, twin.NewSBOM{Hash: o.Hash, SBOM: doc})
	id := -int64(len(b.res.SBOMs))
	b.present.SBOMs[o.Hash] = id
	return id, nil
}
