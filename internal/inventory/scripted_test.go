package inventory

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestScripted(t *testing.T) {
	t.Parallel()
	const gem = "# -*- encoding: utf-8 -*-\nGem::Specification.new do |s|\n  s.name = \"rake\".freeze\n  s.version = \"13.0.6\"\n  s.version = \"9\"\nend\n"
	for _, c := range []struct {
		path, data string
		want       []string
	}{
		{"usr/lib/ruby/gems/3.1.0/specifications/rake-13.0.6.gemspec", gem, []string{"pkg:gem/rake@13.0.6"}},
		{"usr/lib/ruby/specifications/x.gemspec", "s.name = NAME\n", nil},
		{"srv/vendor/composer/installed.json", `{"packages":[{"name":"Symfony/Http-Kernel","version":"v5.0.0"},{"name":""}]}`, []string{"pkg:composer/symfony/http-kernel@v5.0.0"}},
		{"srv/vendor/composer/installed.json", ` [{"name":"a/b","version":"1.0"}]`, []string{"pkg:composer/a/b@1.0"}},
		{"srv/app/app.deps.json", `{"libraries":{"app/1.0.0":{"type":"project"},"Newtonsoft.Json/13.0.3":{"type":"package"},"odd":{"type":"package"}}}`, []string{"pkg:nuget/Newtonsoft.Json@13.0.3"}},
	} {
		read := scripted(c.path)
		if read == nil {
			t.Fatalf("%s is not read", c.path)
		}
		list, err := read(t.Context(), input{path: c.path, data: []byte(c.data)})
		if err != nil {
			t.Errorf("%s: %v", c.path, err)
		}
		var got []string
		for _, x := range list {
			got = append(got, x.Purl)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.path, diff)
		}
	}
	for _, name := range []string{"srv/rake.gemspec", "srv/installed.json", "srv/deps.json"} {
		if scripted(name) != nil {
			t.Errorf("%s is read", name)
		}
	}
	for _, name := range []string{"a/specifications/x.gemspec", "v/composer/installed.json", "a.deps.json"} {
		list, _ := scripted(name)(t.Context(), input{path: name, data: []byte("{")})
		if len(list) > 0 {
			t.Errorf("%s: %v of what is broken", name, list)
		}
	}
}

// FuzzScripted: no bytes end the program, and nothing without a name comes of them.
func FuzzScripted(f *testing.F) {
	f.Add("a/specifications/x.gemspec", []byte("s.name = 'a'\ns.version = '1'\n"))
	f.Add("v/composer/installed.json", []byte(`{"packages":[{"name":"a/b","version":"1"}]}`))
	f.Add("a.deps.json", []byte(`{"libraries":{"a/1":{"type":"package"}}}`))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		read := scripted(name)
		if read == nil {
			return
		}
		list, _ := read(t.Context(), input{path: name, data: data})
		for _, c := range list {
			if c.Name == "" {
				t.Errorf("%+v", c)
			}
		}
	})
}
