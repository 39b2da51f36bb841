package registry

import (
	"slices"
	"strings"

	"github.com/tidemark/tidemark/internal/twin"
)

// mostRun is the platform that is read where nothing says which runs.
const mostRun = "linux/amd64"

// choose picks the images of an index that run. known is false where nothing says
// which these are: then it is one.
func choose(list []twin.PlatformImage, running []string) (chosen []twin.PlatformImage, known bool) {
	for _, p := range list {
		if slices.ContainsFunc(running, func(r string) bool { return samePlatform(p.Platform, r) }) && len(chosen) < maxRead {
			chosen = append(chosen, p)
		}
	}
	if len(chosen) > 0 {
		return chosen, true
	}
	i := max(slices.IndexFunc(list, func(p twin.PlatformImage) bool { return samePlatform(p.Platform, mostRun) }), 0)
	if i < len(list) {
		chosen = list[i : i+1]
	}
	return chosen, false
}

// samePlatform: a machine says linux/arm64, an image linux/arm64/v8.
func samePlatform(image, machine string) bool {
	return image == machine || strings.HasPrefix(image, machine+"/")
}

func platformsOf(list []twin.PlatformImage) string {
	names := make([]string, len(list))
	for i, p := range list {
		names[i] = p.Platform
	}
	return strings.Join(names, ", ")
}

func platformOf(e entry) string {
	if e.Platform == nil {
		return ""
	}
	return joined(e.Platform.OS, e.Platform.Architecture, e.Platform.Variant)
}

func joined(parts ...string) string {
	return clean(strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "/"))
}

func isIndex(mediaType string) bool {
	return mediaType == "application/vnd.oci.image.index.v1+json" || mediaType == "application/vnd.docker.distribution.manifest.list.v2+json"
}

func isImageConfig(mediaType string) bool {
	return mediaType == "application/vnd.oci.image.config.v1+json" || mediaType == "application/vnd.docker.container.image.v1+json"
}

// isAttestation reports whether an entry of an index is about an image, and none.
func isAttestation(e entry) bool {
	return e.Annotations["vnd.docker.reference.type"] != "" || e.Platform != nil && e.Platform.OS == "unknown"
}
