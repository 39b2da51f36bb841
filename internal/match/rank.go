package match

import "strings"

// Ranks of a record's origin, best first.
const (
	rankOwn = iota
	rankMalicious
	rankGHSA
	rankCVE
	rankOther
)

func rank(ecosystem, id string) int {
	for _, prefix := range ownPrefixes(ecosystem) {
		if strings.HasPrefix(id, prefix) {
			return rankOwn
		}
	}
	switch {
	case strings.HasPrefix(id, "MAL-"):
		return rankMalicious
	case strings.HasPrefix(id, "GHSA-"):
		return rankGHSA
	case strings.HasPrefix(id, "CVE-"):
		return rankCVE
	}
	return rankOther
}

// ownPrefixes returns the ids by which an ecosystem's own database is known.
func ownPrefixes(ecosystem string) []string {
	switch ecosystem {
	case "Go":
		return []string{"GO-"}
	case "PyPI":
		return []string{"PYSEC-", "PSF-"}
	case "crates.io":
		return []string{"RUSTSEC-"}
	case "Packagist":
		return []string{"DRUPAL-"}
	case "Hackage", "GHC":
		return []string{"HSEC-"}
	case "CRAN", "Bioconductor":
		return []string{"RSEC-"}
	case "Julia":
		return []string{"JLSEC-"}
	case "Hex":
		return []string{"EEF-"}
	case "Bitnami":
		return []string{"BIT-"}
	}
	return distroPrefixes(ecosystem)
}

func distroPrefixes(ecosystem string) []string {
	switch ecosystem {
	case "Debian":
		return []string{"DSA-", "DLA-", "DTSA-", "DEBIAN-"}
	case "Ubuntu":
		return []string{"USN-", "LSN-", "UBUNTU-"}
	case "Alpine":
		return []string{"ALPINE-"}
	case "AlmaLinux":
		return []string{"ALSA-", "ALBA-", "ALEA-"}
	case "Rocky Linux":
		return []string{"RLSA-", "RXSA-"}
	case "Red Hat":
		return []string{"RHSA-", "RHBA-", "RHEA-"}
	case "SUSE", "openSUSE":
		return []string{"SUSE-", "openSUSE-"}
	}
	return rarerPrefixes(ecosystem)
}

func rarerPrefixes(ecosystem string) []string {
	switch ecosystem {
	case "Mageia":
		return []string{"MGASA-"}
	case "openEuler":
		return []string{"OESA-"}
	case "Photon OS":
		return []string{"PHSA-"}
	case "Azure Linux":
		return []string{"AZL-"}
	case "Chainguard", "Wolfi":
		return []string{"CGA-"}
	case "MinimOS":
		return []string{"MINI-"}
	case "Echo":
		return []string{"ECHO-"}
	case "Alpaquita", "BellSoft Hardened Containers":
		return []string{"BELL-"}
	}
	return nil
}
