package discover

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// plan gathers the snapshots of one call.
type plan struct {
	flags  DeployInput
	now    time.Time
	sights map[sightKey]*sight
	notes  [][]Remark // by input
}

type sightKey struct{ source, environment string }

// sight is what one call says about one source and environment.
type sight struct {
	key      sightKey
	class    twin.Class
	first    string // where that was said first
	at       time.Time
	members  map[string]*member // by subject
	inputs   map[int]int        // how many members each input gave
	snapshot twin.Snapshot      // the result
}

// member is one subject: a workload or a resource.
type member struct {
	at       time.Time
	workload *twin.Workload
	resource *twin.Resource
	inputs   []int
}

// said is what an input says of itself, before flags are applied.
type said struct {
	class               twin.Class
	where, origin       string
	source, environment string
	at                  time.Time
}

// time applies the rule: the flag, else what was said, else now.
func (p *plan) time(said time.Time) time.Time {
	switch {
	case !p.flags.At.IsZero():
		return p.flags.At
	case !said.IsZero():
		return said.UTC().Truncate(time.Microsecond)
	}
	return p.now
}

// key applies the flags: they win, but two environments must not differ.
func (p *plan) key(s said) (sightKey, error) {
	k := sightKey{
		source:      cmp.Or(p.flags.Source, s.source, s.origin),
		environment: cmp.Or(p.flags.Environment, s.environment),
	}
	if s.environment != "" && s.environment != k.environment {
		return k, fault.New(fault.Invalid, "%s: environment %q is not the one that was asked for, %q", s.where, s.environment, k.environment)
	}
	if k.environment == "" {
		return k, fault.New(fault.Invalid, "%s: environment is missing", s.where).WithHint("pass --environment E")
	}
	if err := checkEnvironment(k.environment); err != nil {
		return k, fault.Wrap(fault.Invalid, err, "%s", s.where)
	}
	return k, fault.Wrap(fault.Invalid, checkSource(k.source), "%s", s.where)
}

// sight finds or begins the snapshot that an input speaks of.
func (p *plan) sight(input int, said said) (*sight, error) {
	key, err := p.key(said)
	if err != nil {
		return nil, err
	}
	s := p.sights[key]
	if s == nil {
		s = &sight{key: key, class: said.class, first: said.where, members: map[string]*member{}, inputs: map[int]int{}}
		p.sights[key] = s
	}
	if s.class != said.class {
		return nil, fault.New(fault.Invalid, "source %q says what is %s and what is %s in environment %q (%s, %s)",
			key.source, s.class, said.class, key.environment, s.first, said.where).
			WithHint("manifests say what is wanted, records what was seen: give one of them a --source of its own, in a call of its own")
	}
	if s.at.Before(said.at) {
		s.at = said.at
	}
	s.inputs[input] += 0
	return s, nil
}

func (s *sight) member(input int, subject string, at time.Time) *member {
	m := s.members[subject]
	if m == nil {
		m = &member{}
		s.members[subject] = m
	}
	if m.at.Before(at) {
		m.at = at
	}
	if !slices.Contains(m.inputs, input) {
		m.inputs = append(m.inputs, input)
		s.inputs[input]++
	}
	return m
}

// workload adds what an input says about a workload, and unites it with what
// was said before; again says that something was.
func (s *sight) workload(input int, subject string, w twin.Workload, at time.Time) (again bool) {
	m := s.member(input, subject, at)
	if m.workload == nil {
		w.Containers, w.Doors = slices.Clone(w.Containers), slices.Clone(w.Doors)
		m.workload = &w
		return false
	}
	have := m.workload
	have.Replicas = max(have.Replicas, w.Replicas)
	have.Containers = append(have.Containers, w.Containers...)
	have.Doors = append(have.Doors, w.Doors...)
	have.DoorsComplete = have.DoorsComplete && w.DoorsComplete
	return true
}

// resource adds a resource, or replaces it; differs says that it was another.
func (s *sight) resource(input int, r twin.Resource, at time.Time) (differs bool) {
	m := s.member(input, twin.ResourceSubject(r.Kind, r.Namespace, r.Name), at)
	differs = m.resource != nil && !bytes.Equal(m.resource.Spec, r.Spec)
	m.resource = &r
	return differs
}

// sorted returns the snapshots by source and environment.
func (p *plan) sorted() ([]*sight, error) {
	sights := slices.SortedFunc(maps.Values(p.sights), func(a, b *sight) int {
		return cmp.Or(cmp.Compare(a.key.source, b.key.source), cmp.Compare(a.key.environment, b.key.environment))
	})
	for _, s := range sights {
		if err := s.finish(p.flags.Every); err != nil {
			return nil, err
		}
	}
	return sights, nil
}

