package inventory

import (
	"context"
	"strconv"
	"strings"

	"github.com/google/osv-scalibr/extractor"
	"github.com/google/osv-scalibr/extractor/filesystem/os/apk"
	apkmeta "github.com/google/osv-scalibr/extractor/filesystem/os/apk/metadata"
	"github.com/google/osv-scalibr/extractor/filesystem/os/dpkg"
	dpkgmeta "github.com/google/osv-scalibr/extractor/filesystem/os/dpkg/metadata"

	"github.com/tidemark/tidemark/internal/inventory/rpm"
	"github.com/tidemark/tidemark/internal/twin"
)

// Where package managers of distributions keep what is installed.
const (
	dpkgStatus  = "var/lib/dpkg/status"
	dpkgStatusD = "var/lib/dpkg/status.d/" // one file for each package, in images without dpkg
	apkOld      = "lib/apk/db/installed"
	apkNew      = "usr/lib/apk/db/installed"
)

// rpmDatabases are the places of RPM's databases, in each of which it may have
// one of three kinds.
func rpmDatabases() (paths []string) {
	for _, dir := range []string{"var/lib/rpm/", "usr/lib/sysimage/rpm/", "usr/share/rpm/"} {
		paths = append(paths, dir+"Packages", dir+"Packages.db", dir+"rpmdb.sqlite")
	}
	return paths
}

// databaseReaders are the databases of distributions.
func databaseReaders() []reader {
	return []reader{
		{"dpkg", Database, isDpkg, readDpkg},
		{"apk", Database, at(apkOld, apkNew), readApk},
		{"rpm", Database, at(rpmDatabases()...), readRPM},
	}
}

func isDpkg(name string) bool {
	if at(dpkgStatus)(name) {
		return true
	}
	i := strings.Index("/"+name, "/"+dpkgStatusD)
	return i >= 0 && !strings.HasSuffix(name, ".md5sums") && !strings.Contains(name[i+len(dpkgStatusD):], "/")
}

// systemFolders are those below a system's root in which its databases are.
func systemFolders() []string { return []string{"var/lib/", "usr/lib/", "usr/share/rpm/", "lib/apk/"} }

// inSystem is a database's path under the root of its system.
func inSystem(name string) string {
	for _, folder := range systemFolders() {
		if i := strings.LastIndex("/"+name, "/"+folder); i >= 0 {
			return name[i:]
		}
	}
	return base(name)
}

// distroOf reads the os-release of the system that a database is of.
func distroOf(in input) distro {
	root := strings.TrimSuffix(in.path, inSystem(in.path))
	for _, name := range osReleases() {
		if data, err := readFrom(in.tree, root+name); err == nil {
			return parseDistro(data)
		}
	}
	return distro{}
}

// readDpkg names the source package as the advisories do.
func readDpkg(ctx context.Context, in input) ([]twin.Component, error) {
	d := distroOf(in)
	if !strings.Contains(in.path, dpkgStatusD) {
		in.path = dpkgStatus
	}
	return system(ctx, dpkg.New, in, func(p *extractor.Package) (c twin.Component) {
		m, ok := p.Metadata.(*dpkgmeta.Metadata)
		if !ok {
			return c
		}
		upstream := m.SourceName
		if upstream != "" && m.SourceVersion != "" {
			upstream += "@" + m.SourceVersion
		}
		return component("deb", d.namespace("debian")+"/"+p.Name, p.Version,
			qualifier{"arch", m.Architecture}, d.qualifier(), qualifier{"upstream", upstream})
	})
}

// readApk names the origin, which is what Alpine calls the source package.
func readApk(ctx context.Context, in input) ([]twin.Component, error) {
	d := distroOf(in)
	return system(ctx, apk.New, in, func(p *extractor.Package) (c twin.Component) {
		m, ok := p.Metadata.(*apkmeta.Metadata)
		if !ok {
			return c
		}
		upstream := m.OriginName
		if upstream == p.Name {
			upstream = ""
		}
		return component("apk", d.namespace("alpine")+"/"+p.Name, p.Version,
			qualifier{"arch", m.Architecture}, d.qualifier(), qualifier{"upstream", upstream})
	})
}

// readRPM names the source by its file, as the advisories' tools do.
func readRPM(_ context.Context, in input) ([]twin.Component, error) {
	list, err := rpm.Read(in.data)
	if err != nil {
		return nil, err
	}
	d := distroOf(in)
	out := make([]twin.Component, 0, len(list))
	for _, p := range list {
		version, epoch := p.Version, ""
		if p.Release != "" {
			version += "-" + p.Release
		}
		if p.Epoch != 0 {
			epoch = strconv.FormatUint(uint64(p.Epoch), 10)
		}
		out = append(out, component("rpm", d.namespace("redhat")+"/"+p.Name, version,
			qualifier{"arch", p.Arch}, d.qualifier(), qualifier{"epoch", epoch}, qualifier{"upstream", p.Source}))
	}
	return sorted(out), nil
}

// system reads a database. The library looks for the distribution by itself,
// at the root only and aloud; it is given one that it finds.
func system(ctx context.Context, from newExtractor, in input, of func(*extractor.Package) twin.Component) ([]twin.Component, error) {
	in.tree = memory{"etc": nil, "etc/os-release": []byte("ID=linux\nVERSION_ID=0\n")}
	pkgs, err := extracted(ctx, from, in, false)
	if err != nil {
		return nil, err
	}
	out := make([]twin.Component, 0, len(pkgs))
	for _, p := range pkgs {
		if c := of(p); c.Name != "" {
			out = append(out, c)
		}
	}
	return sorted(out), nil
}
