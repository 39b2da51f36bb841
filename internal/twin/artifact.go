package twin

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/tidemark/tidemark/internal/fault"
)

// ArtifactRef names something that was built: by digest (proven identity),
// by name and tag (a claim), or both.
type ArtifactRef struct {
	Name   string `json:"name"`             // as given, without tag and digest
	Tag    string `json:"tag,omitempty"`    // as given; "" when none
	Digest string `json:"digest,omitempty"` // "sha256:" and 64 hex digits; "" when none
}

var digestPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$`) })

// maxRefLength bounds a reference: far above any real one.
const maxRefLength = 1024

// ParseRef reads NAME[:TAG][@DIGEST]. A colon that is followed by a slash is
// part of the name (a registry's port).
func ParseRef(s string) (ArtifactRef, error) {
	if len(s) > maxRefLength {
		return ArtifactRef{}, fault.New(fault.Invalid, "artifact reference is longer than %d characters", maxRefLength)
	}
	name, digest, hasDigest := strings.Cut(strings.TrimSpace(s), "@")
	digest = strings.ToLower(digest)
	if hasDigest && !digestPattern().MatchString(digest) {
		return ArtifactRef{}, fault.New(fault.Invalid, "artifact %q: %q is not a digest (sha256: and 64 hex digits)", s, digest)
	}
	ref := ArtifactRef{Name: name, Digest: digest}
	if i := strings.LastIndexByte(name, ':'); i >= 0 && !strings.Contains(name[i:], "/") {
		ref.Name, ref.Tag = name[:i], name[i+1:]
	}
	if ref.Name == "" || strings.ContainsFunc(ref.Name+ref.Tag, isUnfit) {
		return ArtifactRef{}, fault.New(fault.Invalid, "artifact %q has no usable name", s)
	}
	if slices.Contains(strings.Split(ref.Name, "/"), "..") {
		return ArtifactRef{}, fault.New(fault.Invalid, "artifact %q steps out of its folder", s)
	}
	return ref, nil
}

func isUnfit(r rune) bool { return r <= ' ' || r == 0x7f || r == '�' }

// ID is the artifact's identity: its digest, else its normalised name and tag.
func (r ArtifactRef) ID() string {
	if r.Digest != "" {
		return r.Digest
	}
	return r.NameTag()
}

// NameTag is the normalised name:tag by which references without a digest are
// linked: registry and "library/" filled in, tag "latest" where there is
// neither tag nor digest. It is "" for a bare NAME@DIGEST, which names no tag.
func (r ArtifactRef) NameTag() string {
	tag := r.Tag
	if tag == "" {
		if r.Digest != "" {
			return ""
		}
		tag = "latest"
	}
	return normalName(r.Name) + ":" + tag
}

// normalName fills in what a container engine assumes.
func normalName(name string) string {
	name = strings.TrimPrefix(name, "index.docker.io/")
	host, rest, found := strings.Cut(name, "/")
	if !found {
		return "docker.io/library/" + name
	}
	if strings.ContainsAny(host, ".:") || host == "localhost" {
		if host == "docker.io" && !strings.Contains(rest, "/") {
			return "docker.io/library/" + rest
		}
		return name
	}
	return "docker.io/" + name
}

// String prints the reference as NAME[:TAG][@DIGEST].
func (r ArtifactRef) String() string {
	s := r.Name
	if r.Tag != "" {
		s += ":" + r.Tag
	}
	if r.Digest != "" {
		s += "@" + r.Digest
	}
	return s
}
