package assess

import (
	"cmp"
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/twin"
)

// World is what the timelines of a place are computed from, beside the place.
type World struct {
	Artifacts  map[string]twin.Artifact   // by id
	ByNameTag  map[string][]twin.Artifact // by normalised name and tag
	Components map[int64]ctem.Matched     // by store id; a component without matches may be left out
	Closed     map[int64][]ctem.Closed    // by place: doors that policies keep closed
}

// segment is a stretch of time in which a place and the contents of all that
// it runs did not change. Half-open; a zero to means still so.
type segment struct {
	from, to time.Time
	live     bool // something runs, or is declared to
	ended    bool // nothing runs, and a run-time source saw the end
	links    []link
	gaps     []string // images that run and whose contents nobody listed
	observed []ctem.SourceScope
	sources  []ctem.SourceScope // observed and declared
	doors    []twin.Door
	complete bool // a live claim says that doors are all there are
	sealed   bool // policies let nothing in through any door
}

// link joins a container to an artifact's contents.
type link struct {
	claim     *twin.Claim
	container *twin.Container
	artifact  string
	contents  *twin.Contents
	proven    bool
}

// segments cuts the place's time at every change of its claims and of the
// contents they link to.
func segments(place *twin.Place, world *World) []segment {
	linked, closed := linksOf(place, world), world.Closed[place.ID]
	bounds := boundsOf(place, linked, closed)
	out := make([]segment, 0, len(bounds))
	for i, from := range bounds {
		seg := segment{from: from}
		if i+1 < len(bounds) {
			seg.to = bounds[i+1]
		}
		seg.fill(twin.MergeClaims(place.Claims, from), linked)
		seg.shut(closed)
		out = append(out, seg)
	}
	return out
}

// target is an artifact that a container links to.
type target struct {
	artifact *twin.Artifact
	proven   bool
}

// linksOf resolves each image reference of the place once.
func linksOf(place *twin.Place, world *World) map[twin.ArtifactRef][]target {
	linked := map[twin.ArtifactRef][]target{}
	for i := range place.Claims {
		for _, c := range place.Claims[i].Workload.Containers {
			if _, done := linked[c.Image]; !done {
				linked[c.Image] = resolve(c.Image, world)
			}
		}
	}
	return linked
}

// resolve links by digest (proven), else by name and tag (unproven): a
// reference with a digest never links to an artifact with another one.
func resolve(ref twin.ArtifactRef, world *World) []target {
	if ref.Digest != "" {
		if a, ok := world.Artifacts[ref.Digest]; ok && len(a.Contents) > 0 {
			return []target{{artifact: &a, proven: true}}
		}
	}
	tag := ref.NameTag()
	if tag == "" {
		return nil
	}
	var out []target
	for _, a := range world.ByNameTag[tag] {
		if len(a.Contents) == 0 || ref.Digest != "" && a.Ref.Digest != "" {
			continue
		}
		out = append(out, target{artifact: &a})
	}
	slices.SortFunc(out, func(a, b target) int { return cmp.Compare(a.artifact.ID, b.artifact.ID) })
	return out
}

func boundsOf(place *twin.Place, linked map[twin.ArtifactRef][]target, closed []ctem.Closed) []time.Time {
	var bounds []time.Time
	var first time.Time
	for _, c := range place.Claims {
		bounds = append(bounds, c.From)
		if !c.To.IsZero() {
			bounds = append(bounds, c.To)
		}
		if first.IsZero() || c.From.Before(first) {
			first = c.From
		}
	}
	for _, targets := range linked {
		for _, t := range targets {
			bounds = append(bounds, contentBounds(t.artifact, first)...)
		}
	}
	for _, c := range closed {
		for _, t := range []time.Time{c.From, c.To} {
			if t.After(first) {
				bounds = append(bounds, t)
			}
		}
	}
	slices.SortFunc(bounds, time.Time.Compare)
	return slices.CompactFunc(bounds, time.Time.Equal)
}

// contentBounds are the changes of an artifact's contents after the place
// began; the first SBOM reaches back, so its beginning is none.
func contentBounds(a *twin.Artifact, first time.Time) []time.Time {
	var bounds []time.Time
	for i, c := range a.Contents {
		if i > 0 && c.From.After(first) {
			bounds = append(bounds, c.From)
		}
		if !c.To.IsZero() && c.To.After(first) {
			bounds = append(bounds, c.To)
		}
	}
	return bounds
}

