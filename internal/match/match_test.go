package match

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/twin"
)

func TestPackageOf(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		purl string
		want Package
	}{
		"npm":              {"pkg:npm/lodash@4.17.20", Package{Ecosystem: "npm", Name: "lodash", Version: "4.17.20"}},
		"npm_scope":        {"pkg:npm/%40babel/core@7.0.0", Package{Ecosystem: "npm", Name: "@babel/core", Version: "7.0.0"}},
		"npm_scope_plain":  {"pkg:npm/@babel/core@7.0.0", Package{Ecosystem: "npm", Name: "@babel/core", Version: "7.0.0"}},
		"pypi":             {"pkg:pypi/Flask_RESTful@1.0", Package{Ecosystem: "PyPI", Name: "flask-restful", Version: "1.0"}},
		"maven":            {"pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1?type=jar", Package{Ecosystem: "Maven", Name: "org.apache.logging.log4j:log4j-core", Version: "2.14.1"}},
		"go":               {"pkg:golang/github.com/Masterminds/goutils@v1.1.0", Package{Ecosystem: "Go", Name: "github.com/Masterminds/goutils", Version: "v1.1.0"}},
		"go_escaped":       {"pkg:golang/github.com%2FMasterminds%2Fgoutils@v1.1.0#sub", Package{Ecosystem: "Go", Name: "github.com/Masterminds/goutils", Version: "v1.1.0"}},
		"go_incompatible":  {"pkg:golang/github.com/docker/docker@v20.10.7%2Bincompatible", Package{Ecosystem: "Go", Name: "github.com/docker/docker", Version: "v20.10.7+incompatible"}},
		"go_stdlib":        {"pkg:golang/stdlib@1.19", Package{Ecosystem: "Go", Name: "stdlib", Version: "1.19"}},
		"go_std":           {"pkg:golang/std@go1.20rc1", Package{Ecosystem: "Go", Name: "stdlib", Version: "1.20.0-rc.1"}},
		"nuget":            {"pkg:nuget/Newtonsoft.Json@12.0.1", Package{Ecosystem: "NuGet", Name: "Newtonsoft.Json", Version: "12.0.1"}},
		"gem_platform":     {"pkg:gem/nokogiri@1.13.0-x86_64-linux", Package{Ecosystem: "RubyGems", Name: "nokogiri", Version: "1.13.0"}},
		"composer":         {"pkg:composer/Symfony/HTTP-kernel@v5.4.0", Package{Ecosystem: "Packagist", Name: "symfony/http-kernel", Version: "v5.4.0"}},
		"bitnami":          {"pkg:bitnami/nginx@1.23.1-4?arch=amd64&distro=debian-11", Package{Ecosystem: "Bitnami", Name: "nginx", Version: "1.23.1"}},
		"julia_no_uuid":    {"pkg:julia/HTTP@1.10.0", Package{Ecosystem: "Julia", Name: "HTTP", Version: "1.10.0"}},
		"actions":          {"pkg:github/actions/checkout@v3", Package{Ecosystem: "GitHub Actions", Name: "actions/checkout", Version: "v3", Repo: "github.com/actions/checkout"}},
		"vscode":           {"pkg:vscode-extension/ms-python/python@2024.1.0", Package{Ecosystem: "VSCode", Name: "ms-python.python", Version: "2024.1.0"}},
		"deb_syft":         {"pkg:deb/debian/libssl1.1@1.1.1n-0+deb11u3?arch=amd64&upstream=openssl&distro=debian-11", Package{Ecosystem: "Debian", Release: "11", Name: "libssl1.1", Version: "1.1.1n-0+deb11u3", Source: "openssl"}},
		"deb_source_vers":  {"pkg:deb/debian/bsdutils@1:2.36.1-8+deb11u1?upstream=util-linux%402.36.1-8+deb11u1&distro=debian-11", Package{Ecosystem: "Debian", Release: "11", Name: "bsdutils", Version: "1:2.36.1-8+deb11u1", Source: "util-linux", SourceVers: "2.36.1-8+deb11u1"}},
		"deb_code_name":    {"pkg:deb/debian/bash@5.1?distro=bookworm", Package{Ecosystem: "Debian", Release: "12", Name: "bash", Version: "5.1"}},
		"deb_trivy_epoch":  {"pkg:deb/debian/zlib1g@1.2.11?distro=debian-11.5&epoch=1", Package{Ecosystem: "Debian", Release: "11", Name: "zlib1g", Version: "1:1.2.11"}},
		"deb_scout":        {"pkg:deb/debian/bash@5.1?os_distro=bullseye&os_name=debian&os_version=11", Package{Ecosystem: "Debian", Release: "11", Name: "bash", Version: "5.1"}},
		"deb_sid":          {"pkg:deb/debian/bash@5.1?distro=sid", Package{Ecosystem: "Debian", Release: "sid", Name: "bash", Version: "5.1"}},
		"ubuntu":           {"pkg:deb/ubuntu/bash@5.1-6ubuntu1?distro=ubuntu-22.04", Package{Ecosystem: "Ubuntu", Release: "22.04", Name: "bash", Version: "5.1-6ubuntu1"}},
		"ubuntu_jammy":     {"pkg:deb/ubuntu/bash@5.1-6ubuntu1?distro=jammy", Package{Ecosystem: "Ubuntu", Release: "22.04", Name: "bash", Version: "5.1-6ubuntu1"}},
		"ubuntu_esm":       {"pkg:deb/ubuntu/bash@4.4?distro=esm-infra/bionic", Package{Ecosystem: "Ubuntu", Release: "18.04", Pro: true, Name: "bash", Version: "4.4"}},
		"ubuntu_esm_vers":  {"pkg:deb/ubuntu/bash@4.4-2ubuntu1+esm1?distro=ubuntu-16.04", Package{Ecosystem: "Ubuntu", Release: "16.04", Pro: true, Name: "bash", Version: "4.4-2ubuntu1+esm1"}},
		"alpine_2022":      {"pkg:alpine/busybox@1.35.0-r17?upstream=busybox&distro=alpine-3.16.2", Package{Ecosystem: "Alpine", Release: "v3.16", Name: "busybox", Version: "1.35.0-r17", Source: "busybox"}},
		"alpine_now":       {"pkg:apk/alpine/ssl_client@1.35.0-r17?upstream=busybox&distro=3.16.2", Package{Ecosystem: "Alpine", Release: "v3.16", Name: "ssl_client", Version: "1.35.0-r17", Source: "busybox"}},
		"alpine_edge":      {"pkg:apk/alpine/musl@1.2.3-r4?distro=alpine-3.17_alpha20220809", Package{Ecosystem: "Alpine", Release: "edge", Name: "musl", Version: "1.2.3-r4"}},
		"alma":             {"pkg:rpm/almalinux/openssl-libs@1.1.1k-7.el8_6?arch=x86_64&epoch=1&upstream=openssl-1.1.1k-7.el8_6.src.rpm&distro=almalinux-8.6", Package{Ecosystem: "AlmaLinux", Release: "8", Name: "openssl-libs", Version: "1:1.1.1k-7.el8_6", Source: "openssl", SourceVers: "1:1.1.1k-7.el8_6"}},
		"rocky_dist_tag":   {"pkg:rpm/rocky/bash@5.1.8-4.el9", Package{Ecosystem: "Rocky Linux", Release: "9", Name: "bash", Version: "5.1.8-4.el9"}},
		"opensuse":         {"pkg:rpm/opensuse/bash@4.4-1?distro=opensuse-leap-15.4", Package{Ecosystem: "openSUSE", Release: "15.4", Name: "bash", Version: "4.4-1"}},
		"wolfi":            {"pkg:apk/wolfi/libcrypto3@3.1.0-r0?upstream=openssl&distro=wolfi-20230201", Package{Ecosystem: "Wolfi", Name: "libcrypto3", Version: "3.1.0-r0", Source: "openssl"}},
		"scope_escaped":    {"pkg:npm/@angular%2Fcore@11.0.0", Package{Ecosystem: "npm", Name: "@angular/core", Version: "11.0.0"}},
		"space_before":     {" pkg:npm/lodash@4.17.20\n", Package{Ecosystem: "npm", Name: "lodash", Version: "4.17.20"}},
		"pypi_extra":       {"pkg:pypi/django%5Bbcrypt%5D@2.0", Package{Ecosystem: "PyPI", Name: "django", Version: "2.0"}},
		"pypi_pinned":      {"pkg:pypi/django@%3D%3D2.0", Package{Ecosystem: "PyPI", Name: "django", Version: "2.0"}},
		"deb_multiarch":    {"pkg:deb/debian/openssl:amd64@1.1.1n-0?distro=debian-11", Package{Ecosystem: "Debian", Release: "11", Name: "openssl", Version: "1.1.1n-0"}},
		"deb_no_namespace": {"pkg:deb/openssl@1.1.1n-0?distro=bullseye", Package{Ecosystem: "Debian", Release: "11", Name: "openssl", Version: "1.1.1n-0"}},
		"apk_no_namespace": {"pkg:apk/busybox@1.35.0-r1?distro=alpine-3.16.2", Package{Ecosystem: "Alpine", Release: "v3.16", Name: "busybox", Version: "1.35.0-r1"}},
		"rpm_no_namespace": {"pkg:rpm/bash@4.4.20-4.el8?distro=almalinux-8.6", Package{Ecosystem: "AlmaLinux", Release: "8", Name: "bash", Version: "4.4.20-4.el8"}},
		"deb_release_tag":  {"pkg:deb/debian/openssl@1.1.1n-0+deb11u3?arch=amd64", Package{Ecosystem: "Debian", Release: "11", Name: "openssl", Version: "1.1.1n-0+deb11u3"}},
		"ubuntu_tag":       {"pkg:deb/ubuntu/sudo@1.9.9-1ubuntu0.22.04.1", Package{Ecosystem: "Ubuntu", Release: "22.04", Name: "sudo", Version: "1.9.9-1ubuntu0.22.04.1"}},
		"ubuntu_no_tag":    {"pkg:deb/ubuntu/sudo@1.9.9-1ubuntu0.1", Package{Ecosystem: "Ubuntu", Name: "sudo", Version: "1.9.9-1ubuntu0.1"}},
		"kernel_ubuntu":    {"pkg:deb/ubuntu/linux-image-5.15.0-25-generic@5.15.0-25.25?distro=ubuntu-22.04&upstream=linux-signed", Package{Ecosystem: "Ubuntu", Release: "22.04", Name: "linux-image-5.15.0-25-generic", Version: "5.15.0-25.25", Source: "linux"}},
		"kernel_hwe":       {"pkg:deb/ubuntu/linux-image-a@5.15.0-25.25~20.04.1?distro=ubuntu-20.04&upstream=linux-signed-hwe-5.15", Package{Ecosystem: "Ubuntu", Release: "20.04", Name: "linux-image-a", Version: "5.15.0-25.25~20.04.1", Source: "linux-hwe-5.15"}},
		"kernel_debian":    {"pkg:deb/debian/linux-image-5.10.0-18-amd64@5.10.140-1?distro=debian-11&upstream=linux-signed-amd64%405.10.140%2B1", Package{Ecosystem: "Debian", Release: "11", Name: "linux-image-5.10.0-18-amd64", Version: "5.10.140-1", Source: "linux"}},
		"deb_without_info": {"pkg:deb/debian/bash@5.1", Package{Ecosystem: "Debian", Name: "bash", Version: "5.1"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, why := PackageOf(twin.Component{Purl: tt.purl})
			if why != nil {
				t.Fatalf("undecided: %+v", why)
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestPackageOfUndecided(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		c    twin.Component
		want twin.Reason
	}{
		"no_purl":       {twin.Component{Name: "a", Version: "1"}, twin.NoPurl},
		"bad_purl":      {twin.Component{Purl: "pkg:npm/%zz@1"}, twin.NoPurl},
		"not_a_purl":    {twin.Component{Purl: "npm/a@1"}, twin.NoPurl},
		"generic":       {twin.Component{Purl: "pkg:generic/a@1"}, twin.UnsupportedEcosystem},
		"fedora":        {twin.Component{Purl: "pkg:rpm/fedora/a@1"}, twin.UnsupportedEcosystem},
		"no_version":    {twin.Component{Purl: "pkg:npm/a"}, twin.NoVersion},
		"devel":         {twin.Component{Purl: "pkg:golang/./api@(devel)"}, twin.UnparsableVersion},
		"maven_prop":    {twin.Component{Purl: "pkg:maven/g/a@$%7Bproject.version%7D"}, twin.UnparsableVersion},
		"unspecified":   {twin.Component{Purl: "pkg:maven/g/a@unspecified"}, twin.UnparsableVersion},
		"npm_range":     {twin.Component{Purl: "pkg:npm/a@%5E1.2.3"}, twin.UnparsableVersion},
		"npm_latest":    {twin.Component{Purl: "pkg:npm/a@latest"}, twin.UnparsableVersion},
		"npm_wildcard":  {twin.Component{Purl: "pkg:npm/a@1.x"}, twin.UnparsableVersion},
		"npm_git":       {twin.Component{Purl: "pkg:npm/a@github:b/c"}, twin.UnparsableVersion},
		"composer_dev":  {twin.Component{Purl: "pkg:composer/a/b@dev-master"}, twin.UnparsableVersion},
		"composer_x":    {twin.Component{Purl: "pkg:composer/laravel/framework@8.x-dev"}, twin.UnparsableVersion},
		"debian_epoch":  {twin.Component{Purl: "pkg:deb/debian/a@x:1?distro=debian-11"}, twin.UnparsableVersion},
		"pypi_range":    {twin.Component{Purl: "pkg:pypi/a@~%3D2.0"}, twin.UnparsableVersion},
		"maven_not":     {twin.Component{Purl: "pkg:maven/g/a@%21%3D2.0"}, twin.UnparsableVersion},
		"deb_nowhere":   {twin.Component{Purl: "pkg:deb/a@1?arch=amd64"}, twin.UnsupportedEcosystem},
		"pypi_word":     {twin.Component{Purl: "pkg:pypi/a@unknown"}, twin.UnparsableVersion},
		"commit":        {twin.Component{Purl: "pkg:npm/a@0123456789abcdef0123456789abcdef01234567"}, twin.UnparsableVersion},
		"maven_group":   {twin.Component{Purl: "pkg:maven/log4j-core@2.14.1", Name: "log4j-core"}, twin.NoPurl},
		"hackage_build": {twin.Component{Purl: "pkg:hackage/a@1.0-rc1"}, twin.UnparsableVersion},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, why := PackageOf(tt.c)
			if why == nil || why.Reason != tt.want {
				t.Errorf("got %+v, want %s", why, tt.want)
			}
		})
	}
}

// events reads "i:1.0 f:2.0 l:3.0 m:4.0" (limit).
func rangeOf(kind string, events ...advisory.Event) advisory.Range {
	return advisory.Range{Type: kind, Events: events}
}

func in(v string) advisory.Event   { return advisory.Event{Introduced: v} }
func fix(v string) advisory.Event  { return advisory.Event{Fixed: v} }
func last(v string) advisory.Event { return advisory.Event{LastAffected: v} }
func lim(v string) advisory.Event  { return advisory.Event{Limit: v} }

func record(id string, a ...advisory.Affected) *advisory.Record {
	return &advisory.Record{ID: id, Affected: a}
}

func npm(ranges ...advisory.Range) advisory.Affected {
	return advisory.Affected{Ecosystem: "npm", Name: "a", Ranges: ranges}
}

func TestRanges(t *testing.T) {
	t.Parallel()
	semverRange := func(e ...advisory.Event) advisory.Affected { return npm(rangeOf("SEMVER", e...)) }
	tests := map[string]struct {
		affected []advisory.Affected
		yes, no  []string
	}{
		"all":                  {[]advisory.Affected{semverRange(in("0"))}, []string{"0.0.0-0", "0", "9.9.9"}, nil},
		"fixed":                {[]advisory.Affected{semverRange(in("0"), fix("1.2.0"))}, []string{"1.1.9", "1.2.0-rc.1"}, []string{"1.2.0", "1.2.1", "1.2.0+build"}},
		"introduced":           {[]advisory.Affected{semverRange(in("1.0.0"), fix("1.2.0"))}, []string{"1.0.0", "1.1.0"}, []string{"0.9.0", "1.0.0-rc.1", "1.2.0"}},
		"last_affected":        {[]advisory.Affected{semverRange(in("1.0.0"), last("1.2.0"))}, []string{"1.0.0", "1.2.0"}, []string{"0.9.9", "1.2.1"}},
		"only_version":         {[]advisory.Affected{semverRange(in("1.2.0"), last("1.2.0"))}, []string{"1.2.0"}, []string{"1.1.9", "1.2.1"}},
		"pairs":                {[]advisory.Affected{semverRange(in("0"), fix("1.2.5"), in("1.3.0"), fix("1.3.2"))}, []string{"1.2.4", "1.3.1"}, []string{"1.2.5", "1.2.9", "1.3.2", "2.0.0"}},
		"unordered":            {[]advisory.Affected{semverRange(fix("1.3.2"), in("1.3.0"), fix("1.2.5"), in("0"))}, []string{"1.2.4", "1.3.1"}, []string{"1.2.5", "1.2.9", "1.3.2", "2.0.0"}},
		"reintroduced":         {[]advisory.Affected{semverRange(in("0"), fix("1.0.0"), in("2.0.0"))}, []string{"0.1.0", "2.0.0", "9.0.0"}, []string{"1.0.0", "1.9.9"}},
		"touching":             {[]advisory.Affected{semverRange(in("0"), fix("1.0.0"), in("1.0.0"), fix("2.0.0"))}, []string{"0.9.0", "1.0.0", "1.9.9"}, []string{"2.0.0"}},
		"touching_unordered":   {[]advisory.Affected{semverRange(in("1.0.0"), fix("2.0.0"), in("0"), fix("1.0.0"))}, []string{"0.9.0", "1.0.0", "1.9.9"}, []string{"2.0.0"}},
		"empty":                {[]advisory.Affected{semverRange(in("1.0.0"), fix("1.0.0"))}, nil, []string{"0.9.0", "1.0.0", "1.1.0"}},
		"never":                {[]advisory.Affected{semverRange(in("0"), fix("0"))}, nil, []string{"0", "1.0.0"}},
		"limit":                {[]advisory.Affected{semverRange(in("1.0.0"), lim("2.0.0"))}, []string{"1.0.0", "1.9.9"}, []string{"0.9.0", "2.0.0", "3.0.0"}},
		"two_limits":           {[]advisory.Affected{semverRange(in("1.0.0"), lim("1.5.0"), lim("2.0.0"))}, []string{"1.0.0", "1.9.9"}, []string{"2.0.0"}},
		"no_limit":             {[]advisory.Affected{semverRange(in("1.0.0"), lim("*"))}, []string{"1.0.0", "9.0.0"}, []string{"0.9.0"}},
		"fixed_and_limit":      {[]advisory.Affected{semverRange(in("0"), fix("1.0.0"), in("1.5.0"), lim("2.0.0"))}, []string{"0.5.0", "1.6.0"}, []string{"1.2.0", "2.1.0"}},
		"several_ranges":       {[]advisory.Affected{npm(rangeOf("SEMVER", in("0"), fix("1.0.0")), rangeOf("ECOSYSTEM", in("2.0.0"), fix("2.1.0")))}, []string{"0.5.0", "2.0.5"}, []string{"1.0.0", "2.1.0"}},
		"several_entries":      {[]advisory.Affected{semverRange(in("0"), fix("1.0.0")), semverRange(in("2.0.0"), fix("2.1.0"))}, []string{"0.5.0", "2.0.5"}, []string{"1.0.0", "2.1.0"}},
		"versions":             {[]advisory.Affected{{Ecosystem: "npm", Name: "a", Versions: []string{"1.0.0", "v1.5.0"}}}, []string{"1.0.0", "1.5.0", "1.0.0+x"}, []string{"1.0.1", "1.5.1"}},
		"versions_and_range":   {[]advisory.Affected{{Ecosystem: "npm", Name: "a", Versions: []string{"5.0.0"}, Ranges: []advisory.Range{rangeOf("SEMVER", in("0"), fix("1.0.0"))}}}, []string{"0.1.0", "5.0.0"}, []string{"1.0.0", "5.0.1"}},
		"git_beside_ecosystem": {[]advisory.Affected{npm(rangeOf("GIT", in("0")), rangeOf("ECOSYSTEM", in("0"), fix("1.0.0")))}, []string{"0.1.0"}, []string{"1.0.0"}},
		"two_fields_in_event":  {[]advisory.Affected{semverRange(advisory.Event{Introduced: "1.0.0", Fixed: "1.2.0"})}, []string{"1.0.0", "1.1.0"}, []string{"0.9.0", "1.2.0"}},
		"no_introduction":      {[]advisory.Affected{semverRange(fix("1.0.0"))}, nil, []string{"0.1.0", "1.0.0"}},
		"other_name":           {[]advisory.Affected{{Ecosystem: "npm", Name: "A", Ranges: []advisory.Range{rangeOf("SEMVER", in("0"))}}}, nil, []string{"1.0.0"}},
		"other_ecosystem":      {[]advisory.Affected{{Ecosystem: "PyPI", Name: "a", Ranges: []advisory.Range{rangeOf("ECOSYSTEM", in("0"))}}}, nil, []string{"1.0.0"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ix := NewMapIndex([]*advisory.Record{record("X-1", tt.affected...)}, []string{"npm"})
			check := func(version string, want int) {
				res := Evaluate(ix, twin.Component{Purl: "pkg:npm/a@" + version})
				if len(res.Matches) != want || len(res.Undecided) > 0 {
					t.Errorf("%s: %d matches, want %d; undecided %v", version, len(res.Matches), want, res.Undecided)
				}
			}
			for _, v := range tt.yes {
				check(v, 1)
			}
			for _, v := range tt.no {
				check(v, 0)
			}
		})
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		ecosystem, name, purl string
		want                  bool
	}{
		"pypi":            {"PyPI", "Flask.RESTful", "pkg:pypi/flask_restful@1", true},
		"nuget":           {"NuGet", "Newtonsoft.Json", "pkg:nuget/newtonsoft.json@1", true},
		"packagist":       {"Packagist", "Symfony/Http", "pkg:composer/symfony/http@1", true},
		"npm_case":        {"npm", "Morris.js", "pkg:npm/morris.js@1", false},
		"npm_exact":       {"npm", "Morris.js", "pkg:npm/Morris.js@1", true},
		"go_exact":        {"Go", "github.com/Azure/a", "pkg:golang/github.com/Azure/a@v1.0.0", true},
		"go_folded":       {"Go", "github.com/Azure/a", "pkg:golang/github.com/azure/a@v1.0.0", true},
		"go_other_case":   {"Go", "github.com/Azure/a", "pkg:golang/github.com/AZURE/a@v1.0.0", false},
		"go_lower_record": {"Go", "github.com/azure/a", "pkg:golang/github.com/Azure/a@v1.0.0", false},
		"maven_group":     {"Maven", "g:a", "pkg:maven/g/a@1", true},
		"gem_case":        {"RubyGems", "RedCloth", "pkg:gem/redcloth@1", false},
		"actions":         {"GitHub Actions", "Actions/Checkout", "pkg:github/actions/checkout@v1", true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := record("X-1", advisory.Affected{Ecosystem: tt.ecosystem, Name: tt.name, Ranges: []advisory.Range{rangeOf("ECOSYSTEM", in("0"))}})
			res := Evaluate(NewMapIndex([]*advisory.Record{r}, []string{tt.ecosystem}), twin.Component{Purl: tt.purl})
			if got := len(res.Matches) == 1; got != tt.want || len(res.Undecided) > 0 {
				t.Errorf("match %v, want %v; undecided %v", got, tt.want, res.Undecided)
			}
		})
	}
}