// finish writes the members, sorted by subject.
func (s *sight) finish(every time.Duration) error {
	s.snapshot = twin.Snapshot{
		Source: s.key.source, Scope: s.key.environment, Class: s.class, ObservedAt: s.at, Every: every,
		Members: make([]twin.Observation, 0, len(s.members)),
	}
	for _, subject := range slices.Sorted(maps.Keys(s.members)) {
		m := s.members[subject]
		media, body, err := m.body()
		if err != nil {
			return fmt.Errorf("write %s: %w", subject, err)
		}
		s.snapshot.Members = append(s.snapshot.Members, twin.Observation{
			Source: s.key.source, Scope: s.key.environment, Kind: twin.Member, Class: s.class, Media: media,
			Subject: subject, ObservedAt: m.at, Every: every, Hash: twin.HashBytes(body), Body: body,
		})
	}
	return nil
}

// body is the canonical JSON: what says the same has the same bytes.
func (m *member) body() (twin.Media, []byte, error) {
	if m.resource != nil {
		b, err := json.Marshal(m.resource)
		return twin.MediaResource, b, err
	}
	tidy(m.workload)
	b, err := json.Marshal(m.workload)
	return twin.MediaWorkload, b, err
}

// tidy sorts containers and doors and joins those that are told twice: the
// most replicas count, and a door that one source of the call calls public is.
func tidy(w *twin.Workload) {
	slices.SortFunc(w.Containers, compareContainers)
	w.Containers = joinEqual(w.Containers, compareContainers, func(into *twin.Container, c twin.Container) {
		into.Replicas = max(into.Replicas, c.Replicas)
	})
	slices.SortFunc(w.Doors, compareDoors)
	w.Doors = joinEqual(w.Doors, compareDoors, func(into *twin.Door, d twin.Door) {
		into.Public = into.Public || d.Public
	})
}

func compareContainers(a, b twin.Container) int {
	return cmp.Or(compareBool(a.Init, b.Init), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Image.String(), b.Image.String()))
}

func compareDoors(a, b twin.Door) int {
	return cmp.Or(cmp.Compare(a.Address, b.Address), cmp.Compare(a.Via, b.Via))
}

// joinEqual joins neighbours that compare as equal.
func joinEqual[T any](list []T, compare func(a, b T) int, join func(into *T, next T)) []T {
	var out []T
	for _, item := range list {
		if len(out) > 0 && compare(out[len(out)-1], item) == 0 {
			join(&out[len(out)-1], item)
			continue
		}
		out = append(out, item)
	}
	return out
}

// account writes what the store did into the receipts of the inputs that gave
// the snapshot. The store answers for the whole: where members fared
// differently, or were refused, the first input says it for all.
func (s *sight) account(did twin.Appended, receipts []Receipt) {
	inputs := slices.Sorted(maps.Keys(s.inputs))
	seen := SnapshotSeen{
		Source: s.key.source, Environment: s.key.environment, ObservedAt: s.at, Members: len(s.snapshot.Members),
	}
	for _, n := range inputs {
		receipts[n].Snapshots = append(receipts[n].Snapshots, seen)
	}
	shared := len(inputs) > 1 && len(did.Rejected) == 0 && (did.Accepted == 0 || did.Unchanged == 0)
	if !shared {
		r := &receipts[inputs[0]]
		r.Accepted += did.Accepted
		r.Unchanged += did.Unchanged
		r.Rejected = append(r.Rejected, remarks(did.Rejected)...)
		return
	}
	for _, n := range inputs {
		if did.Accepted > 0 {
			receipts[n].Accepted += s.inputs[n]
			continue
		}
		receipts[n].Unchanged += s.inputs[n]
	}
}

// maxText bounds names of sources and environments.
const maxText = 4000

// checkText refuses what cannot be shown or stored.
func checkText(what, s string) error {
	bad := func(r rune) bool { return !unicode.IsPrint(r) }
	switch {
	case len(s) > maxText:
		return fault.New(fault.Invalid, "%s is longer than %d bytes", what, maxText)
	case !utf8.ValidString(s) || strings.ContainsFunc(s, bad) || strings.TrimSpace(s) != s:
		return fault.New(fault.Invalid, "%s %q holds what cannot be shown, or begins or ends with white space", what, s)
	}
	return nil
}
