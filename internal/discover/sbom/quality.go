package sbom

import (
	"fmt"

	packageurl "github.com/package-url/packageurl-go"

	"github.com/tidemark/tidemark/internal/twin"
)

// fillVersion takes the version from the package URL where the document gives
// it nowhere else.
func fillVersion(c *twin.Component) {
	if c.Version != "" || c.Purl == "" {
		return
	}
	if p, err := twin.ParsePurl(c.Purl); err == nil {
		c.Version = p.Version
	}
}

// assess counts and lists what keeps components from being matched. A component
// has at most one issue, the one that comes first: without a package URL its
// version does not matter.
func assess(components []twin.Component) twin.Quality {
	q := twin.Quality{Components: len(components)}
	seen := make(map[string]struct{}, len(components))
	for i, c := range components {
		label := labelOf(c, i)
		if c.Version == "" {
			q.NoVersion++
		}
		if issue, found := check(c, &q); found {
			issue.Component = label
			q.Issues = append(q.Issues, issue)
		}
		if c.Purl == "" && c.Name == "" {
			continue
		}
		key := identityOf(c)
		if _, known := seen[key]; known {
			q.Duplicates++
			q.Repeats = append(q.Repeats, label)
		}
		seen[key] = struct{}{}
	}
	return q
}

// check looks at one component's package URL and version.
func check(c twin.Component, q *twin.Quality) (twin.Issue, bool) {
	if c.Purl == "" {
		q.NoPurl++
		return twin.Issue{Reason: twin.NoPurl}, true
	}
	purl, err := twin.ParsePurl(c.Purl)
	if err != nil {
		q.BadPurl++
		return twin.Issue{Reason: twin.NoPurl, Detail: shorten("not a package URL: "+err.Error(), 300)}, true
	}
	if _, ok := twin.EcosystemOf(purl.Type, purl.Namespace); !ok {
		q.UnknownEcosystem++
		return twin.Issue{Reason: twin.UnsupportedEcosystem, Detail: typeOf(purl)}, true
	}
	if c.Version == "" {
		return twin.Issue{Reason: twin.NoVersion}, true
	}
	return twin.Issue{}, false
}

// typeOf names what has no ecosystem: the type, for distributions the namespace too.
func typeOf(p packageurl.PackageURL) string {
	switch p.Type {
	case packageurl.TypeRPM, packageurl.TypeDebian, packageurl.TypeApk:
		return "pkg:" + p.Type + "/" + p.Namespace
	}
	return "pkg:" + p.Type
}

// labelOf is how an issue names a component.
func labelOf(c twin.Component, index int) string {
	switch {
	case c.Purl != "":
		return c.Purl
	case c.Name == "":
		return fmt.Sprintf("component %d (without a name)", index+1)
	}
	name := c.Name
	if c.Group != "" {
		name = c.Group + "/" + name
	}
	if c.Version != "" {
		name += "@" + c.Version
	}
	return name
}

// identityOf is what makes two entries the same component.
func identityOf(c twin.Component) string {
	if c.Purl != "" {
		return c.Purl
	}
	return c.Type + "\x00" + c.Group + "\x00" + c.Name + "\x00" + c.Version
}
