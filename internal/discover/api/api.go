// Package api reads documents that describe the interface of a service: OpenAPI
// 3.0 to 3.2 and Swagger 2.0, in JSON or YAML. One document becomes a twin.API
// and a twin.Operation for each method and route.
//
// The model. One document is the complete word of its source on one API of one
// service: an operation that is no longer in it ends. Whether callers must
// prove who they are is resolved for each operation as the specification says:
// its own list of requirements, else the document's; an empty list, or an empty
// requirement among others, means that nobody has to. Where a document names a
// scheme that it does not define, or says nothing of security at all, the answer
// is unknown. Why holds the reason in words.
//
// Why no library reads them: kin-openapi v0.152.0 resolves every schema, of which
// we look at none: 2 MB/s against 24 MB/s here, and 1.5 MB of program.
// It is what the answers here were compared with.
//
// Invariants. Nothing is fetched: a reference into another document is listed
// as not read. Bytes, depth, operations and texts are bounded; the same bytes
// give the same things. The package does no I/O and has no clock.
package api

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// Kind is the kind of document that Read reads.
const Kind = "openapi"

// The bounds of a document.
const (
	maxBody       = 32 << 20
	maxOperations = 20_000
	maxServers    = 100
	maxSchemes    = 200
	maxNotes      = 100
	maxText       = 300
	maxRoute      = 2000
)

// Read is a discover.Reader.
func Read(_ context.Context, in discover.DocumentInput, _ time.Time) (discover.Reading, error) {
	if in.Service == "" {
		return discover.Reading{}, fault.New(fault.Invalid, "an API document does not say whose API it is").
			WithHint("pass --service S")
	}
	if !printable(in.Service) || len(in.Service) > maxText {
		return discover.Reading{}, fault.New(fault.Invalid, "service %.100q holds what cannot be shown, or is too long", in.Service)
	}
	doc, err := parse(in.Body)
	if err != nil {
		return discover.Reading{}, err
	}
	r := reading{doc: doc, in: in}
	if err := r.read(); err != nil {
		return discover.Reading{}, err
	}
	told := discover.Told{
		Source: cmp.Or(in.Source, Kind), Scope: twin.APIName(in.Service, r.api.Title),
		Class: twin.Declared, Complete: true, Things: r.things,
	}
	return discover.Reading{Told: []discover.Told{told}, Rejected: r.rejected, Ignored: r.ignored, Notes: r.notes}, nil
}

// reading is what becomes of one document.
type reading struct {
	doc    *document
	in     discover.DocumentInput
	api    twin.API
	things []twin.Resource

	rejected, ignored, notes []twin.Rejection
}

func (r *reading) read() error {
	r.describe()
	if err := r.paths(); err != nil {
		return err
	}
	if r.api.Operations == 0 {
		r.note("paths", "the document describes no operation")
	}
	if n := len(r.doc.Webhooks); n > 0 {
		r.note("webhooks", fmt.Sprintf("%d webhooks: the service calls them, it does not offer them", n))
	}
	var links []twin.Link
	if r.in.Environment != "" {
		links = append(links, twin.Link{Rel: twin.RelExposes, To: twin.End{
			Kind: twin.KindWorkload, Scope: r.in.Environment, Name: r.in.Service,
		}})
	}
	return r.add(twin.KindAPI, r.name(), r.api, links...)
}

func (r *reading) name() string { return twin.APIName(r.in.Service, r.api.Title) }

func (r *reading) add(kind, name string, spec any, links ...twin.Link) error {
	made, err := twin.Made(kind, name, spec, links...)
	if err != nil {
		return err
	}
	r.things = append(r.things, made)
	return nil
}

func (r *reading) note(where, reason string) { r.notes = append(r.notes, rejection(where, reason)) }

// leaveOut lists what is not read; the list ends where it says enough.
func (r *reading) leaveOut(list *[]twin.Rejection, where, reason string) {
	switch n := len(*list); {
	case n < maxNotes:
		*list = append(*list, rejection(where, reason))
	case n == maxNotes:
		*list = append(*list, twin.Rejection{Where: "paths", Reason: "and more, which are not listed"})
	}
}

func rejection(where, reason string) twin.Rejection {
	return twin.Rejection{Where: clean(where, maxText), Reason: clean(reason, maxText)}
}

// describe fills in what the document says of the whole API.
func (r *reading) describe() {
	r.api = twin.API{
		Service: r.in.Service, Title: clean(string(r.doc.Info.Title), maxText), Version: clean(string(r.doc.Info.Version), maxText),
		Format: r.doc.format(), Servers: r.doc.servers(), Schemes: r.doc.schemes(), Hash: twin.HashBytes(r.in.Body),
	}
	if r.api.Title == "" {
		r.api.Title = "(untitled)"
		r.note("info", "the document has no title: its API is kept as (untitled)")
	}
}

// clean is text that can be shown: bounded, without control characters.
func clean(s string, limit int) string {
	s = strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return unicode.ReplacementChar
		}
		return c
	}, strings.Join(strings.Fields(s), " "))
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "") + "…"
	}
	return s
}

func printable(s string) bool {
	return strings.TrimSpace(s) == s && !strings.ContainsFunc(s, func(c rune) bool {
		return !unicode.IsPrint(c) || c == unicode.ReplacementChar
	})
}
