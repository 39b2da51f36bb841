package registry

import (
	"maps"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/tidemark/tidemark/internal/twin"
)

// used are the images that a place runs or has configured now.
func used(p *twin.Place) []string {
	set := map[string]bool{}
	for i := range p.Claims {
		c := &p.Claims[i]
		if !c.To.IsZero() || c.Workload.Replicas == 0 {
			continue
		}
		for n := range c.Workload.Containers {
			if ref := c.Workload.Containers[n].Image; ref.Name != "" {
				set[ref.String()] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(set))
}

// dockerHub is the registry that names without one mean, as people write it.
const dockerHub = "docker.io"

// HostOf is the registry of an image, "" where the reference names none that
// could be asked.
func HostOf(image string) string {
	ref, err := name.ParseReference(image, name.WeakValidation)
	if err != nil {
		return ""
	}
	return hostName(ref.Context().RegistryStr())
}

// hostName is a registry as people write it.
func hostName(registry string) string {
	if registry == name.DefaultRegistry {
		return dockerHub
	}
	return registry
}
