package match

import (
	"strings"

	"github.com/google/osv-scalibr/semantic"
)

// julia names the order of Julia's packages. The library compares them as
// semantic versions, in which what follows "+" does not count. Julia's do count
// it: packages of binaries are built anew under the same version, and nearly
// every record of theirs is fixed in "1.2.13+1", not in 1.2.13.
const julia = "Julia"

// juliaVersion is a semantic version, and the build of it.
type juliaVersion struct {
	semantic.Version
	build semantic.Version // nil: none
}

func parseJulia(text string) (semantic.Version, error) {
	base, build, built := strings.Cut(text, "+")
	v, err := semantic.Parse(base, semver)
	if err != nil {
		return nil, err
	}
	if !built {
		return juliaVersion{v, nil}, nil
	}
	// Parts of a build are ordered as those of a pre-release are.
	b, err := semantic.Parse("0-"+build, semver)
	return juliaVersion{v, b}, err
}

// Compare implements semantic.Version.
func (v juliaVersion) Compare(other semantic.Version) (int, error) {
	w, ok := other.(juliaVersion)
	if !ok {
		return 0, semantic.ErrNotSameEcosystem
	}
	c, err := v.Version.Compare(w.Version)
	switch {
	case err != nil || c != 0:
		return c, err
	case v.build == nil && w.build == nil:
		return 0, nil
	case v.build == nil:
		return -1, nil
	case w.build == nil:
		return 1, nil
	}
	return v.build.Compare(w.build)
}

// CompareStr implements semantic.Version.
func (v juliaVersion) CompareStr(text string) (int, error) {
	w, err := parseJulia(text)
	if err != nil {
		return 0, err
	}
	return v.Compare(w)
}
