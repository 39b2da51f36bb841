package assess

import (
	"cmp"
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/match"
	"github.com/tidemark/tidemark/internal/twin"
)

// Timelines computes everything that is to be said about a place: for each
// weakness at each locus its states from the first time it was open, and when
// the place could be looked into. It depends on nothing but its arguments, and
// not on the order of claims, artifacts or records.
//
// A live exposure is open while an affected component is in something that
// runs and a record about it is in force. It is closed by what happened then,
// in this order: all its records were withdrawn; the workload is gone
// (retired); something runs whose contents nobody listed (unknown); everything
// that runs is known to be without it (fixed). What is closed stays as it is
// until evidence says more: a fixed exposure does not become retired or
// withdrawn later.
func Timelines(place twin.Place, world World) ctem.Assessed {
	out := ctem.Assessed{Place: place.ID, Service: place.Service, Environment: place.Environment}
	var segs []segment
	kept := place.Environment == twin.NoEnvironment
	if kept {
		segs = undeployed(place.Artifacts)
	} else {
		segs = segments(&place, &world)
		out.Covers = covers(segs)
	}
	for key, tr := range tracksOf(segs, &world) {
		w := walk{track: tr, undeployed: kept}
		if pieces := w.through(segs); len(pieces) > 0 {
			out.Timelines = append(out.Timelines, ctem.Timeline{Weakness: key.weakness, Locus: key.locus, Pieces: pieces})
		}
	}
	slices.SortFunc(out.Timelines, func(a, b ctem.Timeline) int {
		return cmp.Or(cmp.Compare(a.Weakness, b.Weakness), cmp.Compare(a.Locus, b.Locus))
	})
	return out
}

// undeployed gives the segments of artifacts that are deployed nowhere: each
// is there from its first SBOM until a container links to it.
func undeployed(artifacts []twin.Artifact) []segment {
	var bounds []time.Time
	for i := range artifacts {
		if a := &artifacts[i]; len(a.Contents) > 0 {
			bounds = append(append(bounds, a.Contents[0].From), contentBounds(a, a.Contents[0].From)...)
			if !a.DeployedAt.IsZero() {
				bounds = append(bounds, a.DeployedAt)
			}
		}
	}
	slices.SortFunc(bounds, time.Time.Compare)
	bounds = slices.CompactFunc(bounds, time.Time.Equal)
	out := make([]segment, 0, len(bounds))
	for i, from := range bounds {
		seg := segment{from: from}
		if i+1 < len(bounds) {
			seg.to = bounds[i+1]
		}
		for n := range artifacts {
			seg.store(&artifacts[n])
		}
		seg.tidy()
		out = append(out, seg)
	}
	return out
}

// store adds an artifact that is kept and not deployed.
func (s *segment) store(a *twin.Artifact) {
	if len(a.Contents) == 0 || a.Contents[0].From.After(s.from) || !a.DeployedAt.IsZero() && !s.from.Before(a.DeployedAt) {
		return
	}
	s.live = true
	c := contentsAt(a, s.from)
	if c == nil {
		s.gaps = append(s.gaps, a.Ref.String())
		return
	}
	s.links = append(s.links, link{artifact: a.ID, container: &twin.Container{Image: a.Ref}, contents: c, proven: true})
}

type trackKey struct{ weakness, locus string }

// track is one exposure's occurrences, segment by segment.
type track struct {
	occurs  []occurrence  // ordered by segment
	records []*ctem.Match // every record of the track once, for its times in force
}

// occurrence is one affected component in one link of one segment.
type occurrence struct {
	seg     int
	link    *link
	comp    *ctem.Matched
	matches []*ctem.Match // the records that say so, best first
}

// tracksOf finds every weakness at every locus in the segments.
func tracksOf(segs []segment, world *World) map[trackKey]*track {
	tracks := map[trackKey]*track{}
	known := map[int64][]affecting{}
	wrongWith := func(id int64) []affecting {
		if _, ok := known[id]; !ok {
			known[id] = affects(id, world)
		}
		return known[id]
	}
	for i := range segs {
		for j := range segs[i].links {
			l := &segs[i].links[j]
			for _, id := range l.contents.Components {
				note(tracks, wrongWith(id), occurrence{seg: i, link: l})
			}
		}
	}
	return tracks
}

// note adds an occurrence to the track of each thing that is wrong with a component.
func note(tracks map[trackKey]*track, list []affecting, at occurrence) {
	for _, a := range list {
		tr := tracks[a.key]
		if tr == nil {
			tr = &track{}
			tracks[a.key] = tr
		}
		at.comp, at.matches = a.comp, a.matches
		tr.add(at)
	}
}

// affecting is what is wrong with one component, by weakness.
type affecting struct {
	key     trackKey
	comp    *ctem.Matched
	matches []*ctem.Match
}

func affects(id int64, world *World) []affecting {
	comp, ok := world.Components[id]
	if !ok || len(comp.Matches) == 0 {
		return nil
	}
	var out []affecting
	at := map[string]int{}
	for i := range comp.Matches {
		m := &comp.Matches[i]
		for _, w := range m.Weaknesses {
			n, ok := at[w]
			if !ok {
				n = len(out)
				at[w] = n
				out = append(out, affecting{key: trackKey{w, comp.Locus}, comp: &comp})
			}
			out[n].matches = append(out[n].matches, m)
		}
	}
	for _, a := range out {
		slices.SortFunc(a.matches, func(x, y *ctem.Match) int { return match.Precedence(comp.Ecosystem, x.Record, y.Record) })
	}
	return out
}

func (tr *track) add(o occurrence) {
	if n := len(tr.occurs); n == 0 || tr.occurs[n-1].comp != o.comp {
		for _, m := range o.matches {
			if !slices.ContainsFunc(tr.records, func(k *ctem.Match) bool { return k.Record == m.Record }) {
				tr.records = append(tr.records, m)
			}
		}
	}
	tr.occurs = append(tr.occurs, o)
}
