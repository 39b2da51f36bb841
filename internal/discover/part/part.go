// Package part reads what bills of materials say beside components: the
// services of CycloneDX (SaaSBOM) and its models of machine learning with their
// data sets (ML-BOM), and the AI and Dataset profiles of SPDX 3, all in JSON.
//
// The model. A service of a document becomes a data store where its name, host
// or port is one of a data system; a SaaS where somebody else provides it, or,
// where that is not said, calling it crosses a trust boundary; else it is a
// workload of our own, which others tell of. What depends on what, and the
// sources and destinations of data, become flows marked documented, with the
// classes of the data. A model reads the data sets that it was trained on.
//
// Own is who supplies the subject, or the provider that most services name.
//
// Invariants. A document without such parts costs a search of its bytes. Bytes,
// depth, texts and numbers of things are bounded. The same bytes give the same
// things. The package does no I/O and has no clock.
package part

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/hostile"
	"github.com/tidemark/tidemark/internal/twin"
)

// Kind is the kind of document that Read reads.
const Kind = "services"

// Source is who says so where nothing else names one.
const Source = "bom"

// Anywhere is the scope of an own service where the document does not say in
// which environments it runs.
const Anywhere = "*"

// The bounds of a document.
const (
	maxBody   = 64 << 20
	maxThings = 20_000
	maxList   = 50
	maxText   = 300
)

// Read is a discover.Reader: a document that holds none of these parts is refused.
func Read(_ context.Context, in discover.DocumentInput, _ time.Time) (discover.Reading, error) {
	r, err := read(in)
	if err == nil && len(r.Told) == 0 {
		err = fault.New(fault.Invalid, "no services, models or data sets in it").
			WithHint("give a CycloneDX (JSON) or SPDX 3 (JSON) document that lists some")
	}
	return r, err
}

// Attached reads the parts of a bill of materials that is taken for its
// components. One without such parts, or that is no JSON, says nothing.
func Attached(in discover.DocumentInput) (discover.Reading, error) {
	if !Holds(in.Body) {
		return discover.Reading{}, nil
	}
	return read(in)
}

// Holds reports, without reading it, whether a document may have such parts.
func Holds(body []byte) bool {
	head := bytes.TrimLeft(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")), " \t\r\n")
	if len(head) == 0 || head[0] != '{' {
		return false
	}
	for _, sign := range []string{`"services"`, `"machine-learning-model"`, `"modelCard"`, `"ai_AIPackage"`, `"dataset_DatasetPackage"`} {
		if bytes.Contains(head, []byte(sign)) {
			return true
		}
	}
	return false
}

func read(in discover.DocumentInput) (discover.Reading, error) {
	if len(in.Body) > maxBody {
		return discover.Reading{}, fault.New(fault.Invalid, "larger than %d MiB", maxBody>>20)
	}
	var doc struct {
		Format string          `json:"bomFormat"`
		Graph  json.RawMessage `json:"@graph"`
	}
	if err := hostile.Unmarshal(in.Body, hostile.Limits{String: 8 << 20, Depth: 256}, &doc); err != nil {
		return discover.Reading{}, fault.Wrap(fault.Invalid, err, "no bill of materials")
	}
	c := collector{in: in, things: map[string]*twin.Resource{}, flows: map[string]twin.Flow{}}
	var err error
	switch {
	case doc.Graph != nil:
		err = (&spdx{collector: &c}).read(doc.Graph)
	case doc.Format == "CycloneDX":
		err = (&bom{collector: &c}).read(bytes.TrimPrefix(in.Body, []byte("\xef\xbb\xbf")))
	default:
		err = fault.New(fault.Invalid, "neither CycloneDX nor SPDX 3, in JSON")
	}
	if err != nil {
		return discover.Reading{}, fault.Wrap(fault.Invalid, err, "the bill of materials")
	}
	return c.reading()
}

// collector gathers things, each once.
type collector struct {
	in      discover.DocumentInput
	subject string
	things  map[string]*twin.Resource // by subject
	flows   map[string]twin.Flow      // by name
	notes   []twin.Rejection
	dropped int
}

// scope is where own services and their data stores are.
func (c *collector) scope() string { return cmp.Or(c.in.Environment, Anywhere) }

// thing adds a thing; the first to say something of it counts.
func (c *collector) thing(kind, name string, spec any, links ...twin.Link) error {
	if name == "" {
		return nil
	}
	subject := twin.ResourceSubject(kind, "", name)
	if c.things[subject] != nil {
		return nil
	}
	if len(c.things)+len(c.flows) >= maxThings {
		c.dropped++
		return nil
	}
	made, err := twin.Made(kind, name, spec, links...)
	c.things[subject] = &made
	return err
}

func (c *collector) flow(f twin.Flow) {
	if f.From == f.To || f.From.Name == "" || f.To.Name == "" {
		return
	}
	have, ok := c.flows[f.Name()]
	if !ok && len(c.things)+len(c.flows) >= maxThings {
		c.dropped++
		return
	}
	f.How = twin.FlowDocumented
	f.Data, f.Where = append(f.Data, have.Data...), append(f.Where, have.Where...)
	c.flows[f.Name()] = f
}

func (c *collector) reading() (discover.Reading, error) {
	var things []twin.Resource
	for _, subject := range slices.Sorted(maps.Keys(c.things)) {
		things = append(things, *c.things[subject])
	}
	for _, name := range slices.Sorted(maps.Keys(c.flows)) {
		made, err := c.flows[name].Resource()
		if err != nil {
			return discover.Reading{}, err
		}
		things = append(things, made)
	}
	r := discover.Reading{Notes: c.notes}
	if c.dropped > 0 {
		r.Rejected = append(r.Rejected, twin.Rejection{Where: c.in.Name, Reason: fmt.Sprintf("%d things or flows beyond the %d that one document may hold", c.dropped, maxThings)})
	}
	if len(things) == 0 {
		return r, nil
	}
	about := cmp.Or(c.in.Service, c.subject, "bill of materials")
	if c.in.Environment != "" {
		about = c.in.Environment + "/" + about
	}
	r.Told = []discover.Told{{Source: cmp.Or(c.in.Source, Source), Scope: about, Class: twin.Declared, Complete: true, Things: things}}
	return r, nil
}

// clean is text that can be shown: bounded, without control characters.
func clean(s string) string {
	s = strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return unicode.ReplacementChar
		}
		return c
	}, strings.Join(strings.Fields(s), " "))
	if len(s) > maxText {
		s = strings.TrimSpace(strings.ToValidUTF8(s[:maxText], "")) + "…"
	}
	return s
}

// cleaned is a list of such texts, bounded, in the order given.
func cleaned(list []string) []string {
	var out []string
	for _, s := range list[:min(len(list), maxList)] {
		if s = clean(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// many is a text or a list of texts.
type many []string

// UnmarshalJSON takes either; what is no text says nothing.
func (m *many) UnmarshalJSON(b []byte) error {
	var list []json.RawMessage // of its own memory: decoding into b would change the document
	if b[0] != '[' {
		list = append(list, b)
	} else if err := json.Unmarshal(b, &list); err != nil {
		return err
	}
	for _, raw := range list[:min(len(list), maxList)] {
		var one string
		if len(raw) == 0 || raw[0] != '"' {
			continue
		}
		if err := json.Unmarshal(raw, &one); err != nil {
			return err
		}
		*m = append(*m, one)
	}
	return nil
}
