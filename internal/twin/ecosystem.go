package twin

import "strings"

// EcosystemOf says in which OSV ecosystem the advisories of a package URL
// stand: purlType is its type, namespace what lies between type and name (only
// the distributions need it). Letter case does not matter. The ecosystem is
// without a release: "Debian", not "Debian:11", which comes from the purl's
// qualifiers.
//
// It answers false where OSV has no ecosystem for the package (an Arch or
// Fedora package, an image, a generic download): such a component is not
// clean, it cannot be decided.
//
// Syft wrote "pkg:alpine/NAME" for what is now "pkg:apk/alpine/NAME"; both are
// Alpine. A "pkg:github" names an action in the SBOMs of our time, so its
// advisories are those of GitHub Actions.
func EcosystemOf(purlType, namespace string) (ecosystem string, ok bool) {
	typ := strings.ToLower(purlType)
	switch typ {
	case "deb":
		ecosystem = debEcosystem(strings.ToLower(namespace))
	case "apk":
		ecosystem = apkEcosystem(strings.ToLower(namespace))
	case "rpm":
		ecosystem = rpmEcosystem(strings.ToLower(namespace))
	default:
		ecosystem = languageEcosystem(typ)
	}
	return ecosystem, ecosystem != ""
}

// languageEcosystem knows the types that name one ecosystem by themselves.
func languageEcosystem(typ string) string {
	switch typ {
	case "npm":
		return "npm"
	case "pypi":
		return "PyPI"
	case "golang":
		return "Go"
	case "maven":
		return "Maven"
	case "nuget":
		return "NuGet"
	case "cargo":
		return "crates.io"
	case "gem":
		return "RubyGems"
	case "composer":
		return "Packagist"
	case "hex":
		return "Hex"
	case "pub":
		return "Pub"
	}
	return rarerEcosystem(typ)
}

func rarerEcosystem(typ string) string {
	switch typ {
	case "cran":
		return "CRAN"
	case "bioconductor":
		return "Bioconductor"
	case "hackage":
		return "Hackage"
	case "conan":
		return "ConanCenter"
	case "swift":
		return "SwiftURL"
	case "julia":
		return "Julia"
	case "opam":
		return "opam"
	case "bitnami":
		return "Bitnami"
	case "alpine":
		return "Alpine"
	case "k8s":
		return "Kubernetes"
	case "github", "githubactions":
		return "GitHub Actions"
	case "vscode", "vscode-extension":
		return "VSCode"
	}
	return ""
}

func debEcosystem(namespace string) string {
	switch namespace {
	case "debian":
		return "Debian"
	case "ubuntu":
		return "Ubuntu"
	case "echo":
		return "Echo"
	}
	return ""
}

func apkEcosystem(namespace string) string {
	switch namespace {
	case "alpine":
		return "Alpine"
	case "wolfi":
		return "Wolfi"
	case "chainguard":
		return "Chainguard"
	case "minimos":
		return "MinimOS"
	case "alpaquita":
		return "Alpaquita"
	case "bellsoft-hardened-containers":
		return "BellSoft Hardened Containers"
	}
	return ""
}

func rpmEcosystem(namespace string) string {
	switch namespace {
	case "almalinux", "alma":
		return "AlmaLinux"
	case "rocky", "rockylinux", "rocky-linux":
		return "Rocky Linux"
	case "redhat", "rhel":
		return "Red Hat"
	case "opensuse", "opensuse-leap", "opensuse-tumbleweed", "opensuse.leap", "opensuse.tumbleweed":
		return "openSUSE"
	case "suse", "sles", "sled", "sle_hpc", "sle-micro", "sl-micro", "slem", "suse linux enterprise server",
		"suse linux enterprise micro":
		return "SUSE"
	case "mageia":
		return "Mageia"
	case "openeuler":
		return "openEuler"
	case "azurelinux", "azure-linux", "mariner", "cbl-mariner":
		return "Azure Linux"
	case "photon":
		return "Photon OS"
	}
	return ""
}
