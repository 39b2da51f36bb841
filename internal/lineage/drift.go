package lineage

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/twin"
)

// Check is a question about whether what runs is what was meant to run.
type Check string

// The checks.
const (
	CheckBuilt     Check = "built"     // it was built by a pipeline
	CheckDeclared  Check = "declared"  // it is what was declared
	CheckTag       Check = "tag"       // its tag still means it
	CheckInventory Check = "inventory" // its SBOM lists what is loaded
)

// Drift is the answer to one check of one container: yes says that it drifted.
type Drift struct {
	Check     Check
	Answer    ctem.Tri
	Container string
	Image     twin.ArtifactRef
	Sentence  string
	Since     time.Time
	Evidence  []Evidence
}

// Evidence is who says what.
type Evidence struct {
	Source string
	At     time.Time
	Says   string
}

// Tag is what a tag points to, and since when.
type Tag struct {
	Source, Digest string
	Since          time.Time
	Before         string // what it pointed to before; "": nobody saw another
}

// LoadedSeen is what a source saw loaded of an artifact.
type LoadedSeen struct {
	Source string
	Since  time.Time
	Purls  []string
}

// Drifts asks all checks of all containers that run in a workload.
func (f *Facts) Drifts(w *ctem.Workload) (out []Drift) {
	seen := map[string]bool{}
	for i := range w.Claims {
		c := &w.Claims[i]
		if c.Class != twin.Observed {
			continue
		}
		for n := range c.Workload.Containers {
			x := &c.Workload.Containers[n]
			key := x.Name + "\x00" + x.Image.String()
			if seen[key] {
				continue
			}
			seen[key] = true
			d := drifting{Facts: f, w: w, claim: c, x: x}
			for _, check := range []func() Drift{d.built, d.declared, d.tag, d.inventory} {
				one := check()
				one.Container, one.Image = x.Name, x.Image
				out = append(out, one)
			}
		}
	}
	return out
}

// drifting asks about one container.
type drifting struct {
	*Facts
	w     *ctem.Workload
	claim *twin.Claim
	x     *twin.Container
}

func (d *drifting) runs() Evidence {
	return Evidence{Source: d.claim.Source, At: d.claim.From, Says: "runs " + d.x.Image.String()}
}

func (d *drifting) built() Drift {
	out := Drift{Check: CheckBuilt, Answer: ctem.Unknown, Since: d.claim.From, Evidence: []Evidence{d.runs()}}
	if d.x.Image.Digest == "" {
		out.Sentence = "No digest was seen, so nothing can say who built it."
		return out
	}
	for _, p := range d.Proofs[d.x.Image.Digest] {
		if p.Image != nil {
			continue // a label is no pipeline
		}
		state, why := p.signature()
		says := p.End.Kind + " " + p.End.Name + " names this digest (" + state + reason(why) + ")"
		out.Evidence = append(out.Evidence, Evidence{Source: p.Source, At: p.Since, Says: says})
		if state != string(twin.SignatureFailed) {
			out.Answer, out.Sentence = ctem.No, "A pipeline that is known built it."
		}
	}
	switch {
	case out.Answer == ctem.No:
	case d.Names[d.x.Image.Name]:
		out.Answer, out.Sentence = ctem.Yes, "Builds of this image are known, and none of them made what runs."
	default:
		out.Sentence = "No pipeline that is known builds this image."
	}
	return out
}

func reason(why string) string {
	if why == "" {
		return ""
	}
	return ": " + why
}

func (d *drifting) declared() Drift {
	out := Drift{Check: CheckDeclared, Answer: ctem.Unknown, Since: d.claim.From, Evidence: []Evidence{d.runs()}}
	if d.x.Wanted != "" {
		return d.wanted(out)
	}
	for i := range d.w.Claims {
		c := &d.w.Claims[i]
		if c.Class == twin.Observed {
			continue
		}
		for n := range c.Workload.Containers {
			y := &c.Workload.Containers[n]
			if y.Name != d.x.Name && y.Image.Name != d.x.Image.Name {
				continue
			}
			out.Evidence = append(out.Evidence, Evidence{Source: c.Source, At: c.From, Says: "declares " + y.Image.String()})
			out.Answer, out.Sentence = compare(y.Image, d.x.Image)
			return out
		}
	}
	if strings.HasPrefix(d.claim.Source, "kube/") {
		out.Answer, out.Sentence = ctem.No, "It runs what its cluster was told to run."
		return out
	}
	out.Sentence = "Nobody says what was meant to run."
	return out
}

