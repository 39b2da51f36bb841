package assess

import (
	"cmp"
	"context"
	"slices"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/match"
	"github.com/tidemark/tidemark/internal/twin"
)

// assessPlaces adds to the batch everything about some places.
func (s *Step) assessPlaces(ctx context.Context, ids []int64, batch *ctem.AssessedBatch) error {
	if len(ids) == 0 {
		return nil
	}
	places, err := s.Twin.Places(ctx, ids)
	if err != nil {
		return err
	}
	world, err := s.world(ctx, places, batch)
	if err != nil {
		return err
	}
	standing, err := s.Exposures.ExposureKeys(ctx, ids, nil)
	if err != nil {
		return err
	}
	for _, p := range places {
		batch.Places = append(batch.Places, Timelines(p, world))
	}
	return s.retract(ctx, places, standing, batch)
}

// world reads what the places run, and evaluates the components of it that
// were never evaluated.
func (s *Step) world(ctx context.Context, places []twin.Place, batch *ctem.AssessedBatch) (World, error) {
	w, err := s.linked(ctx, places)
	if err != nil {
		return w, err
	}
	components := w.contained(places)
	if w.Components, err = s.Matches.Matched(ctx, components); err != nil {
		return w, err
	}
	unknown := slices.DeleteFunc(components, func(id int64) bool { _, ok := w.Components[id]; return ok })
	found, err := s.evaluate(ctx, unknown, nil)
	if err != nil {
		return w, err
	}
	batch.Weaknesses = found.changes
	var again []ctem.Matched // because a weakness was parted
	for _, m := range found.matched {
		w.Components[m.Component] = m
		if _, ok := slices.BinarySearch(unknown, m.Component); !ok {
			again = append(again, m)
			continue
		}
		batch.Matched = append(batch.Matched, m)
	}
	w.redirect(found.changes)
	return w, s.pass(ctx, again, batch)
}

// linked reads what the containers of the places may link to, and which of their
// doors are closed.
func (s *Step) linked(ctx context.Context, places []twin.Place) (w World, err error) {
	if w.Closed, err = closed(ctx, s, places); err != nil {
		return w, err
	}
	if w.Artifacts, err = s.Twin.Artifacts(ctx, digestsOf(places)); err != nil {
		return w, err
	}
	w.ByNameTag, err = s.Twin.ArtifactsByNameTag(ctx, w.nameTagsOf(places))
	return w, err
}

// redirect replaces the weaknesses that were found to be others.
func (w *World) redirect(changes []ctem.WeaknessChange) {
	to := map[string]string{}
	for _, c := range changes {
		for _, m := range c.Merged {
			to[m] = c.Key
		}
	}
	if len(to) == 0 {
		return
	}
	for _, c := range w.Components {
		for i := range c.Matches {
			c.Matches[i].Weaknesses = redirected(c.Matches[i].Weaknesses, to)
		}
	}
}