func distro(ecosystem, release, name string, events ...advisory.Event) advisory.Affected {
	return advisory.Affected{Ecosystem: ecosystem, Release: release, Name: name, Ranges: []advisory.Range{rangeOf("ECOSYSTEM", events...)}}
}

func TestDistributions(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		affected advisory.Affected
		purl     string
		want     bool
	}{
		"debian":            {distro("Debian", "11", "openssl", in("0"), fix("1.1.1n-0+deb11u4")), "pkg:deb/debian/libssl1.1@1.1.1n-0+deb11u3?upstream=openssl&distro=debian-11", true},
		"debian_fixed":      {distro("Debian", "11", "openssl", in("0"), fix("1.1.1n-0+deb11u4")), "pkg:deb/debian/libssl1.1@1.1.1n-0+deb11u4?upstream=openssl&distro=debian-11", false},
		"debian_release":    {distro("Debian", "12", "openssl", in("0")), "pkg:deb/debian/openssl@1?distro=debian-11", false},
		"debian_any":        {distro("Debian", "", "openssl", in("0")), "pkg:deb/debian/openssl@1?distro=debian-11", true},
		"debian_binary":     {distro("Debian", "11", "libssl1.1", in("0")), "pkg:deb/debian/libssl1.1@1.1.1n?upstream=openssl&distro=debian-11", false},
		"source_version":    {distro("Debian", "11", "util-linux", in("0"), fix("2.36.1-9")), "pkg:deb/debian/bsdutils@1:2.36.1-8?upstream=util-linux%402.36.1-8&distro=debian-11", true},
		"alpine":            {distro("Alpine", "v3.16", "busybox", in("0"), fix("1.35.0-r18")), "pkg:alpine/ssl_client@1.35.0-r17?upstream=busybox&distro=alpine-3.16.2", true},
		"alpine_edge":       {distro("Alpine", "edge", "busybox", in("0")), "pkg:alpine/busybox@1.35.0-r17?distro=alpine-3.16.2", false},
		"ubuntu_lts":        {distro("Ubuntu", "22.04:LTS", "bash", in("0")), "pkg:deb/ubuntu/bash@5?distro=ubuntu-22.04", true},
		"ubuntu_interim":    {distro("Ubuntu", "23.10", "bash", in("0")), "pkg:deb/ubuntu/bash@5?distro=mantic", true},
		"ubuntu_pro":        {distro("Ubuntu", "Pro:18.04:LTS", "bash", in("0")), "pkg:deb/ubuntu/bash@5?distro=ubuntu-18.04", false},
		"ubuntu_pro_esm":    {distro("Ubuntu", "Pro:18.04:LTS", "bash", in("0")), "pkg:deb/ubuntu/bash@5?distro=esm-infra/bionic", true},
		"ubuntu_fips":       {distro("Ubuntu", "Pro:FIPS-updates:18.04:LTS", "bash", in("0")), "pkg:deb/ubuntu/bash@5?distro=esm-infra/bionic", false},
		"alma":              {distro("AlmaLinux", "8", "openssl-libs", in("0"), fix("1:1.1.1k-9.el8")), "pkg:rpm/almalinux/openssl-libs@1.1.1k-7.el8_6?epoch=1&distro=almalinux-8.6&upstream=openssl-1.1.1k-7.el8_6.src.rpm", true},
		"alma_epoch":        {distro("AlmaLinux", "8", "openssl-libs", in("0"), fix("1.1.1k-9.el8")), "pkg:rpm/almalinux/openssl-libs@1.1.1k-7.el8_6?epoch=1&distro=almalinux-8.6", false},
		"alma_other":        {distro("AlmaLinux", "9", "openssl-libs", in("0")), "pkg:rpm/almalinux/openssl-libs@1.1.1k-7.el8_6?distro=almalinux-8.6", false},
		"rocky_source":      {distro("Rocky Linux", "8", "openssl", in("0"), fix("1:1.1.1k-9.el8")), "pkg:rpm/rocky/openssl-libs@1.1.1k-7.el8_6?epoch=1&distro=rocky-8.6&upstream=openssl-1.1.1k-7.el8_6.src.rpm", true},
		"redhat_stream":     {distro("Red Hat", "enterprise_linux:8::baseos", "bash", in("0")), "pkg:rpm/redhat/bash@5-1.el8?distro=rhel-8.6", true},
		"redhat_eus":        {distro("Red Hat", "rhel_eus:8.6::baseos", "bash", in("0")), "pkg:rpm/redhat/bash@5-1.el8?distro=rhel-8.6", true},
		"redhat_other_eus":  {distro("Red Hat", "rhel_eus:8.4::baseos", "bash", in("0")), "pkg:rpm/redhat/bash@5-1.el8?distro=rhel-8.6", false},
		"suse_sp":           {distro("SUSE", "Linux Enterprise Server 15 SP4", "bash", in("0")), "pkg:rpm/suse/bash@5-1?distro=sles-15.4", true},
		"suse_other_sp":     {distro("SUSE", "Linux Enterprise Server 15 SP3", "bash", in("0")), "pkg:rpm/suse/bash@5-1?distro=sles-15.4", false},
		"leap":              {distro("openSUSE", "Leap 15.4", "bash", in("0")), "pkg:rpm/opensuse/bash@5-1?distro=opensuse-leap-15.4", true},
		"tumbleweed":        {distro("openSUSE", "Tumbleweed", "bash", in("0")), "pkg:rpm/opensuse/bash@5-1?distro=opensuse-tumbleweed-20240101", true},
		"photon":            {distro("Photon OS", "3.0", "bash", in("0")), "pkg:rpm/photon/bash@5-1?distro=photon-3.0", true},
		"azure":             {distro("Azure Linux", "3", "bash", in("0")), "pkg:rpm/azurelinux/bash@5-1?distro=azurelinux-3.0", true},
		"mariner":           {distro("Azure Linux", "2", "bash", in("0")), "pkg:rpm/mariner/bash@5-1.cm2?distro=mariner-2.0.20230126", true},
		"mariner_trivy":     {distro("Azure Linux", "2", "bash", in("0")), "pkg:rpm/cbl-mariner/bash@5-1.cm2?distro=cbl-mariner-2.0", true},
		"azure_other":       {distro("Azure Linux", "2", "bash", in("0")), "pkg:rpm/azurelinux/bash@5-1.azl3?distro=azurelinux-3.0", false},
		"wolfi_origin":      {distro("Wolfi", "", "openssl", in("0")), "pkg:apk/wolfi/libcrypto3@3.1.0-r0?upstream=openssl", true},
		"wolfi_own":         {distro("Wolfi", "", "libcrypto3", in("0")), "pkg:apk/wolfi/libcrypto3@3.1.0-r0?upstream=openssl", true},
		"drupal_repository": {distro("Packagist", "https://packages.drupal.org/8", "drupal/a", in("0")), "pkg:composer/drupal/a@1.0.0", true},
		"other_repository":  {distro("Packagist", "https://packages.drupal.org/8", "drupal/a", in("0")), "pkg:composer/drupal/a@1.0.0?repository_url=https://example.org", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ix := NewMapIndex([]*advisory.Record{record("X-1", tt.affected)}, []string{tt.affected.Ecosystem})
			res := Evaluate(ix, twin.Component{Purl: tt.purl})
			if got := len(res.Matches) == 1; got != tt.want || len(res.Undecided) > 0 {
				t.Errorf("match %v, want %v; undecided %v", got, tt.want, res.Undecided)
			}
		})
	}
}

