package sbom

// relations are what an SPDX document says of its packages among each other.
type relations struct {
	document  string         // the document's own id
	byRef     map[string]int // packages by id; the document is subject
	described []int          // packages that the document describes, each once
	known     map[int]bool   // those in described
	links     []edge         // between packages
	dangling  int            // ends of dependencies that are no package
}

// index is called before the first relation, when all packages are known.
func (r *relations) index(packages []spdxPackage) {
	if r.byRef != nil {
		return
	}
	if r.document == "" {
		r.document = spdxDocument
	}
	r.byRef = make(map[string]int, len(packages)+1)
	r.byRef[r.document] = subject
	for i, p := range packages {
		if _, taken := r.byRef[p.Ref]; !taken {
			r.byRef[p.Ref] = i
		}
	}
}

func (r *relations) describes(id []byte) {
	i, ok := r.byRef[string(id)]
	if !ok || i == subject || r.known[i] {
		return
	}
	if r.known == nil {
		r.known = make(map[int]bool)
	}
	r.known[i] = true
	r.described = append(r.described, i)
}

// relate keeps the relationships that say what a package is made of or needs.
func (r *relations) relate(kind string, from, to []byte) {
	switch kind {
	case "DESCRIBES":
		if string(from) == r.document {
			r.describes(to)
		}
	case "DESCRIBED_BY":
		if string(to) == r.document {
			r.describes(from)
		}
	case "CONTAINS":
		r.contains(from, to)
	case "CONTAINED_BY":
		r.contains(to, from)
	case "DEPENDS_ON", "DYNAMIC_LINK", "STATIC_LINK":
		r.depends(from, to)
	case "DEPENDENCY_OF", "BUILD_DEPENDENCY_OF", "DEV_DEPENDENCY_OF", "OPTIONAL_DEPENDENCY_OF",
		"PROVIDED_DEPENDENCY_OF", "RUNTIME_DEPENDENCY_OF", "TEST_DEPENDENCY_OF":
		r.depends(to, from)
	}
}

// contains links packages only: a package contains files by the thousand.
func (r *relations) contains(from, to []byte) {
	f, ok := r.byRef[string(from)]
	t, also := r.byRef[string(to)]
	if ok && also && t != subject {
		r.links = append(r.links, edge{f, t})
	}
}

func (r *relations) depends(from, to []byte) {
	f, ok := r.end(from)
	t, also := r.end(to)
	if ok && also && t != subject {
		r.links = append(r.links, edge{f, t})
	}
}

// end finds the package at one end of a dependency, and counts an end that is
// no package, unless the document says there by "NONE" that there is none.
func (r *relations) end(id []byte) (int, bool) {
	i, ok := r.byRef[string(id)]
	if !ok && !unsaid(string(id)) {
		r.dangling++
	}
	return i, ok
}
