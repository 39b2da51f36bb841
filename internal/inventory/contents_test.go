package inventory

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/twin"
)

type files map[string]string

func tarred(t testing.TB, in files) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for name, body := range in {
		if err := w.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Size: int64(len(body)), Mode: 0o755}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zipped(t testing.TB, in files) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, body := range in {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// saved writes a docker archive with these layers, and returns their digests.
func saved(t testing.TB, layers ...files) (path string, ids []string) {
	t.Helper()
	out := files{}
	names := []string{}
	for _, l := range layers {
		data := tarred(t, l)
		sum := sha256.Sum256(data)
		id := hex.EncodeToString(sum[:])
		ids = append(ids, "sha256:"+id)
		names = append(names, id+"/layer.tar")
		out[id+"/layer.tar"] = string(data)
	}
	config, err := json.Marshal(map[string]any{"os": "linux", "architecture": "arm64", "rootfs": map[string]any{"diff_ids": ids}})
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := json.Marshal([]map[string]any{{"Config": "config.json", "RepoTags": []string{"shop:1"}, "Layers": names}})
	if err != nil {
		t.Fatal(err)
	}
	out["config.json"], out["manifest.json"] = string(config), string(manifest)
	path = filepath.Join(t.TempDir(), "shop.tar")
	if err := os.WriteFile(path, tarred(t, out), 0o600); err != nil {
		t.Fatal(err)
	}
	return path, ids
}

const osRelease = "ID=\"debian\"\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n"

func TestReadImage(t *testing.T) {
	t.Parallel()
	inner := zipped(t, files{"META-INF/maven/org.i/inner/pom.properties": "groupId=org.i\nartifactId=inner\nversion=2.0\n"})
	path, ids := saved(t,
		files{
			"etc/os-release":                          osRelease,
			dpkgStatus:                                lockFiles()["root/var/lib/dpkg/status"].text,
			dpkgStatusD + "tzdata":                    "Package: tzdata\nVersion: 2024a-0+deb12u1\nArchitecture: all\n",
			"app/node_modules/gone/package.json":      `{"name":"gone","version":"1.0.0"}`,
			"app/node_modules/@s/kept/package.json":   `{"name":"@s/kept","version":"1.0.0"}`,
			"app/node_modules/@s/kept/x/package.json": `{"type":"module"}`,
			"app/package-lock.json":                   `{}`,
		},
		files{
			"app/node_modules/.wh.gone":                  "",
			"app/node_modules/bad/package.json":          `{"name":`,
			"usr/lib/python3/A_b-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: A_b\nVersion: 1.0\n\ntext",
			"app/shop.jar": zipped(t, files{
				"META-INF/maven/org.o/outer/pom.properties": "#x\ngroupId = org.o\nartifactId = outer\nversion = 1.0\n",
				"BOOT-INF/lib/inner-2.0.jar":                inner, "BOOT-INF/lib/unknown-3.1.jar": zipped(t, files{"a": "b"}),
			}),
			"bin/script":               "#!/bin/sh\n" + strings.Repeat("#", minProgram),
			"var/lib/rpm/rpmdb.sqlite": "no database",
		})
	found, err := ReadImage(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"pkg:npm/%40s/kept@1.0.0",
		"pkg:maven/org.i/inner@2.0", "pkg:maven/org.o/outer@1.0", "",
		"pkg:pypi/a-b@1.0",
		"pkg:deb/debian/libssl3@3.0.11-1~deb12u2?arch=amd64&distro=debian-12&upstream=openssl%403.0.11-1",
		"pkg:deb/debian/tzdata@2024a-0%2Bdeb12u1?arch=all&distro=debian-12",
	}
	slices.Sort(want)
	got := purls(found)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, p := range found.Packages {
		if wantLayer := ids[min(1, strings.Count(p.Path, "shop.jar")+strings.Count(p.Path, "METADATA"))]; p.Layer != wantLayer {
			t.Errorf("%s is of layer %s", p.Path, p.Layer)
		}
		if p.Purl == "" && (p.Name != "unknown" || p.Version != "3.1") {
			t.Errorf("%+v", p)
		}
	}
	if found.Kind != "docker archive" || found.Format != "linux/arm64" || found.Subject != (twin.ArtifactRef{Name: "shop", Tag: "1"}) ||
		len(found.Skipped) != 1 || len(found.Unread) != 1 || len(found.Notes) != 2 {
		t.Errorf("%+v", found)
	}
	if again, err := ReadImage(t.Context(), path); err != nil || cmp.Diff(found, again) != "" {
		t.Errorf("read twice: %v %s", err, cmp.Diff(found, again))
	}
}

// TestProgram reads the Go program that this test is.
func TestProgram(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil || runtime.GOOS != "linux" {
		t.Skip("this test is no ELF program")
	}
	data, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	path, _ := saved(t, files{"usr/bin/shop": string(data)})
	found, err := ReadImage(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	version, _, _ := strings.Cut(strings.TrimPrefix(runtime.Version(), "go"), " ")
	if got := purls(found); !slices.Contains(got, "pkg:golang/stdlib@"+version) || !slices.Contains(got, "pkg:golang/github.com/tidemark/tidemark") {
		t.Error(got)
	}
}

func TestJarRefused(t *testing.T) {
	t.Parallel()
	deep := zipped(t, files{"a": "b"})
	for range maxJarDepth + 2 {
		deep = zipped(t, files{"x.jar": deep})
	}
	tests := map[string]struct{ text, want string }{
		"no_zip": {"PK", "not a valid zip"},
		"deep":   {deep, "nests deeper"},
		"bomb":   {zipped(t, files{"META-INF/maven/a/b/pom.properties": strings.Repeat("\n", maxJarText+1)}), "unpacks to more"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := readJar(t.Context(), input{path: "x.jar", data: []byte(tt.text)}); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

// FuzzInstalled: no bytes of an image end the program.
func FuzzInstalled(f *testing.F) {
	f.Add("a.jar", []byte(zipped(f, files{"META-INF/maven/a/b/pom.properties": "groupId=a\nartifactId=b\nversion=1\n", "c.jar": zipped(f, files{"d": ""})})))
	f.Add("x.dist-info/METADATA", []byte("Name: a\nVersion: 1\n"))
	f.Add("node_modules/a/package.json", []byte(`{"name":"a","version":"1"}`))
	f.Add("bin", []byte("\x7fELF\xff Go buildinf:"))
	f.Add("etc/os-release", []byte(osRelease))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		parseDistro(data)
		in := input{path: name, data: data, tree: memory{}}
		for _, i := range installedReaders() {
			for _, c := range i.made(t.Context(), in).components {
				if c.Name == "" {
					t.Errorf("%+v", c)
				}
			}
		}
	})
}
