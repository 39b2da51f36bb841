package forge

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/hostile"
	"github.com/tidemark/tidemark/internal/twin"
)

// Kind is the kind of a report as a document.
const Kind = "forge"

// Schema names the form of a report.
const Schema = "tidemark.forge/v1"

// Report is what a forge says of its repositories. Large ones come in parts.
type Report struct {
	Schema   string    `json:"schema"`
	Forge    string    `json:"forge"`
	Host     string    `json:"host"`
	Group    string    `json:"group,omitempty"`
	At       time.Time `json:"at"`
	Complete bool      `json:"complete"` // the repositories are all that there are
	// Repositories is nil in a part that has none of them.
	Repositories []Repository     `json:"repositories"`
	Builds       []Build          `json:"builds,omitempty"`
	SBOMs        []SBOM           `json:"sboms,omitempty"`
	Trouble      []twin.Rejection `json:"trouble,omitempty"`
}

// Repository is a repository with its name.
type Repository struct {
	Name string          `json:"name"`
	Spec twin.Repository `json:"spec"`
}

// Build is a run with its name.
type Build struct {
	Name string     `json:"name"`
	Spec twin.Build `json:"spec"`
}

// SBOM is the dependency graph of a repository as a bill of materials.
type SBOM struct {
	Repository string          `json:"repository"`
	Branch     string          `json:"branch,omitempty"`
	Body       json.RawMessage `json:"body"`
}

func (r *Report) trouble(where, format string, args ...any) {
	r.Trouble = append(r.Trouble, twin.Rejection{Where: where, Reason: fmt.Sprintf(format, args...)})
}

func (r *Report) add(f *found) {
	r.Repositories = append(r.Repositories, Repository{f.name, f.spec})
	r.Builds = append(r.Builds, f.builds...)
	if f.bom != nil {
		r.SBOMs = append(r.SBOMs, *f.bom)
	}
	for _, why := range f.spec.Unseen {
		r.trouble(f.name, "%s", why)
	}
}

// Source is the forge as a source of evidence: github/ORG; one that is not the
// public one is named too.
func (r *Report) Source() string {
	parts := []string{r.Forge}
	if r.Host != r.Forge+".com" {
		parts = append(parts, r.Host)
	}
	if r.Group != "" {
		parts = append(parts, r.Group)
	}
	if len(parts) == 1 {
		parts = append(parts, r.Host)
	}
	return strings.Join(parts, "/")
}

// The scopes of a forge: all its repositories, and what was built of them.
const (
	ScopeRepositories = "repositories"
	ScopeBuilds       = "builds"
)

// maxPart is about how large a part of a report is.
const maxPart = 8 << 20

// Parts splits a report into documents that a server takes: first all the
// repositories, which are complete only together, then builds and SBOMs.
func (r Report) Parts() ([][]byte, error) {
	first := r
	first.Builds, first.SBOMs = nil, nil
	if first.Repositories == nil {
		first.Repositories = []Repository{}
	}
	parts := []Report{first}
	next := r
	next.Repositories, next.Builds, next.SBOMs, next.Trouble, next.Complete = nil, nil, nil, nil, false
	rest, size := next, 0
	rest.Builds = r.Builds
	for _, s := range r.SBOMs {
		if size += len(s.Body); size > maxPart && len(rest.SBOMs) > 0 {
			parts, rest, size = append(parts, rest), next, len(s.Body)
		}
		rest.SBOMs = append(rest.SBOMs, s)
	}
	if len(rest.Builds)+len(rest.SBOMs) > 0 {
		parts = append(parts, rest)
	}
	out := make([][]byte, 0, len(parts))
	for _, p := range parts {
		b, err := json.Marshal(p)
		if err != nil {
			return nil, fault.Wrap(fault.Internal, err, "write the report of %s", r.Host)
		}
		out = append(out, b)
	}
	return out, nil
}

// Read is the reader of reports.
func Read(_ context.Context, in discover.DocumentInput, now time.Time) (discover.Reading, error) {
	var out discover.Reading
	r, err := parse(in.Body)
	if err != nil {
		return out, err
	}
	source := in.Source
	if source == "" {
		source = r.Source()
	}
	at := r.At
	if at.After(now) {
		at = now
		out.Notes = append(out.Notes, twin.Rejection{Where: r.Host, Reason: "its clock is ahead of ours: what it says is dated to now"})
	}
	out.Notes = append(out.Notes, r.Trouble...)
	if r.Repositories != nil {
		told := discover.Told{Source: source, Scope: ScopeRepositories, Class: twin.Declared, At: at, Complete: r.Complete}
		for _, x := range r.Repositories {
			thing, err := x.Spec.Resource(twin.RepositoryName(x.Name))
			if err != nil {
				return out, err
			}
			told.Things = append(told.Things, thing)
		}
		out.Told = append(out.Told, told)
	}
	if len(r.Builds)+len(r.SBOMs) == 0 {
		return out, nil
	}
	told := discover.Told{Source: source, Scope: ScopeBuilds, Class: twin.Declared, At: at}
	for _, x := range r.Builds {
		thing, err := x.Spec.Resource(x.Name)
		if err != nil {
			return out, err
		}
		told.Things = append(told.Things, thing)
	}
	for _, s := range r.SBOMs {
		ref, err := twin.ParseRef(s.Repository)
		if err != nil {
			out.Rejected = append(out.Rejected, twin.Rejection{Where: s.Repository, Reason: err.Error()})
			continue
		}
		ref.Tag = tagOf(s.Branch)
		told.SBOMs = append(told.SBOMs, discover.AttachedSBOM{Artifact: ref, Body: s.Body})
	}
	out.Told = append(out.Told, told)
	return out, nil
}

// tagOf makes a tag of a branch: a slash would end the name.
func tagOf(branch string) string { return strings.ReplaceAll(clean(branch), "/", "-") }

func parse(body []byte) (r Report, err error) {
	if err := hostile.CheckJSON(body, hostile.Limits{}); err != nil {
		return r, fault.Wrap(fault.Invalid, err, "this is no report of a forge")
	}
	if err := json.Unmarshal(body, &r); err != nil {
		return r, fault.Wrap(fault.Invalid, err, "this is no report of a forge")
	}
	switch {
	case r.Schema != Schema:
		return r, fault.New(fault.Invalid, "this is no report of a forge: its schema is %q", clean(r.Schema)).WithHint("one is made by: tidemark connect github|gitlab --report FILE")
	case r.Forge != GitHub && r.Forge != GitLab || r.Host == "" || r.At.IsZero():
		return r, fault.New(fault.Invalid, "the report does not say of which forge it is, or of when")
	}
	return r, nil
}
