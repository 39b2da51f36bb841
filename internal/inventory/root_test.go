package inventory

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// planted makes a folder with files; what stands below bin may be run.
func planted(t testing.TB, in files) string {
	t.Helper()
	dir := t.TempDir()
	for name, body := range in {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		mode := os.FileMode(0o644)
		if strings.Contains(name, "bin/") {
			mode = 0o755
		}
		if err := os.WriteFile(path, []byte(body), mode); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func dpkgEntry(name, arch, version string) string {
	return fmt.Sprintf("Package: %s\nStatus: install ok installed\nArchitecture: %s\nVersion: %s\nMaintainer: m\nDescription: d\n\n", name, arch, version)
}

func pomOf(artifact, version string) string {
	return "groupId=org.example\nartifactId=" + artifact + "\nversion=" + version + "\n"
}

func system1(t testing.TB) string {
	inner := zipped(t, files{"META-INF/maven/org.example/inner/pom.properties": pomOf("inner", "2.0")})
	return planted(t, files{
		"etc/os-release":                                         "ID=debian\nVERSION_ID=\"12\"\n",
		"var/lib/dpkg/status":                                    dpkgEntry("libssl3", "amd64", "3.0.11") + dpkgEntry("tzdata", "all", "2024a"),
		"var/lib/dpkg/info/libssl3:amd64.list":                   "/.\n/usr/lib/x86_64-linux-gnu/libssl.so.3\n",
		"var/lib/dpkg/info/tzdata.list":                          "/usr/share/zoneinfo/UTC\n",
		"var/lib/dpkg/info/gone.list":                            "/usr/bin/gone\n",
		"opt/app/lib/x-1.0.jar":                                  zipped(t, files{"META-INF/maven/org.example/outer/pom.properties": pomOf("outer", "1.0"), "BOOT-INF/lib/inner.jar": inner}),
		"opt/app/node_modules/qs/package.json":                   `{"name":"qs","version":"6.5.1"}`,
		"srv/py/requests-2.31.0.dist-info/METADATA":              "Metadata-Version: 2.1\nName: requests\nVersion: 2.31.0\n",
		"var/lib/docker/overlay2/x/node_modules/no/package.json": `{"name":"no","version":"1.0.0"}`,
		"srv/broken.jar":                                         "PK no archive",
	})
}

func purlsOf(list []Package) (out []string) {
	for _, p := range list {
		out = append(out, p.Purl+" "+p.Path)
	}
	slices.Sort(out)
	return out
}

func TestReadRootListsWhatIsInstalled(t *testing.T) {
	t.Parallel()
	dir := system1(t)
	passed := 0
	found, err := ReadRoot(t.Context(), Root{
		Dir: dir, Pass: func(context.Context) error { passed++; return nil },
		Skip: func(path string) string {
			if path == "/var/lib/docker" {
				return "containers"
			}
			return ""
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"pkg:deb/debian/libssl3@3.0.11?arch=amd64&distro=debian-12 /var/lib/dpkg/status",
		"pkg:deb/debian/tzdata@2024a?arch=all&distro=debian-12 /var/lib/dpkg/status",
		"pkg:maven/org.example/inner@2.0 /opt/app/lib/x-1.0.jar!/BOOT-INF/lib/inner.jar",
		"pkg:maven/org.example/outer@1.0 /opt/app/lib/x-1.0.jar",
		"pkg:npm/qs@6.5.1 /opt/app/node_modules/qs/package.json",
		"pkg:pypi/requests@2.31.0 /srv/py/requests-2.31.0.dist-info/METADATA",
	}
	if diff := cmp.Diff(want, purlsOf(found.Packages)); diff != "" {
		t.Errorf("packages (-want +got):\n%s", diff)
	}
	if len(found.Unread) != 1 || found.Unread[0].Path != "/srv/broken.jar" {
		t.Errorf("unread %v, want the broken archive", found.Unread)
	}
	if !slices.Contains(found.Skipped, Skipped{"/var/lib/docker", "containers"}) {
		t.Errorf("skipped %v", found.Skipped)
	}
	if passed == 0 {
		t.Error("nobody could wait")
	}
	if found.Format != "debian 12" {
		t.Errorf("system %q", found.Format)
	}
}

func TestReadRootStopsAtItsBound(t *testing.T) {
	t.Parallel()
	found, err := ReadRoot(t.Context(), Root{Dir: system1(t), Entries: 5})
	if err != nil {
		t.Fatal(err)
	}
	if len(found.Unread) != 1 || !strings.Contains(found.Unread[0].Reason, "search ended") {
		t.Errorf("unread %v, want the bound", found.Unread)
	}
}

func TestOwnersAreThePackagesThatBroughtAFile(t *testing.T) {
	t.Parallel()
	dir := system1(t)
	found, err := ReadRoot(t.Context(), Root{Dir: dir, OnlySystem: true})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	if err := Owners(t.Context(), Root{Dir: dir}, found.Packages, func(i int, path string) { got[path] = found.Packages[i].Name }); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"/.": "libssl3", "/usr/lib/x86_64-linux-gnu/libssl.so.3": "libssl3", "/usr/share/zoneinfo/UTC": "tzdata"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("owners (-want +got):\n%s", diff)
	}
}

func TestOwnersInAlpineAndInImagesWithoutDpkg(t *testing.T) {
	t.Parallel()
	dir := planted(t, files{
		"etc/os-release":                           "ID=alpine\nVERSION_ID=3.20\n",
		"lib/apk/db/installed":                     "C:Q1abc=\nP:musl\nV:1.2.5-r0\nA:x86_64\no:musl\nF:lib\nR:ld-musl-x86_64.so.1\nF:usr/lib\nR:x.so\n\n",
		"var/lib/dpkg/status.d/base":               dpkgEntry("base-files", "amd64", "12"),
		"var/lib/dpkg/status.d/base.md5sums":       "abc  usr/lib/none\n",
		"var/lib/dpkg/status.d/base-files.md5sums": "0123  usr/lib/os-release\n",
	})
	found, err := ReadRoot(t.Context(), Root{Dir: dir, OnlySystem: true})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	if err := Owners(t.Context(), Root{Dir: dir}, found.Packages, func(i int, path string) { got[path] = found.Packages[i].Name }); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"/lib/ld-musl-x86_64.so.1": "musl", "/usr/lib/x.so": "musl", "/usr/lib/os-release": "base-files"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("owners (-want +got):\n%s", diff)
	}
}

func TestReadProgramReadsThisTest(t *testing.T) {
	t.Parallel()
	exe, err := os.Executable()
	if err != nil {
		t.Skip(err)
	}
	f, err := os.Open(exe)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	list, err := ReadProgram(t.Context(), exe, Places{f, info.Size()})
	if err != nil {
		t.Fatal(err)
	}
	stdlib := "pkg:golang/stdlib@" + strings.TrimPrefix(runtime.Version(), "go")
	if !slices.ContainsFunc(list, func(p Package) bool { return p.Purl == stdlib && p.Path == exe }) {
		t.Errorf("no %s among %v", stdlib, purlsOf(list))
	}
}