func TestUbuntuProEntryReplacesTheOther(t *testing.T) {
	t.Parallel()
	r := record("UBUNTU-CVE-1", distro("Ubuntu", "18.04:LTS", "bash", in("0")), distro("Ubuntu", "Pro:18.04:LTS", "bash", in("0"), fix("4.4-2ubuntu1+esm1")))
	ix := NewMapIndex([]*advisory.Record{r}, []string{"Ubuntu"})
	if res := Evaluate(ix, twin.Component{Purl: "pkg:deb/ubuntu/bash@4.4-2ubuntu1+esm1?distro=ubuntu-18.04"}); len(res.Matches) != 0 {
		t.Errorf("fixed in Pro, yet %v", res.Matches)
	}
	if res := Evaluate(ix, twin.Component{Purl: "pkg:deb/ubuntu/bash@4.4-2ubuntu1?distro=ubuntu-18.04"}); len(res.Matches) != 1 {
		t.Errorf("not fixed outside Pro, yet %v", res)
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ ecosystem, lower, higher string }{
		{"ConanCenter", "1.1.1", "1.1.1k"},
		{"ConanCenter", "1.0.2zd", "1.1.0"},
		{"ConanCenter", "1.0.2y", "1.0.2za"},
		{"ConanCenter", "1.2.0-rc1", "1.2.0"},
		{"opam", "1.0~beta", "1.0"},
		{"Echo", "1.0-1", "1:0.9-1"},
		{"Azure Linux", "1.0-1.azl3", "1:0.9-1.azl3"},
		{"VSCode", "1.2.3", "1.10.0"},
		{"GitHub Actions", "v2", "v3.0.1"},
		{"Go", "v0.0.0-20210101000000-abcdefabcdef", "0.1.0"},
		{"Go", "v1.20.0-rc.1", "1.20"},
	} {
		if c, err := Compare(tt.ecosystem, tt.lower, tt.higher); err != nil || c >= 0 {
			t.Errorf("%s: %s against %s: %d, %v", tt.ecosystem, tt.lower, tt.higher, c, err)
		}
	}
	if _, err := Compare("Amiga", "1", "2"); err == nil {
		t.Error("an unknown ecosystem has no order")
	}
}

