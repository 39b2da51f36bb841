package deploy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/tidemark/tidemark/internal/twin"
)

var clusterName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$`) })

func isClusterName(s string) bool { return len(s) <= 253 && clusterName().MatchString(s) }

// isPathName reports whether a name may be that of a role or binding: those may
// have colons and capitals, as "system:node", but no slash.
func isPathName(s string) bool {
	return s != "" && len(s) <= 253 && s != "." && s != ".." && !strings.ContainsAny(s, "/%") && checkName(s) == nil
}

// maxName bounds names of services, environments and sources.
const maxName = 512

// checkName refuses what would mislead a reader or a file system: control and
// invisible characters, space at the ends, steps out of a folder.
func checkName(s string) error {
	switch {
	case len(s) > maxName:
		return fmt.Errorf("is longer than %d bytes", maxName)
	case strings.TrimSpace(s) != s:
		return fmt.Errorf("begins or ends with white space")
	case strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }):
		return fmt.Errorf("%.100q holds a character that cannot be shown", s)
	case slices.Contains(strings.FieldsFunc(s, func(r rune) bool { return r == '/' || r == '\\' }), ".."):
		return fmt.Errorf("%.100q steps out of its folder", s)
	}
	return nil
}

// artifactName is what references are written with; placeholders of templates
// ("${TAG}", "<image>") are not.
var artifactName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._:/@+~-]*$`) })

func parseArtifact(s string) (twin.ArtifactRef, error) {
	ref, err := twin.ParseRef(s)
	if err != nil {
		return twin.ArtifactRef{}, err
	}
	if !artifactName().MatchString(strings.TrimSpace(s)) || slices.Contains(strings.Split(ref.Name, "/"), "..") {
		return twin.ArtifactRef{}, fmt.Errorf("%.200q is no artifact reference (NAME[:TAG][@sha256:…])", s)
	}
	return ref, nil
}
