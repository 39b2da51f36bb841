package inventory

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/google/osv-scalibr/extractor"
	"github.com/google/osv-scalibr/extractor/filesystem/language/dotnet/packageslockjson"
	"github.com/google/osv-scalibr/extractor/filesystem/language/golang/gomod"
	"github.com/google/osv-scalibr/extractor/filesystem/language/java/gradlelockfile"
	"github.com/google/osv-scalibr/extractor/filesystem/language/javascript/pnpmlock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/javascript/yarnlock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/python/poetrylock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/python/requirements"
	"github.com/google/osv-scalibr/extractor/filesystem/language/python/uvlock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/ruby/gemfilelock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/rust/cargolock"

	"github.com/tidemark/tidemark/internal/hostile"
	"github.com/tidemark/tidemark/internal/twin"
)

// lockReaders are the lock files and databases that are read outside images.
func lockReaders() []reader {
	lock := func(name string, wants func(string) bool, read func(context.Context, input) ([]twin.Component, error)) reader {
		return reader{name, LockFile, wants, read}
	}
	return append([]reader{
		lock("go.mod", named("go.mod"), library(gomod.New, goPackage)),
		lock("package-lock.json", named("package-lock.json", "npm-shrinkwrap.json"), checked(readPackageLock)),
		lock("yarn.lock", named("yarn.lock"), library(yarnlock.New, npmPackage)),
		lock("pnpm-lock.yaml", named("pnpm-lock.yaml"), library(pnpmlock.New, npmPackage)),
		lock("requirements.txt", isRequirements, library(requirements.New, requirement)),
		lock("poetry.lock", named("poetry.lock"), library(poetrylock.New, pythonPackage)),
		lock("uv.lock", named("uv.lock"), library(uvlock.New, pythonPackage)),
		lock("Pipfile.lock", named("Pipfile.lock"), checked(readPipfile)),
		lock("gradle.lockfile", named("gradle.lockfile", "buildscript-gradle.lockfile"), library(gradlelockfile.New, mavenPackage)),
		lock("pom.xml", named("pom.xml"), readPOM),
		lock("Cargo.lock", named("Cargo.lock"), library(cargolock.New, plainPackage("cargo"))),
		lock("Gemfile.lock", named("Gemfile.lock", "gems.locked"), library(gemfilelock.New, plainPackage("gem"))),
		lock("composer.lock", named("composer.lock"), checked(readComposer)),
		lock("packages.lock.json", named("packages.lock.json"), checked(library(packageslockjson.New, plainPackage("nuget")))),
		lock("csproj", isProject, readProject),
	}, databaseReaders()...)
}

// jsonDepth is how deep a lock file may nest: version 1 of package-lock.json
// nests what it installs.
const jsonDepth = 1000

// checked looks a JSON document over before a reader decodes it.
func checked(read func(context.Context, input) ([]twin.Component, error)) func(context.Context, input) ([]twin.Component, error) {
	return func(ctx context.Context, in input) ([]twin.Component, error) {
		if err := hostile.CheckJSON(in.data, hostile.Limits{Depth: jsonDepth}); err != nil {
			return nil, err
		}
		return read(ctx, in)
	}
}

func isRequirements(name string) bool {
	return path.Ext(name) == ".txt" && strings.Contains(base(name), "requirements")
}

func isProject(name string) bool {
	return slices.Contains([]string{".csproj", ".fsproj", ".vbproj"}, path.Ext(name))
}

// goPackage: the library drops the "v" of versions; records do as well. The
// standard library has two names. A program that was built of a working copy
// has no version.
func goPackage(p *extractor.Package) twin.Component {
	if p.Version == "(devel)" {
		p.Version = ""
	}
	if p.Name == "go" {
		return component("golang", "stdlib", p.Version)
	}
	if p.Version != "" && p.Name != "stdlib" && p.Version[0] >= '0' && p.Version[0] <= '9' {
		return component("golang", p.Name, "v"+p.Version)
	}
	return component("golang", p.Name, p.Version)
}

// npmPackage: what comes from a repository is in no registry's version order;
// it stays without a version, and so undecided.
func npmPackage(p *extractor.Package) twin.Component {
	return component("npm", p.Name, registryVersion(p))
}

func registryVersion(p *extractor.Package) string {
	if p.SourceCode != nil && p.SourceCode.Commit != "" {
		return ""
	}
	return p.Version
}

func pythonPackage(p *extractor.Package) twin.Component { return pypi(p.Name, p.Version) }

// requirement has a version only where one is pinned: ">=2" does not say what
// was installed.
func requirement(p *extractor.Package) twin.Component {
	m, ok := p.Metadata.(*requirements.Metadata)
	if !ok || m.VersionComparator != "==" && m.VersionComparator != "===" {
		return pypi(p.Name, "")
	}
	return pypi(p.Name, p.Version)
}

func mavenPackage(p *extractor.Package) twin.Component {
	return component("maven", strings.Replace(p.Name, ":", "/", 1), p.Version)
}

// plainPackage is of an ecosystem whose names have no parts.
func plainPackage(typ string) func(*extractor.Package) twin.Component {
	return func(p *extractor.Package) twin.Component { return component(typ, p.Name, p.Version) }
}