func TestUndecided(t *testing.T) {
	t.Parallel()
	git := record("G-1", npm(rangeOf("GIT", in("0"))))
	same := record("X-1", npm(rangeOf("SEMVER", in("0"), fix("1.0.0"))))
	same.Aliases = []string{"G-1"}
	bad := record("B-1", distro("Debian", "11", "a", in("0"), fix("x:1")))
	gone := record("W-1", npm(rangeOf("GIT", in("0"))))
	gone.Withdrawn = time.Unix(1, 0)
	tests := map[string]struct {
		records []*advisory.Record
		feeds   []string
		purl    string
		want    []twin.Reason
	}{
		"no_feed":              {nil, nil, "pkg:npm/a@1.0.0", []twin.Reason{twin.NoFeed}},
		"no_release":           {[]*advisory.Record{bad}, []string{"Debian"}, "pkg:deb/debian/a@1", []twin.Reason{twin.NoRelease}},
		"no_release_no_record": {[]*advisory.Record{bad}, []string{"Debian"}, "pkg:deb/debian/b@1", nil},
		"git_only":             {[]*advisory.Record{git}, []string{"npm"}, "pkg:npm/a@1.0.0", []twin.Reason{twin.GitOnly}},
		"git_decided":          {[]*advisory.Record{git, same}, []string{"npm"}, "pkg:npm/a@1.0.0", nil},
		"no_versions":          {[]*advisory.Record{record("N-1", npm())}, []string{"npm"}, "pkg:npm/a@1.0.0", []twin.Reason{twin.NoRange}},
		"git_withdrawn":        {[]*advisory.Record{gone}, []string{"npm"}, "pkg:npm/a@1.0.0", nil},
		"bad_record":           {[]*advisory.Record{bad}, []string{"Debian"}, "pkg:deb/debian/a@1?distro=debian-11", []twin.Reason{twin.UnparsableVersion}},
		"bad_bound":            {[]*advisory.Record{record("N-1", npm(rangeOf("SEMVER", in("0"), fix("nightly"))))}, []string{"npm"}, "pkg:npm/a@1.0.0", []twin.Reason{twin.UnparsableVersion}},
		"clean":                {[]*advisory.Record{same}, []string{"npm"}, "pkg:npm/b@1.0.0", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			res := Evaluate(NewMapIndex(tt.records, tt.feeds), twin.Component{Purl: tt.purl})
			var got []twin.Reason
			for _, u := range res.Undecided {
				got = append(got, u.Reason)
			}
			if d := cmp.Diff(tt.want, got); d != "" || len(res.Matches) > 0 {
				t.Errorf("%s\nmatches %v", d, res.Matches)
			}
		})
	}
}

