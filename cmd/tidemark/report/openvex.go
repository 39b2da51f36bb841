package report

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
)

// The parts of OpenVEX 0.2.0 that we write.
type vexDoc struct {
	Context    string         `json:"@context"`
	ID         string         `json:"@id"`
	Author     string         `json:"author"`
	Timestamp  string         `json:"timestamp"`
	Version    int            `json:"version"`
	Tooling    string         `json:"tooling"`
	Statements []vexStatement `json:"statements"`
}

type vexStatement struct {
	Vulnerability vexVulnerability `json:"vulnerability"`
	Products      []vexProduct     `json:"products"`
	Status        string           `json:"status"`
	Notes         string           `json:"status_notes,omitempty"`
	Action        string           `json:"action_statement,omitempty"`
}

type vexVulnerability struct {
	Name    string   `json:"name"`
	Aliases []string `json:"aliases,omitempty"`
}

type vexProduct struct {
	ID          string            `json:"@id"`
	Identifiers map[string]string `json:"identifiers,omitempty"`
}

// ErrNothing says that there is nothing to state: OpenVEX has no document
// without a statement.
var ErrNothing = errors.New("there is nothing to state, and OpenVEX has no document without a statement")

func writeOpenVEX(w io.Writer, r Report) error {
	doc := vexDoc{
		Context: "https://openvex.dev/ns/v0.2.0", ID: "urn:uuid:" + r.uuid(), Author: cmp.Or(r.Maker.Author, "Unknown Author"),
		Timestamp: stamp(r.AsOf), Version: 1, Tooling: strings.TrimSpace("Tidemark " + r.Maker.Version), Statements: []vexStatement{},
	}
	for _, f := range r.statements() {
		action := f.Action()
		if f.Standing == Suppressed {
			action = "None for now, " + f.Stand() + ". " + action
		}
		doc.Statements = append(doc.Statements, vexStatement{
			Vulnerability: vexVulnerability{f.Weakness, f.Aliases}, Products: []vexProduct{productOf(f.Component)},
			Status: "affected", Notes: f.Reason, Action: action,
		})
	}
	for _, d := range r.doubts() {
		doc.Statements = append(doc.Statements, vexStatement{
			Vulnerability: vexVulnerability{Name: d.weakness}, Products: []vexProduct{productOf(d.component)},
			Status: "under_investigation", Notes: d.detail,
		})
	}
	if len(doc.Statements) == 0 {
		return ErrNothing
	}
	return encode(w, doc)
}

func productOf(component string) vexProduct {
	if !strings.HasPrefix(component, "pkg:") {
		return vexProduct{ID: "urn:tidemark:component:" + url.PathEscape(component)}
	}
	return vexProduct{ID: iri(component), Identifiers: map[string]string{"purl": component}}
}

// iri escapes what may not stand in one.
func iri(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r <= ' ' || r == 0x7f || strings.ContainsRune("<>\"{}|\\^`", r) {
			fmt.Fprintf(&b, "%%%02X", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}
