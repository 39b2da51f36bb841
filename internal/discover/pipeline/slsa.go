package pipeline

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"github.com/tidemark/tidemark/internal/twin"
)

// provenance is the predicate of SLSA provenance of all versions: v0.1 has recipe,
// v0.2 invocation, v1 buildDefinition and runDetails.
type provenance struct {
	Builder    wireBuilder     `json:"builder"`
	BuildType  string          `json:"buildType"`
	Recipe     *wireRecipe     `json:"recipe"`
	Invocation wireInvocation  `json:"invocation"`
	Metadata   wireMetadata    `json:"metadata"`
	Materials  []descriptor    `json:"materials"`
	Definition *wireDefinition `json:"buildDefinition"`
	Run        wireRun         `json:"runDetails"`
}

type wireBuilder struct {
	ID string `json:"id"`
}

type wireRecipe struct {
	Type       string          `json:"type"`
	Material   json.RawMessage `json:"definedInMaterial"` // a number, or one as text
	EntryPoint string          `json:"entryPoint"`
}

type wireInvocation struct {
	Source struct {
		URI        string            `json:"uri"`
		Digest     map[string]string `json:"digest"`
		EntryPoint string            `json:"entryPoint"`
	} `json:"configSource"`
	Environment map[string]json.RawMessage `json:"environment"`
}

// wireMetadata has the names of all versions; encoding/json does not mind their case.
type wireMetadata struct {
	Invocation string `json:"buildInvocationId"`
	Started    moment `json:"buildStartedOn"`
	Finished   moment `json:"buildFinishedOn"`

	InvocationV1 string `json:"invocationId"`
	StartedV1    moment `json:"startedOn"`
	FinishedV1   moment `json:"finishedOn"`
}

type wireDefinition struct {
	BuildType    string                     `json:"buildType"`
	External     map[string]json.RawMessage `json:"externalParameters"`
	Internal     map[string]json.RawMessage `json:"internalParameters"`
	Dependencies []descriptor               `json:"resolvedDependencies"`
}

type wireRun struct {
	Builder  wireBuilder  `json:"builder"`
	Metadata wireMetadata `json:"metadata"`
}

func readProvenance(a *twin.Attestation, body []byte) error {
	var p provenance
	if err := json.Unmarshal(body, &p); err != nil {
		return err
	}
	p.level()
	a.Builder = twin.Builder{
		ID: Clean(p.Builder.ID), Type: Clean(p.BuildType), Invocation: Clean(p.Metadata.Invocation),
		Entry:   Clean(p.Invocation.Source.EntryPoint),
		Started: p.Metadata.Started.Time, Finished: p.Metadata.Finished.Time,
	}
	a.Source = p.source()
	a.Builder.Build = Clean(p.build(a.Source.Repository))
	a.Materials.Count = len(p.Materials)
	for _, m := range p.Materials[:min(len(p.Materials), maxMaterials)] {
		uri := m.URI
		if uri == "" {
			uri = m.Name
		}
		a.Materials.Kept = append(a.Materials.Kept, twin.Material{URI: Clean(uri), Digest: m.digest()})
	}
	a.MadeAt = a.Builder.Finished
	if a.MadeAt.IsZero() {
		a.MadeAt = a.Builder.Started
	}
	return nil
}

// level writes the fields of v0.1 and v1 where those of v0.2 are.
func (p *provenance) level() {
	if r := p.Recipe; r != nil {
		p.BuildType, p.Invocation.Source.EntryPoint = r.Type, r.EntryPoint
		if n, err := strconv.Atoi(scalar(r.Material)); err == nil && n >= 0 && n < len(p.Materials) {
			m := p.Materials[n]
			p.Invocation.Source.URI, p.Invocation.Source.Digest = m.URI, m.Digest
		}
	}
	if d := p.Definition; d != nil {
		p.BuildType, p.Materials = d.BuildType, d.Dependencies
		p.Builder, p.Metadata = p.Run.Builder, p.Run.Metadata
		p.Metadata.Invocation, p.Metadata.Started, p.Metadata.Finished = p.Metadata.InvocationV1, p.Metadata.StartedV1, p.Metadata.FinishedV1
		p.definedIn(d)
	}
}

// definedIn finds what v1 was built from: each build type has a parameter of its
// own for it.
func (p *provenance) definedIn(d *wireDefinition) {
	for _, key := range []string{"workflow", "buildConfigSource", "configSource", "sourceToBuild", "source"} {
		var w struct {
			Repository string            `json:"repository"`
			Ref        string            `json:"ref"`
			Path       string            `json:"path"`
			URI        string            `json:"uri"`
			Digest     map[string]string `json:"digest"`
			Artifact   descriptor        `json:"artifact"` // as drafts of v1 had it
		}
		raw := d.External[key]
		if len(raw) == 0 {
			continue
		}
		if raw[0] == '"' {
			_ = json.Unmarshal(raw, &w.URI) // a text is never refused here
		} else if json.Unmarshal(raw, &w) != nil {
			continue
		}
		switch {
		case w.URI != "":
		case w.Artifact.URI != "":
			w.URI, w.Digest = w.Artifact.URI, w.Artifact.Digest
		case w.Repository != "" && w.Ref != "":
			w.URI = w.Repository + "@" + w.Ref
		default:
			w.URI = w.Repository
		}
		if w.URI != "" {
			p.Invocation.Source.URI, p.Invocation.Source.Digest, p.Invocation.Source.EntryPoint = w.URI, w.Digest, w.Path
			return
		}
	}
}