func TestMatchSaysWhy(t *testing.T) {
	t.Parallel()
	r := record("GHSA-1", npm(rangeOf("SEMVER", in("1.3.0"), fix("1.3.2"), in("0"), fix("1.2.5"))))
	r.Withdrawn = time.Unix(1, 0)
	own := record("MAL-1", npm(rangeOf("SEMVER", in("1.2.0"), last("1.2.4"))))
	res := Evaluate(NewMapIndex([]*advisory.Record{r, own}, []string{"npm"}), twin.Component{Purl: "pkg:npm/a@1.2.3"})
	key := advisory.PackageKey{Ecosystem: "npm", Name: "a"}
	want := []Match{
		{Record: own, Reason: Reason{Key: key, Name: "a", Version: "1.2.3", Range: ">= 1.2.0, <= 1.2.4", Comparison: "1.2.0 <= 1.2.3 <= 1.2.4"}},
		{Record: r, Withdrawn: true, Fixed: []string{"1.2.5", "1.3.2"}, Reason: Reason{Key: key, Name: "a", Version: "1.2.3", Range: "< 1.2.5", Comparison: "0 <= 1.2.3 < 1.2.5"}},
	}
	if d := cmp.Diff(want, res.Matches); d != "" {
		t.Error(d)
	}
}