// contentsAt returns what the artifact was made of at t, nil when that is not known.
func contentsAt(a *twin.Artifact, t time.Time) *twin.Contents {
	for i := range a.Contents {
		c := &a.Contents[i]
		if (i == 0 || !c.From.After(t)) && (c.To.IsZero() || t.Before(c.To)) {
			return c
		}
	}
	return nil
}

// fill derives what a segment needs from the claims that hold in it.
func (s *segment) fill(m twin.Merged, linked map[twin.ArtifactRef][]target) {
	s.live = len(m.Running) > 0
	s.ended = !s.live && m.Ended
	for _, c := range m.Running {
		s.addSources(c)
		s.addDoors(c)
		for i := range c.Workload.Containers {
			s.link(c, &c.Workload.Containers[i], linked)
		}
	}
	for _, c := range m.Doors {
		s.addSources(c)
		s.addDoors(c)
	}
	s.tidy()
}

func (s *segment) addSources(c *twin.Claim) {
	at := ctem.SourceScope{Source: c.Source, Scope: c.Scope}
	s.sources = append(s.sources, at)
	if c.Class == twin.Observed {
		s.observed = append(s.observed, at)
	}
}

func (s *segment) addDoors(c *twin.Claim) {
	s.doors = append(s.doors, c.Workload.Doors...)
	s.complete = s.complete || c.Workload.DoorsComplete
}

func (s *segment) link(c *twin.Claim, container *twin.Container, linked map[twin.ArtifactRef][]target) {
	found := false
	for _, t := range linked[container.Image] {
		if contents := contentsAt(t.artifact, s.from); contents != nil {
			found = true
			s.links = append(s.links, link{claim: c, container: container, artifact: t.artifact.ID, contents: contents, proven: t.proven})
		}
	}
	if !found {
		s.gaps = append(s.gaps, container.Image.String())
	}
}

// tidy makes the segment independent of the order of the claims.
func (s *segment) tidy() {
	slices.Sort(s.gaps)
	s.gaps = slices.Compact(s.gaps)
	s.observed = sortedSources(s.observed)
	s.sources = sortedSources(s.sources)
	slices.SortFunc(s.doors, func(a, b twin.Door) int {
		return cmp.Or(cmp.Compare(a.Address, b.Address), cmp.Compare(a.Via, b.Via), compareBool(b.Public, a.Public))
	})
	s.doors = slices.Compact(s.doors)
}

func sortedSources(list []ctem.SourceScope) []ctem.SourceScope {
	slices.SortFunc(list, func(a, b ctem.SourceScope) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Scope, b.Scope))
	})
	return slices.Compact(list)
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// shut closes the doors that policies keep closed. Where they let nothing in at
// all, and no door says why, one that stands for any does.
func (s *segment) shut(closed []ctem.Closed) {
	doors, sealed := ctem.Shut(s.doors, closed, s.from)
	s.doors, s.sealed = doors, s.live && sealed != ""
	shown := slices.ContainsFunc(s.doors, func(d twin.Door) bool { return d.Closed != "" })
	if s.sealed && !s.complete && !shown {
		s.doors = append(s.doors, twin.Door{Address: ctem.AnyDoor, Closed: sealed})
	}
}

// reachable is the gate's answer for everything in the segment.
func (s *segment) reachable() ctem.Tri {
	return ctem.Reachable(s.doors, s.live && s.complete, s.sealed)
}

// covers says when the place ran something and when all of it could be looked into.
func covers(segs []segment) []ctem.Cover {
	var out []ctem.Cover
	for _, s := range segs {
		c := ctem.Cover{From: s.from, To: s.to, Live: s.live, Covered: s.live && len(s.gaps) == 0, Sources: s.sources}
		if n := len(out); n > 0 && out[n-1].Live == c.Live && out[n-1].Covered == c.Covered && slices.Equal(out[n-1].Sources, c.Sources) {
			out[n-1].To = c.To
			continue
		}
		out = append(out, c)
	}
	return out
}
