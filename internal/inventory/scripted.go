package inventory

import (
	"bytes"
	"context"
	"encoding/json"
	"path"
	"regexp"
	"strings"
	"sync"

	"github.com/tidemark/tidemark/internal/hostile"
	"github.com/tidemark/tidemark/internal/twin"
)

// scripted says how a file is read that tells what of Ruby, PHP or .NET is installed;
// nil: it is none.
func scripted(name string) func(context.Context, input) ([]twin.Component, error) {
	switch base := path.Base(name); {
	case strings.HasSuffix(base, ".gemspec") && (strings.Contains(name, "/specifications/") || strings.HasPrefix(name, "specifications/")):
		return readGemspec
	case base == "installed.json" && strings.HasSuffix(path.Dir(name), "/composer"):
		return readComposerInstalled
	case strings.HasSuffix(base, ".deps.json"):
		return readDotNetDeps
	}
	return nil
}

// The lines of an installed gem's specification that say which gem it is. What is
// installed has them as plain texts, as RubyGems writes them.
var gemLine = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?m)^\s*s\.(name|version)\s*=\s*(?:Gem::Version\.new\s*)?\(?["']([A-Za-z0-9._-]{1,200})["']`)
})

func readGemspec(_ context.Context, in input) ([]twin.Component, error) {
	said := map[string]string{}
	for _, m := range gemLine().FindAllSubmatch(in.data, 20) {
		if key := string(m[1]); said[key] == "" {
			said[key] = string(m[2])
		}
	}
	if said["name"] == "" || said["version"] == "" {
		return nil, nil
	}
	return []twin.Component{component("gem", said["name"], said["version"])}, nil
}

// readComposerInstalled reads what Composer notes of what it installed: an object
// with packages, or, of Composer 1, their list.
func readComposerInstalled(_ context.Context, in input) ([]twin.Component, error) {
	if err := hostile.CheckJSON(in.data, hostile.Limits{}); err != nil {
		return nil, err
	}
	type pkg struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	}
	var doc struct {
		Packages []pkg `json:"packages"`
	}
	into := any(&doc)
	if bytes.HasPrefix(bytes.TrimSpace(in.data), []byte("[")) {
		into = &doc.Packages
	}
	if err := json.Unmarshal(in.data, into); err != nil {
		return nil, err
	}
	var out []twin.Component
	for _, p := range doc.Packages {
		out = append(out, component("composer", strings.ToLower(p.Name), p.Version))
	}
	return sorted(withName(out)), nil
}

// readDotNetDeps reads what a .NET program was published with: its packages, and
// not the projects that it is made of.
func readDotNetDeps(_ context.Context, in input) ([]twin.Component, error) {
	data := bytes.TrimPrefix(in.data, []byte("\ufeff"))
	if err := hostile.CheckJSON(data, hostile.Limits{}); err != nil {
		return nil, err
	}
	var doc struct {
		Libraries map[string]struct {
			Type string `json:"type"`
		} `json:"libraries"`
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		return nil, err
	}
	var out []twin.Component
	for key, l := range doc.Libraries {
		name, version, ok := strings.Cut(key, "/")
		if ok && strings.EqualFold(l.Type, "package") && !strings.Contains(version, "/") {
			out = append(out, component("nuget", name, version))
		}
	}
	return sorted(withName(out)), nil
}