func TestFixedVersionsClear(t *testing.T) {
	t.Parallel()
	// 2.0.0 ends the first range but lies in the second.
	r := record("X-1", npm(rangeOf("SEMVER", in("0"), fix("2.0.0")), rangeOf("SEMVER", in("1.5.0"), fix("3.0.0"))))
	res := Evaluate(NewMapIndex([]*advisory.Record{r}, []string{"npm"}), twin.Component{Purl: "pkg:npm/a@1.6.0"})
	if d := cmp.Diff([]string{"3.0.0"}, res.Matches[0].Fixed); d != "" {
		t.Error(d)
	}
}

func TestClearingVersion(t *testing.T) {
	t.Parallel()
	a := record("A-1", npm(rangeOf("SEMVER", in("0"), fix("1.2.5"), in("1.3.0"), fix("1.3.4"))))
	b := record("B-1", npm(rangeOf("SEMVER", in("0"), fix("1.3.1"))))
	c := record("C-1", npm(rangeOf("SEMVER", in("0"))))
	tests := map[string]struct {
		records []*advisory.Record
		want    string
		ok      bool
	}{
		"one":      {[]*advisory.Record{a}, "1.2.5", true},
		"branches": {[]*advisory.Record{a, b}, "1.3.4", true}, // 1.3.1 clears B but lies in A's second span
		"no_fix":   {[]*advisory.Record{a, c}, "", false},
		"nothing":  {nil, "", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := ClearingVersion(twin.Component{Purl: "pkg:npm/a@1.2.0"}, tt.records)
			if got != tt.want || ok != tt.ok {
				t.Errorf("got %q %v, want %q %v", got, ok, tt.want, tt.ok)
			}
		})
	}
}

