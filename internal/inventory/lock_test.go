package inventory

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/fault"
)

// laidOut writes files below a folder.
func laidOut(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// purls lists what was found; a component without a version has none in its purl.
func purls(f Found) []string {
	out := []string{}
	for _, p := range f.Packages {
		out = append(out, p.Purl)
	}
	return out
}

func lockFiles() map[string]struct {
	text string
	want []string
} {
	return map[string]struct {
		text string
		want []string
	}{
		"go.mod": {
			"module a\n\ngo 1.26.3\n\nrequire (\n\tgithub.com/BurntSushi/toml v1.6.0\n\tgolang.org/x/mod v0.1.0 // indirect\n)\n\nreplace golang.org/x/mod => golang.org/x/mod v0.2.0\n",
			[]string{"pkg:golang/github.com/BurntSushi/toml@v1.6.0", "pkg:golang/golang.org/x/mod@v0.2.0", "pkg:golang/stdlib@1.26.3"},
		},
		"v1/package-lock.json": {
			`{"lockfileVersion":1,"dependencies":{"a":{"version":"1.0.0","dependencies":{"@s/b":{"version":"2.0.0"}}},"g":{"version":"git+ssh://git@github.com/o/g.git#0123456789012345678901234567890123456789"}}}`,
			[]string{"pkg:npm/%40s/b@2.0.0", "pkg:npm/a@1.0.0", "pkg:npm/g"},
		},
		"v3/package-lock.json": {
			`{"lockfileVersion":3,"packages":{"":{"name":"r"},"node_modules/a":{"version":"1.0.0"},"node_modules/a/node_modules/@s/b":{"version":"2.0.0"},"node_modules/alias":{"name":"real","version":"3.0.0"},"l":{"link":true}}}`,
			[]string{"pkg:npm/%40s/b@2.0.0", "pkg:npm/a@1.0.0", "pkg:npm/real@3.0.0"},
		},
		"yarn.lock": {
			"# yarn lockfile v1\n\n\"@s/b@^2.0.0\":\n  version \"2.0.0\"\n  resolved \"https://npm.example/@s/b/-/b-2.0.0.tgz\"\n\na@^1.0.0, a@^1.1.0:\n  version \"1.1.0\"\n",
			[]string{"pkg:npm/%40s/b@2.0.0", "pkg:npm/a@1.1.0"},
		},
		"berry/yarn.lock": {
			"__metadata:\n  version: 8\n\n\"a@npm:^1.0.0\":\n  version: 1.1.0\n  resolution: \"a@npm:1.1.0\"\n",
			[]string{"pkg:npm/a@1.1.0"},
		},
		"pnpm-lock.yaml": {
			"lockfileVersion: '9.0'\npackages:\n  a@1.0.0:\n    resolution: {integrity: sha512-x}\n  '@s/b@2.0.0':\n    resolution: {integrity: sha512-x}\n",
			[]string{"pkg:npm/%40s/b@2.0.0", "pkg:npm/a@1.0.0"},
		},
		"requirements.txt": {
			"# pinned\nA_b.C==1.0 --hash=sha256:0\nd>=2.0\ne[x]==3 ; python_version > '3'\nf\n",
			[]string{"pkg:pypi/a-b-c@1.0", "pkg:pypi/d", "pkg:pypi/e@3", "pkg:pypi/f"},
		},
		"poetry.lock":  {"[[package]]\nname = \"a\"\nversion = \"1.0\"\n\n[metadata]\nlock-version = \"2.0\"\n", []string{"pkg:pypi/a@1.0"}},
		"uv.lock":      {"version = 1\n\n[[package]]\nname = \"a\"\nversion = \"1.0\"\nsource = { registry = \"https://pypi.example/simple\" }\n", []string{"pkg:pypi/a@1.0"}},
		"Pipfile.lock": {`{"default":{"a":{"version":"==1.0"}},"develop":{"b":{"version":"==2.0"}}}`, []string{"pkg:pypi/a@1.0", "pkg:pypi/b@2.0"}},
		"gradle.lockfile": {
			"# comment\norg.x:y:1.0=compileClasspath\nempty=\n", []string{"pkg:maven/org.x/y@1.0"},
		},
		"pom.xml": {
			`<project xmlns="http://maven.apache.org/POM/4.0.0"><parent><groupId>org.p</groupId><version>9</version></parent>
<properties><y.version>${z}</y.version><z>1.2</z><loop>${loop}</loop></properties>
<dependencyManagement><dependencies><dependency><groupId>org.m</groupId><artifactId>m</artifactId><version>3</version></dependency></dependencies></dependencyManagement>
<dependencies>
<dependency><groupId>org.x</groupId><artifactId>y</artifactId><version>${y.version}</version></dependency>
<dependency><groupId>org.m</groupId><artifactId>m</artifactId></dependency>
<dependency><groupId>${project.groupId}</groupId><artifactId>own</artifactId><version>${project.version}</version></dependency>
<dependency><groupId>org.r</groupId><artifactId>range</artifactId><version>[1,2)</version></dependency>
<dependency><groupId>org.q</groupId><artifactId>only</artifactId><version>[${z}]</version></dependency>
<dependency><groupId>org.l</groupId><artifactId>loop</artifactId><version>${loop}</version></dependency>
</dependencies></project>`,
			[]string{"pkg:maven/org.l/loop", "pkg:maven/org.m/m@3", "pkg:maven/org.p/own@9", "pkg:maven/org.q/only@1.2", "pkg:maven/org.r/range", "pkg:maven/org.x/y@1.2"},
		},
		"Cargo.lock":    {"version = 3\n\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n", []string{"pkg:cargo/a@1.0.0"}},
		"Gemfile.lock":  {"GEM\n  remote: https://gems.example/\n  specs:\n    a (1.0)\n      b (>= 1)\n    b (2.0)\n\nPLATFORMS\n  ruby\n\nDEPENDENCIES\n  a\n", []string{"pkg:gem/a@1.0", "pkg:gem/b@2.0"}},
		"composer.lock": {`{"packages":[{"name":"Symfony/Http-Kernel","version":"v5.0.0","dist":{"reference":"x.y"}}],"packages-dev":[{"name":"a/b","version":"1.0"}]}`, []string{"pkg:composer/a/b@1.0", "pkg:composer/symfony/http-kernel@v5.0.0"}},
		"packages.lock.json": {
			`{"version":1,"dependencies":{"net8.0":{"A.B":{"type":"Direct","requested":"[1.0.0, )","resolved":"1.0.0"}}}}`, []string{"pkg:nuget/A.B@1.0.0"},
		},
		"shop.csproj": {
			`<Project Sdk="Microsoft.NET.Sdk"><ItemGroup><PackageReference Include="A" Version="1.0"/><PackageReference Include="B"/><PackageReference Include="C"><Version>2.0</Version></PackageReference><PackageReference Include="D" Version="$(V)"/><PackageReference Include="E" Version="[3.3.7]"/><PackageReference Include="F" Version="[1.0,2.0]"/></ItemGroup></Project>`,
			[]string{"pkg:nuget/A@1.0", "pkg:nuget/B", "pkg:nuget/C@2.0", "pkg:nuget/D", "pkg:nuget/E@3.3.7", "pkg:nuget/F"},
		},
		"root/var/lib/dpkg/status": {
			"Package: libssl3\nStatus: install ok installed\nArchitecture: amd64\nSource: openssl (3.0.11-1)\nVersion: 3.0.11-1~deb12u2\n\nPackage: gone\nStatus: deinstall ok config-files\nArchitecture: amd64\nVersion: 1\n",
			[]string{"pkg:deb/debian/libssl3@3.0.11-1~deb12u2?arch=amd64&distro=debian-12&upstream=openssl%403.0.11-1"},
		},
		"root/lib/apk/db/installed": {
			"P:libcrypto3\nV:3.1.4-r5\nA:x86_64\no:openssl\n\nP:musl\nV:1.2.4-r2\nA:x86_64\no:musl\n",
			[]string{"pkg:apk/debian/libcrypto3@3.1.4-r5?arch=x86_64&distro=debian-12&upstream=openssl", "pkg:apk/debian/musl@1.2.4-r2?arch=x86_64&distro=debian-12"},
		},
	}
}

func TestFormats(t *testing.T) {
	t.Parallel()
	files := map[string]string{"root/etc/os-release": "NAME=\"Debian\"\nID=debian\nVERSION_ID=\"12\"\n"}
	for name, f := range lockFiles() {
		files[name] = f.text
	}
	dir := laidOut(t, files)
	for name, f := range lockFiles() {
		t.Run(strings.ReplaceAll(name, "/", "_"), func(t *testing.T) {
			t.Parallel()
			found, err := ReadFile(t.Context(), dir, name)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(f.want, purls(found)); diff != "" {
				t.Error(diff)
			}
			root, rest := Locate(filepath.Join(dir, name))
			alone, err := ReadFile(t.Context(), root, rest)
			if diff := cmp.Diff(f.want, purls(alone)); diff != "" || err != nil {
				t.Errorf("by itself (%s %s): %v %s", root, rest, err, diff)
			}
		})
	}
}

func TestEveryFormatHasATest(t *testing.T) {
	t.Parallel()
	have := map[string]bool{}
	for name := range lockFiles() {
		if r, ok := readerOf(lockReaders(), name); ok {
			have[r.name] = true
		}
	}
	for _, name := range Formats() {
		if !have[name] && name != "rpm" { // its databases are binary, and tested beside their reader
			t.Errorf("%s has no test", name)
		}
	}
}

func TestRefusedFiles(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, file, text, want string }{
		{"long_line", "yarn.lock", "a@1:\n  version \"" + strings.Repeat("1", 70<<10) + "\"\n", "line 2 is longer"},
		{"no_lock", "package-lock.json", `{"packages":[]}`, "cannot unmarshal"},
		{"key_twice", "package-lock.json", `{"packages":{},"packages":{}}`, "appears twice"},
		{"deep_xml", "pom.xml", strings.Repeat("<a>", 300), "nests too deep"},
		{"broken_xml", "a.csproj", "<Project", "EOF"},
		{"broken_toml", "Cargo.lock", "[[package]", "Cargo.lock"},
		{"broken_mod", "go.mod", "require x", "go.mod"},
		{"unknown", "a.lock", "x", "is no lock file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := ReadFile(t.Context(), laidOut(t, map[string]string{tt.file: tt.text}), tt.file)
			if err == nil || !strings.Contains(err.Error(), tt.want) || fault.KindOf(err) != fault.Invalid {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

func TestLook(t *testing.T) {
	t.Parallel()
	dir := laidOut(t, map[string]string{
		"go.mod": "", "web/package-lock.json": "", "web/node_modules/a/package-lock.json": "", "vendor/go.mod": "", ".git/go.mod": "",
		"sbom.json": "", "b.xml": "", "README": "", ".hidden.json": "",
	})
	s, err := Look(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"go.mod", "web/package-lock.json"}, s.Files); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"b.xml", "sbom.json"}, s.Others); diff != "" {
		t.Error(diff)
	}
	if len(s.Skipped) != 3 {
		t.Errorf("%+v", s.Skipped)
	}
}

// TestLinkOutOfAFolder: a lock file that links out of its folder is not read.
func TestLinkOutOfAFolder(t *testing.T) {
	t.Parallel()
	outside := laidOut(t, map[string]string{"secret": "a==1"})
	dir := t.TempDir()
	if err := os.Symlink(filepath.Join(outside, "secret"), filepath.Join(dir, "requirements.txt")); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadFile(t.Context(), dir, "requirements.txt"); err == nil || !strings.Contains(err.Error(), "escapes") {
		t.Errorf("%v, want a refusal", err)
	}
}

func FuzzLockFiles(f *testing.F) {
	for name, l := range lockFiles() {
		f.Add(name, []byte(l.text))
	}
	f.Add("package-lock.json", []byte(`{"dependencies":{"a":{"version":"npm:b"}}}`))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		r, ok := readerOf(lockReaders(), name)
		if !ok {
			return
		}
		first, err := r.read(t.Context(), input{path: name, data: data, tree: memory{}})
		if err != nil {
			return
		}
		again, err := r.read(t.Context(), input{path: name, data: data, tree: memory{}})
		if diff := cmp.Diff(first, again); diff != "" || err != nil {
			t.Errorf("read twice: %v %s", err, diff)
		}
		for _, c := range first {
			if c.Name == "" || !strings.HasPrefix(c.Purl, "pkg:") {
				t.Errorf("%+v has no name", c)
			}
		}
	})
}
