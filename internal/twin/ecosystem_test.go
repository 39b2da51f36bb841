package twin_test

import (
	"testing"

	"github.com/tidemark/tidemark/internal/twin"
)

func TestEcosystemOf(t *testing.T) {
	t.Parallel()
	tests := []struct {
		typ, namespace, want string
	}{
		{"npm", "", "npm"},
		{"npm", "@angular", "npm"},
		{"NPM", "", "npm"},
		{"pypi", "", "PyPI"},
		{"golang", "github.com/gin-gonic", "Go"},
		{"maven", "org.apache.commons", "Maven"},
		{"nuget", "", "NuGet"},
		{"cargo", "", "crates.io"},
		{"gem", "", "RubyGems"},
		{"composer", "symfony", "Packagist"},
		{"hex", "", "Hex"},
		{"pub", "", "Pub"},
		{"cran", "", "CRAN"},
		{"bioconductor", "", "Bioconductor"},
		{"hackage", "", "Hackage"},
		{"conan", "", "ConanCenter"},
		{"swift", "github.com/apple", "SwiftURL"},
		{"julia", "", "Julia"},
		{"opam", "", "opam"},
		{"bitnami", "", "Bitnami"},
		{"k8s", "k8s.io", "Kubernetes"},
		{"github", "actions", "GitHub Actions"},
		{"githubactions", "actions", "GitHub Actions"},
		{"vscode-extension", "ms-python", "VSCode"},
		{"deb", "debian", "Debian"},
		{"deb", "Ubuntu", "Ubuntu"},
		{"deb", "echo", "Echo"},
		{"apk", "alpine", "Alpine"},
		{"apk", "wolfi", "Wolfi"},
		{"apk", "chainguard", "Chainguard"},
		{"apk", "minimos", "MinimOS"},
		{"apk", "alpaquita", "Alpaquita"},
		{"apk", "bellsoft-hardened-containers", "BellSoft Hardened Containers"},
		{"alpine", "", "Alpine"},
		{"alpine", "alpine", "Alpine"},
		{"rpm", "almalinux", "AlmaLinux"},
		{"rpm", "rocky", "Rocky Linux"},
		{"rpm", "rocky-linux", "Rocky Linux"},
		{"rpm", "redhat", "Red Hat"},
		{"rpm", "rhel", "Red Hat"},
		{"rpm", "opensuse", "openSUSE"},
		{"rpm", "opensuse-leap", "openSUSE"},
		{"rpm", "suse", "SUSE"},
		{"rpm", "sles", "SUSE"},
		{"rpm", "mageia", "Mageia"},
		{"rpm", "openeuler", "openEuler"},
		{"rpm", "azurelinux", "Azure Linux"},
		{"rpm", "photon", "Photon OS"},
		{"rpm", "cbl-mariner", "Azure Linux"},
		{"rpm", "slem", "SUSE"},
		// What OSV has no ecosystem for cannot be decided.
		{"rpm", "fedora", ""},
		{"rpm", "", ""},
		{"deb", "", ""},
		{"apk", "", ""},
		{"alpm", "arch", ""},
		{"generic", "", ""},
		{"docker", "library", ""},
		{"oci", "", ""},
		{"", "", ""},
	}
	for _, tt := range tests {
		got, ok := twin.EcosystemOf(tt.typ, tt.namespace)
		if got != tt.want || ok != (tt.want != "") {
			t.Errorf("EcosystemOf(%q, %q) = %q, %v; want %q", tt.typ, tt.namespace, got, ok, tt.want)
		}
	}
}