func redirected(names []string, to map[string]string) []string {
	out := make([]string, 0, len(names))
	for _, n := range names {
		if winner, ok := to[n]; ok {
			n = winner
		}
		out = append(out, n)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// digestsOf lists the digests that the containers of the places name.
func digestsOf(places []twin.Place) []string {
	digests := map[string]bool{}
	for i := range places {
		for _, image := range imagesOf(&places[i]) {
			digests[image.Digest] = true
		}
	}
	delete(digests, "")
	return sortedNames(digests)
}

// nameTagsOf lists the names and tags of what was not found by its digest.
func (w *World) nameTagsOf(places []twin.Place) []string {
	nameTags := map[string]bool{}
	for i := range places {
		for _, image := range imagesOf(&places[i]) {
			if a, ok := w.Artifacts[image.Digest]; !ok || len(a.Contents) == 0 {
				nameTags[image.NameTag()] = true
			}
		}
	}
	delete(nameTags, "")
	return sortedNames(nameTags)
}

// imagesOf lists every image that a place ever ran.
func imagesOf(place *twin.Place) (images []twin.ArtifactRef) {
	for i := range place.Claims {
		for _, c := range place.Claims[i].Workload.Containers {
			images = append(images, c.Image)
		}
	}
	return images
}

// contained lists the components of everything that the places may link to.
func (w *World) contained(places []twin.Place) []int64 {
	seen := map[int64]bool{}
	add := func(a *twin.Artifact) {
		for _, c := range a.Contents {
			for _, id := range c.Components {
				seen[id] = true
			}
		}
	}
	for _, a := range w.Artifacts {
		add(&a)
	}
	for _, list := range w.ByNameTag {
		for i := range list {
			add(&list[i])
		}
	}
	for i := range places {
		for j := range places[i].Artifacts {
			add(&places[i].Artifacts[j])
		}
	}
	ids := make([]int64, 0, len(seen))
	for id := range seen {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// matchedOf writes down what was found about one component.
func matchedOf(id int64, c twin.Component, found *match.Result, keys map[string]string) ctem.Matched {
	p := found.Package
	out := ctem.Matched{
		Component: id, Purl: c.Purl, Version: c.Version, Compared: p.Compared(), Locus: twin.Locus(c.Purl), Ecosystem: p.Ecosystem, Rules: match.Rules,
		Qualifiers: c.Qualifiers,
	}
	if out.Version == "" {
		out.Version = cmp.Or(twin.PurlVersion(c.Purl), p.Version)
	}
	if p.Name != "" {
		for _, k := range match.Keys(p) {
			out.Packages = append(out.Packages, ctem.PackageName{Ecosystem: k.Ecosystem, Name: k.Name})
		}
	}
	for _, u := range found.Undecided {
		out.Undecided = append(out.Undecided, ctem.Undecided{Reason: u.Reason, Detail: u.Detail})
	}
	slices.SortFunc(out.Undecided, func(a, b ctem.Undecided) int { return cmp.Compare(a.Reason, b.Reason) })
	for _, m := range found.Matches {
		r := m.Record
		out.Matches = append(out.Matches, ctem.Match{
			Record: r.ID, Revision: r.Revision, Published: r.Published, Withdrawn: r.Withdrawn,
			Weaknesses: weaknessesOf(namesOf(r), keys), Fixed: m.Fixed, Reason: m.Why(),
		})
	}
	slices.SortFunc(out.Matches, func(a, b ctem.Match) int { return cmp.Compare(a.Record, b.Record) })
	return out
}

func weaknessesOf(names []string, keys map[string]string) []string {
	out := make([]string, 0, len(names))
	for _, n := range names {
		out = append(out, keys[n])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// retract closes the exposures that stand in the store and that neither
// evidence nor advisories bear out any more: a corrected advisory, late
// evidence, or a weakness that turned out to be another one.
func (s *Step) retract(ctx context.Context, places []twin.Place, standing []ctem.ExposureKey, batch *ctem.AssessedBatch) error {
	lost, nums := unwanted(standing, batch.Places)
	if len(nums) == 0 {
		return nil
	}
	was, err := s.Exposures.Exposures(ctx, nums)
	if err != nil {
		return err
	}
	at := map[int64]int{}
	for i := range batch.Places {
		at[batch.Places[i].Place] = i
	}
	merged := mergedNow(batch.Weaknesses)
	for i := range was {
		k := lost[was[i].Num]
		n, ok := at[k.Place] // places and their assessments are in one order
		if !ok {
			continue
		}
		k.MergedInto = cmp.Or(k.MergedInto, merged[k.Weakness])
		batch.Places[n].Timelines = append(batch.Places[n].Timelines, retracted(&was[i], k, &places[n]))
	}
	return nil
}

// unwanted finds the exposures of assessed places that no timeline is about.
func unwanted(standing []ctem.ExposureKey, assessed []ctem.Assessed) (lost map[int64]ctem.ExposureKey, nums []int64) {
	type ref struct {
		place           int64
		weakness, locus string
	}
	wanted := map[ref]bool{}
	for i := range assessed {
		for j := range assessed[i].Timelines {
			tl := &assessed[i].Timelines[j]
			wanted[ref{assessed[i].Place, tl.Weakness, tl.Locus}] = true
		}
	}
	lost = map[int64]ctem.ExposureKey{}
	for _, k := range standing {
		if !wanted[ref{k.Place, k.Weakness, k.Locus}] {
			lost[k.Num] = k
			nums = append(nums, k.Num)
		}
	}
	return lost, nums
}

// mergedNow says which weaknesses this batch redirects, to which names.
func mergedNow(changes []ctem.WeaknessChange) map[string]string {
	out := map[string]string{}
	for _, c := range changes {
		for _, m := range c.Merged {
			out[m] = c.Canonical
		}
	}
	return out
}

// retracted is the timeline of an exposure that, as is known now, never was:
// withdrawn, or retired where its artifact turned out to have been deployed
// before anybody listed what is in it.
func retracted(e *ctem.Exposure, k ctem.ExposureKey, place *twin.Place) ctem.Timeline {
	p := ctem.Piece{
		From: k.From, Since: k.From, State: ctem.Withdrawn, Reason: "neither evidence nor advisories bear it out any more",
		Running: ctem.Unknown, Reachable: ctem.Unknown, Instances: e.Instances, Advisories: e.Advisories, Fix: e.Fix,
	}
	switch {
	case k.MergedInto != "":
		p.Reason = "merged into " + k.MergedInto
	case e.State == ctem.Withdrawn:
		p.Reason = e.StateReason
	case wasDeployed(place, e.Instances):
		p.State, p.Reason = ctem.Retired, deployedReason
	}
	return ctem.Timeline{Weakness: k.Weakness, Locus: k.Locus, Pieces: []ctem.Piece{p}}
}

// wasDeployed reports whether a container links to each of the artifacts that
// an exposure of a place for the undeployed is about.
func wasDeployed(place *twin.Place, instances []ctem.Instance) bool {
	deployed := map[string]bool{}
	for i := range place.Artifacts {
		deployed[place.Artifacts[i].ID] = !place.Artifacts[i].DeployedAt.IsZero()
	}
	return place.Environment == twin.NoEnvironment && !slices.ContainsFunc(instances, func(i ctem.Instance) bool { return !deployed[i.Artifact] })
}