func TestSmallestFix(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		sets [][]string
		want string
	}{
		"one":        {[][]string{{"1.2.5", "1.3.4"}}, "1.2.5"},
		"highest":    {[][]string{{"1.2.5"}, {"1.2.7"}}, "1.2.7"},
		"branches":   {[][]string{{"1.2.5", "1.3.4"}, {"1.3.1"}}, "1.3.4"},
		"none_known": {[][]string{{"1.2.5"}, {}}, ""},
		"below":      {[][]string{{"1.0.0"}}, ""},
		"no_sets":    {nil, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := SmallestFix("npm", "1.2.0", tt.sets); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestGroup(t *testing.T) {
	t.Parallel()
	e := npm(rangeOf("SEMVER", in("0"), fix("1.10.0")))
	ghsa := record("GHSA-1", e)
	ghsa.Aliases = []string{"CVE-1"}
	cve := record("CVE-1", npm(rangeOf("SEMVER", in("0"), fix("1.9.0"))))
	dsa := record("DSA-1", e)
	dsa.Upstream = []string{"CVE-1", "CVE-2"}
	other := record("CVE-3", e)
	ix := NewMapIndex([]*advisory.Record{other, dsa, cve, ghsa}, []string{"npm"})
	res := Evaluate(ix, twin.Component{Purl: "pkg:npm/a@1.2.0"})
	items := Group(res.Matches)
	type shown struct {
		Advisory       string
		Aliases, Fixed []string
	}
	var got []shown
	for _, i := range items {
		got = append(got, shown{i.Advisory, i.Aliases, i.Fixed})
	}
	want := []shown{
		{"CVE-3", []string{}, []string{"1.10.0"}},
		{"GHSA-1", []string{"CVE-1", "CVE-2", "DSA-1"}, []string{"1.9.0", "1.10.0"}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestPrecedence(t *testing.T) {
	t.Parallel()
	order := map[string][]string{
		"Go":        {"GO-2022-1", "GHSA-1", "CVE-1", "GMS-1"},
		"PyPI":      {"PYSEC-1", "MAL-1", "GHSA-1", "CVE-1"},
		"Debian":    {"DSA-1", "CVE-1"},
		"AlmaLinux": {"ALSA-1", "RHSA-1"},
	}
	for eco, ids := range order {
		for i := 1; i < len(ids); i++ {
			if Precedence(eco, ids[i-1], ids[i]) >= 0 {
				t.Errorf("%s: %s does not come before %s", eco, ids[i-1], ids[i])
			}
		}
	}
}

func TestAReleaseOfWhichTheFeedHasNothing(t *testing.T) {
	t.Parallel()
	debian := record("D-1", distro("Debian", "12", "a", in("0"), fix("2")))
	ubuntu := record("U-1", distro("Ubuntu", "22.04:LTS", "a", in("0"), fix("2")))
	ix := NewMapIndex([]*advisory.Record{debian, ubuntu}, []string{"Debian", "Ubuntu", "npm"})
	known := map[string][]string{"Debian": {"11", "12"}, "Ubuntu": {"Pro:18.04:LTS", "22.04:LTS"}, "npm": {""}}
	for purl, want := range map[string][2]int{ // matches, undecided
		"pkg:deb/debian/a@1?distro=debian-12":    {1, 0},
		"pkg:deb/debian/b@1?distro=debian-11":    {0, 0},
		"pkg:deb/debian/a@1?distro=debian-13":    {0, 1},
		"pkg:deb/ubuntu/a@1?distro=ubuntu-22.04": {1, 0},
		"pkg:deb/ubuntu/a@1?distro=ubuntu-18.04": {0, 1},
		"pkg:npm/a@1":                            {0, 0},
	} {
		ix.Knows(nil)
		if res := Evaluate(ix, twin.Component{Purl: purl}); len(res.Undecided) > 0 {
			t.Errorf("%s: undecided although no releases are known: %v", purl, res.Undecided)
		}
		ix.Knows(known)
		res := Evaluate(ix, twin.Component{Purl: purl})
		if got := [2]int{len(res.Matches), len(res.Undecided)}; got != want {
			t.Errorf("%s: %v matches and undecided, want %v: %v", purl, got, want, res.Undecided)
		}
	}
}