func (d *drifting) wanted(out Drift) Drift {
	out.Evidence = append(out.Evidence, Evidence{Source: d.claim.Source, At: d.claim.From, Says: "was told to run " + d.x.Wanted})
	ref, err := twin.ParseRef(d.x.Wanted)
	if err != nil {
		out.Sentence = "What was meant to run is no reference of an image."
		return out
	}
	out.Answer, out.Sentence = compare(ref, d.x.Image)
	return out
}

// compare says whether what runs is what was meant.
func compare(meant, runs twin.ArtifactRef) (ctem.Tri, string) {
	switch {
	case meant.Digest != "" && runs.Digest != "" && meant.Digest != runs.Digest:
		return ctem.Yes, "Another digest was declared."
	case meant.Digest != "" && meant.Digest == runs.Digest:
		return ctem.No, "It runs the digest that was declared."
	case meant.NameTag() != runs.NameTag() && (meant.Digest == "" || runs.Digest == ""):
		return ctem.Yes, "Another name or tag was declared."
	}
	return ctem.Unknown, "A tag was declared, and no digest: what it meant then is not known."
}

func (d *drifting) tag() Drift {
	out := Drift{Check: CheckTag, Answer: ctem.Unknown, Evidence: []Evidence{d.runs()}}
	ref := d.x.Image
	if wanted, err := twin.ParseRef(d.x.Wanted); err == nil && ref.Tag == "" {
		ref = wanted
	}
	name := ref.NameTag()
	if name == "" || d.x.Image.Digest == "" {
		out.Sentence = "It runs by digest alone, or no digest was seen: no tag to hold it against."
		return out
	}
	t, ok := d.Tags[name]
	if !ok {
		out.Sentence = "No registry says what " + name + " points to."
		return out
	}
	out.Since = t.Since
	out.Evidence = append(out.Evidence, Evidence{Source: t.Source, At: t.Since, Says: name + " points to " + t.Digest})
	if t.Digest == d.x.Image.Digest {
		out.Answer, out.Sentence = ctem.No, "The tag still means what runs."
		return out
	}
	out.Answer, out.Sentence = ctem.Yes, "The tag has moved on: whoever starts it anew gets another image."
	return out
}

func (d *drifting) inventory() Drift {
	out := Drift{Check: CheckInventory, Answer: ctem.Unknown, Evidence: []Evidence{d.runs()}}
	id := d.x.Image.ID()
	seen, listed := d.Loaded[id], d.Listed[id]
	switch {
	case len(seen) == 0:
		out.Sentence = "No agent watches what is loaded of it."
		return out
	case listed == nil:
		out.Sentence = "There is no SBOM to hold against what is loaded."
		return out
	}
	var extra []string
	for _, s := range seen {
		n := 0
		for _, p := range s.Purls {
			if !listed[p] {
				n++
				extra = append(extra, p)
			}
		}
		out.Evidence = append(out.Evidence, Evidence{Source: s.Source, At: s.Since, Says: fmt.Sprintf("saw %d parts loaded, %d of them are not in the SBOM", len(s.Purls), n)})
		if out.Since.IsZero() || s.Since.Before(out.Since) {
			out.Since = s.Since
		}
	}
	if len(extra) == 0 {
		out.Answer, out.Sentence = ctem.No, "All that was seen loaded is in the SBOM."
		return out
	}
	slices.Sort(extra)
	extra = slices.Compact(extra)
	out.Answer = ctem.Yes
	out.Sentence = fmt.Sprintf("%d parts are loaded that the SBOM does not list: %s.", len(extra), strings.Join(extra[:min(3, len(extra))], ", "))
	return out
}
