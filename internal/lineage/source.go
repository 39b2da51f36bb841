package lineage

import (
	"slices"
	"strings"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/twin"
)

// SourceKind says what kind of source a name stands for.
func SourceKind(name string, scopes []ctem.Source) string {
	kind, _, found := strings.Cut(name, "/")
	switch kind {
	case "kube", "host", "registry", "github", "gitlab", "ci", "hubble":
		if found {
			return kind
		}
	case "otlp", "hubble-flows":
		return kind
	case twin.SourceSBOM:
		return kind
	}
	if slices.ContainsFunc(scopes, func(s ctem.Source) bool { return s.Class == twin.Observed }) {
		return "deploy"
	}
	return "other"
}

// CanSee says in words what a kind of source can see.
func CanSee(kind string) []string {
	words, ok := map[string][]string{
		"kube":     {"workloads with their images, replicas and accounts", "services, ingresses, gateways and network policies", "names of mounted secrets, never what is in them", "roles and bindings"},
		"host":     {"packages of the machine", "listening sockets and their processes", "containers and their runtimes", "what is loaded at run time"},
		"registry": {"what tags point to", "labels, base images, attached documents of images in use"},
		"github":   {"repositories and CODEOWNERS", "workflow runs", "releases and alerts"},
		"gitlab":   {"repositories and CODEOWNERS", "pipelines", "releases"},
		"ci":       {"runs with their commit, actor and artifacts"},
		"otlp":     {"calls between services that are traced", "databases that they use"},
		"hubble":   {"connections between pods, allowed and refused"},
		"sbom":     {"what artifacts are made of"},
		"deploy":   {"what was deployed where, when it was told"},
	}[kind]
	if !ok {
		return []string{"what it was given"}
	}
	return words
}
