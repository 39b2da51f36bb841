package inventory

import (
	"bufio"
	"bytes"
	"strings"
)

// distro is the distribution that an etc/os-release names.
type distro struct {
	id, version, code string
}

// osReleases are the paths of the file that names a distribution, best first.
func osReleases() []string { return []string{"etc/os-release", "usr/lib/os-release"} }

// parseDistro reads an os-release: KEY=value lines in the syntax of a shell.
// What is no such line is passed over, as the format asks.
func parseDistro(data []byte) distro {
	var d distro
	for s := bufio.NewScanner(bytes.NewReader(data)); s.Scan(); {
		key, value, ok := strings.Cut(strings.TrimSpace(s.Text()), "=")
		if !ok {
			continue
		}
		value = strings.Trim(strings.TrimSpace(value), `"'`)
		switch key {
		case "ID":
			d.id = strings.ToLower(value)
		case "VERSION_ID":
			d.version = value
		case "VERSION_CODENAME":
			d.code = value
		}
	}
	return d
}

// namespace is the distribution in a package URL; its default is what the
// package manager is nearly always of.
func (d distro) namespace(byDefault string) string {
	if d.id == "" {
		return byDefault
	}
	if d.id == "rhel" {
		return "redhat"
	}
	return d.id
}

// qualifier is the distribution's release in a package URL: "debian-12".
func (d distro) qualifier() qualifier {
	release := d.version
	if release == "" {
		release = d.code
	}
	if d.id == "" || release == "" {
		return qualifier{}
	}
	return qualifier{"distro", d.id + "-" + release}
}

// String names the distribution to people.
func (d distro) String() string { return strings.TrimSpace(d.id + " " + d.version) }
