package risk

import (
	"fmt"
	"strings"

	gocvss20 "github.com/pandatix/go-cvss/20"
	gocvss30 "github.com/pandatix/go-cvss/30"
	gocvss31 "github.com/pandatix/go-cvss/31"
	gocvss40 "github.com/pandatix/go-cvss/40"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/fault"
)

// maxVector bounds a vector: all metrics of version 4 need under 200 characters.
const maxVector = 512

// ParseVector reads a CVSS vector of version 2, 3.0, 3.1 or 4.0.
func ParseVector(text string) (*advisory.Vector, error) {
	text = strings.TrimSpace(text)
	if len(text) > maxVector {
		return nil, fault.New(fault.Invalid, "a CVSS vector of %d characters", len(text))
	}
	parse := parse20
	switch {
	case strings.HasPrefix(text, "CVSS:4.0/"):
		parse = parse40
	case strings.HasPrefix(text, "CVSS:3.1/"):
		parse = parse31
	case strings.HasPrefix(text, "CVSS:3.0/"):
		parse = parse30
	case strings.HasPrefix(text, "CVSS:"):
		return nil, fault.New(fault.Invalid, "CVSS vector %q has a version we do not know", text)
	}
	v, err := parse(text)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "CVSS vector %q", text)
	}
	v.Text = text
	return v, nil
}

// getter reads one metric; all four versions have it. A metric's name is ours,
// so an error is a defect and an empty answer is as good.
type getter interface {
	Get(abv string) (string, error)
}

func metric(g getter, name string) string {
	value, err := g.Get(name)
	if err != nil {
		return ""
	}
	return value
}

func parse20(text string) (*advisory.Vector, error) {
	c, err := gocvss20.ParseVector(strings.Trim(text, "()"))
	if err != nil {
		return nil, fmt.Errorf("version 2: %w", err)
	}
	v := advisory.Vector{
		Version: "2.0", Base: c.BaseScore(), Attack: metric(c, "AV"), Interaction: "N",
		Privileges: map[string]string{"N": "N", "S": "L", "M": "H"}[metric(c, "Au")],
		Hard:       metric(c, "AC") == "H",
		Total:      metric(c, "C") == "C" && metric(c, "I") == "C",
	}
	if metric(c, "AC") == "M" {
		v.Interaction = "M"
	}
	return &v, nil
}

func parse30(text string) (*advisory.Vector, error) {
	c, err := gocvss30.ParseVector(text)
	if err != nil {
		return nil, fmt.Errorf("version 3.0: %w", err)
	}
	return vector3(c, "3.0", c.BaseScore()), nil
}

func parse31(text string) (*advisory.Vector, error) {
	c, err := gocvss31.ParseVector(text)
	if err != nil {
		return nil, fmt.Errorf("version 3.1: %w", err)
	}
	return vector3(c, "3.1", c.BaseScore()), nil
}

func vector3(c getter, version string, base float64) *advisory.Vector {
	return &advisory.Vector{
		Version: version, Base: base, Attack: metric(c, "AV"),
		Privileges: metric(c, "PR"), Interaction: metric(c, "UI"),
		Hard:  metric(c, "AC") == "H",
		Total: metric(c, "C") == "H" && metric(c, "I") == "H",
	}
}

func parse40(text string) (*advisory.Vector, error) {
	c, err := gocvss40.ParseVector(text)
	if err != nil {
		return nil, fmt.Errorf("version 4.0: %w", err)
	}
	v := advisory.Vector{
		Version: "4.0", Base: c.Score(), Attack: metric(c, "AV"),
		Privileges: metric(c, "PR"), Interaction: metric(c, "UI"),
		Hard:  metric(c, "AC") == "H" || metric(c, "AT") == "P",
		Total: metric(c, "VC") == "H" && metric(c, "VI") == "H",
	}
	if au := metric(c, "AU"); au == "Y" || au == "N" {
		v.Automatable = au
	}
	return &v, nil
}

// Junk is a vector that cannot be read, and why.
type Junk struct {
	Name   string // the record or weakness it was found under
	Type   string
	Score  string
	Reason string
}

// ChooseVector picks the vector to judge by. The names are tried in the order
// given: the matched records first, the distribution's own before others, then
// the rest of the alias group. The first name that has a readable vector gives
// it: its highest CVSS version, then its highest base score, then the lesser
// text. Junk on the way is kept with its reason.
func ChooseVector(names []string, severities map[string][]advisory.Severity) (*advisory.Vector, []Junk) {
	var junk []Junk
	for _, name := range names {
		var best *advisory.Vector
		for _, s := range severities[name] {
			v, err := ParseVector(s.Score)
			if err != nil && !strings.HasPrefix(s.Type, "CVSS") {
				continue // a distribution's own word for severity is no vector, and no junk
			}
			if err != nil {
				junk = append(junk, Junk{Name: name, Type: s.Type, Score: s.Score, Reason: err.Error()})
				continue
			}
			v.Name = name
			if best == nil || preferred(v, best) {
				best = v
			}
		}
		if best != nil {
			return best, junk
		}
	}
	return nil, junk
}

// Readable reports whether a severity is a vector that can be judged by.
func Readable(s advisory.Severity) bool {
	_, err := ParseVector(s.Score)
	return err == nil
}

func preferred(a, b *advisory.Vector) bool {
	if a.Version != b.Version {
		return a.Version > b.Version
	}
	if a.Base != b.Base {
		return a.Base > b.Base
	}
	return a.Text < b.Text
}
