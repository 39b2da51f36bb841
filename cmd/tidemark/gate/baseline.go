package gate

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/cmd/tidemark/report"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/hostile"
)

// maxBaseline bounds a former answer: the largest real ones have some megabytes.
const maxBaseline = 64 << 20

// Baseline is a former answer, about the same build at another time.
type Baseline struct {
	Name  string
	items []api.Vanished
	seen  []bool // of items: the build still has it
	at    map[baselineKey][]int
}

// baselineKey is one name of a weakness at one place.
type baselineKey struct{ name, place string }

// ReadBaseline reads what a gate or a scan printed as JSON or SARIF.
func ReadBaseline(path string) (b *Baseline, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "read the baseline")
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	body, err := io.ReadAll(io.LimitReader(f, maxBaseline+1))
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "read the baseline %s", path)
	}
	b, err = ParseBaseline(path, body)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the baseline %s", path)
	}
	return b, nil
}

// ParseBaseline reads the bytes of a former answer.
func ParseBaseline(name string, body []byte) (*Baseline, error) {
	if len(body) > maxBaseline {
		return nil, fault.New(fault.Invalid, "it has more than %d MB", maxBaseline>>20)
	}
	if err := hostile.CheckJSON(body, hostile.Limits{}); err != nil {
		return nil, err
	}
	var about struct{ Schema, Version string }
	if err := json.Unmarshal(body, &about); err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "it is no answer of a gate or a scan")
	}
	read := map[string]func([]byte) ([]api.Vanished, error){
		api.SchemaGate: gateItems, api.SchemaMatches: matchItems, "": report.ReadSARIF,
	}[about.Schema]
	if read == nil || about.Schema == "" && about.Version != "2.1.0" {
		return nil, fault.New(fault.Invalid, "it is no answer of a gate or a scan").WithHint("give a file made by gate or scan with -o json or -o sarif")
	}
	items, err := read(body)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "it is no answer of a gate or a scan")
	}
	b := &Baseline{Name: name, at: map[baselineKey][]int{}}
	for _, it := range items {
		if it.Weakness != "" && it.Component != "" {
			b.add(it)
		}
	}
	return b, nil
}

func (b *Baseline) add(it api.Vanished) {
	n := len(b.items)
	b.items, b.seen = append(b.items, it), append(b.seen, false)
	for _, name := range append([]string{it.Weakness}, it.Aliases...) {
		key := baselineKey{name, report.Place(it.Component)}
		b.at[key] = append(b.at[key], n)
	}
}

// has reports whether the weakness was there before, under any of its names and
// in whatever version of the component.
func (b *Baseline) has(it *api.GateItem) bool {
	if b == nil {
		return false
	}
	found := false
	for _, name := range append([]string{it.Weakness}, it.Aliases...) {
		for _, n := range b.at[baselineKey{name, report.Place(it.Component)}] {
			b.seen[n], found = true, true
		}
	}
	return found
}

// vanished lists what nobody has asked for.
func (b *Baseline) vanished() []api.Vanished {
	out := []api.Vanished{}
	said := map[baselineKey]bool{}
	for i, it := range b.items {
		key := baselineKey{it.Weakness, it.Component}
		if b.seen[i] || said[key] {
			continue
		}
		said[key] = true
		if it.Aliases == nil {
			it.Aliases = []string{}
		}
		out = append(out, it)
	}
	slices.SortFunc(out, func(x, y api.Vanished) int {
		return cmp.Or(cmp.Compare(x.Weakness, y.Weakness), cmp.Compare(x.Component, y.Component))
	})
	return out
}

// gateItems are those that a gate named, for whatever reason; it says nothing of
// the others.
func gateItems(body []byte) (out []api.Vanished, err error) {
	var g api.Gate
	if err := json.Unmarshal(body, &g); err != nil {
		return nil, err
	}
	for _, list := range [][]api.GateItem{g.Failed, g.Suppressed, g.Known, g.Deferred} {
		for _, it := range list {
			out = append(out, api.Vanished{Weakness: it.Weakness, Aliases: it.Aliases, Component: it.Component, Version: it.Version})
		}
	}
	return out, nil
}

func matchItems(body []byte) (out []api.Vanished, err error) {
	var m api.Matches
	if err := json.Unmarshal(body, &m); err != nil {
		return nil, err
	}
	for _, it := range m.Items {
		out = append(out, api.Vanished{Weakness: it.Advisory, Aliases: it.Aliases, Component: it.Purl, Version: it.Version})
	}
	return out, nil
}