// source is the commit that was built: what the build was started with, and its
// commit from the materials where it is told only there; else the one repository
// among the materials.
func (p *provenance) source() twin.Revision {
	s := p.Invocation.Source
	at := revision(descriptor{URI: s.URI, Digest: s.Digest})
	var found []twin.Revision
	for _, m := range p.Materials {
		r := revision(m)
		if r.Repository == "" || r.Commit == "" {
			continue
		}
		if r.Repository == at.Repository && at.Commit == "" {
			at.Commit = r.Commit
			if at.Ref == "" {
				at.Ref = r.Ref
			}
		}
		if len(found) == 0 || found[0].Name() != r.Name() {
			found = append(found, r)
		}
	}
	if at.Repository == "" && len(found) == 1 {
		at = found[0]
	}
	return at
}

// revision reads the address of a repository: "git+https://HOST/REPO@REF",
// "https://HOST/REPO.git", "https://github.com/REPO/commit/SHA". Of what is no
// repository it is empty.
func revision(d descriptor) twin.Revision {
	uri, isGit := strings.CutPrefix(d.URI, "git+")
	if path, sha, ok := cutCommit(uri); ok {
		return twin.Revision{Repository: Clean(twin.RepositoryName(path)), Commit: sha}
	}
	begin := strings.Index(uri, "://") + len("://")
	base, ref := uri, ""
	if begin >= len("://") {
		if i := strings.IndexAny(uri[begin:], "/"); i >= 0 {
			if at := strings.IndexByte(uri[begin+i:], '@'); at >= 0 {
				base, ref = uri[:begin+i+at], uri[begin+i+at+1:]
			}
		}
	}
	base, _, _ = strings.Cut(base, "#")
	commit := d.commit()
	isGit = isGit || strings.HasPrefix(uri, "git://") || strings.HasPrefix(uri, "ssh://git@") || strings.HasSuffix(base, ".git") ||
		begin >= len("://") && isForge(uri[begin:])
	if !isGit || strings.HasPrefix(d.URI, "pkg:") {
		return twin.Revision{}
	}
	return twin.Revision{Repository: Clean(twin.RepositoryName(base)), Commit: commit, Ref: Clean(ref)}
}

// isForge reports whether an address without its scheme is that of a repository
// on one of the great public servers, whose addresses need no mark.
func isForge(rest string) bool {
	host, path, _ := strings.Cut(rest, "/")
	switch strings.ToLower(host) {
	case "github.com", "gitlab.com", "bitbucket.org", "codeberg.org":
		path, _, _ = strings.Cut(path, "@")
		return strings.Contains(strings.Trim(path, "/"), "/") && !strings.Contains(path, "/actions/")
	}
	return false
}

// cutCommit reads REPOSITORY/commit/SHA.
func cutCommit(uri string) (repository, sha string, ok bool) {
	repository, sha, ok = strings.Cut(uri, "/commit/")
	sha = strings.ToLower(sha)
	return repository, sha, ok && (isHex(sha, 40) || isHex(sha, 64))
}

// build is the name of the run that made it, as its CI system's events name it
// too; "" where the document does not say which run it was.
func (p *provenance) build(repository string) string {
	id := p.Metadata.Invocation
	if u, err := url.Parse(id); err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http") {
		return twin.BuildName(id)
	}
	if name := p.githubRun(repository); name != "" {
		return name
	}
	if id == "" {
		return ""
	}
	builder := twin.BuildName(p.Builder.ID)
	switch {
	case strings.HasPrefix(builder, "cloudbuild.googleapis.com") || strings.HasPrefix(p.BuildType, "https://cloudbuild.googleapis.com"):
		return "cloudbuild.googleapis.com/" + id
	case strings.Contains(builder, "/-/runners/"):
		project, _, _ := strings.Cut(builder, "/-/runners/")
		return project + "/-/jobs/" + id
	case strings.Contains(p.BuildType, "tekton"):
		return tektonName(id)
	}
	return ""
}

// githubRun is the name of a run of GitHub Actions by what its builders note of
// their surroundings.
func (p *provenance) githubRun(repository string) string {
	noted := p.Invocation.Environment
	if p.Definition != nil {
		noted = p.Definition.Internal
	}
	var run, attempt string
	for name, raw := range noted {
		switch strings.ToLower(name) {
		case "github_run_id":
			run = scalar(raw)
		case "github_run_attempt":
			attempt = scalar(raw)
		}
	}
	if run == "" || repository == "" {
		return ""
	}
	n, err := strconv.Atoi(attempt)
	if err != nil {
		n = 1
	}
	return twin.GitHubRunName(repository, run, n)
}

// scalar is a text, or a number as it is written.
func scalar(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return Clean(text)
	}
	if len(raw) > 0 && raw[0] >= '0' && raw[0] <= '9' {
		return Clean(string(raw))
	}
	return ""
}

// tektonName is the name of a run of Tekton: by its UID, which it keeps everywhere.
func tektonName(uid string) string { return "tekton/" + uid }
