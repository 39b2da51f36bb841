package host

import (
	"slices"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/api"
)

// A library of .NET that is mapped is loaded; of what interpreters read and close
// again nothing is said to be not loaded.
func TestRubyPHPAndDotNet(t *testing.T) {
	t.Parallel()
	m, out := newMachine(t), newHeard()
	m.file("srv/net/app.deps.json", `{"libraries":{"Newtonsoft.Json/13.0.3":{"type":"package"},"Serilog/3.1.1":{"type":"package"}}}`)
	m.file("usr/lib/ruby/gems/3.1.0/specifications/rake-13.0.6.gemspec", "Gem::Specification.new do |s|\n  s.name = \"rake\".freeze\n  s.version = \"13.0.6\"\nend\n")
	m.file("srv/php/vendor/composer/installed.json", `{"packages":[{"name":"symfony/yaml","version":"v6.4.0"}]}`)
	m.process(50, "dotnet", 0, "/usr/bin/dotnet", []string{"/srv/net/Newtonsoft.Json.dll"}, nil)
	sampled(t, m.agent(out))
	got := spec[api.SeenLoaded](t, out.items, loadedSubject)
	if !slices.ContainsFunc(got.Loaded, func(p api.SeenPart) bool { return p.Purl == "pkg:nuget/Newtonsoft.Json@13.0.3" && p.How == howMapped }) {
		t.Errorf("loaded %+v", got.Loaded)
	}
	unknown := map[string]bool{}
	for _, gap := range got.Unknown {
		for prefix, names := range gap.Parts {
			for _, name := range names {
				unknown[prefix+"/"+name] = gap.Reason == whyScript
			}
		}
	}
	for _, key := range []string{"pkg:nuget/Serilog@3.1.1", "pkg:gem/rake@13.0.6", "pkg:composer/symfony/yaml@v6.4.0"} {
		if !unknown[key] {
			t.Errorf("%s: %v", key, unknown)
		}
	}
	for prefix := range got.NotSeen {
		if strings.HasPrefix(prefix, "pkg:gem") || strings.HasPrefix(prefix, "pkg:composer") || strings.HasPrefix(prefix, "pkg:nuget") {
			t.Errorf("not seen loaded: %s", prefix)
		}
	}
}
