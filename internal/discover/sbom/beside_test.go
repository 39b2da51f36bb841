package sbom

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/realdata"
)

// TestWhatStandsBesideThePurl: source packages and releases that documents give
// outside of purls, as the tools write them.
func TestWhatStandsBesideThePurl(t *testing.T) {
	t.Parallel()
	cdx := func(component string) string {
		return `{"bomFormat":"CycloneDX","specVersion":"1.5","components":[` + component + `]}`
	}
	tests := map[string]struct {
		document string
		want     []string // qualifiers of the components
	}{
		"trivy": {
			cdx(`{"name":"bsdutils","purl":"pkg:deb/ubuntu/bsdutils@2.37.2-4ubuntu3?distro=ubuntu-22.04&epoch=1","properties":[
			{"name":"aquasecurity:trivy:PkgID","value":"bsdutils@1:2.37.2-4ubuntu3"},{"name":"aquasecurity:trivy:SrcName","value":"util-linux"},
			{"value":"2.37.2","name":"aquasecurity:trivy:SrcVersion"},{"name":"aquasecurity:trivy:SrcRelease","value":"4ubuntu3"}]}`),
			[]string{"upstream=util-linux%402.37.2-4ubuntu3"},
		},
		"trivy_epoch": {
			cdx(`{"name":"libs","purl":"pkg:rpm/rocky/libs@1-2.el8?distro=rocky-8.6","properties":[
			{"name":"aquasecurity:trivy:SrcName","value":"src"},{"name":"aquasecurity:trivy:SrcVersion","value":"1"},
			{"name":"aquasecurity:trivy:SrcRelease","value":"2.el8"},{"name":"aquasecurity:trivy:SrcEpoch","value":"3"}]}`),
			[]string{"upstream=src%403%3A1-2.el8"},
		},
		"cdxgen": {
			cdx(`{"name":"a","purl":"pkg:deb/debian/a@1?distro=debian-12","properties":[{"name":"SrcName","value":"b"},{"name":"SrcVersion","value":"2"}]}`),
			[]string{"upstream=b%402"},
		},
		"syft": {
			cdx(`{"name":"a","purl":"pkg:apk/alpine/ssl_client@1-r0?distro=alpine-3.16.2","properties":[{"name":"syft:metadata:originPackage","value":"busybox"}]}`),
			[]string{"upstream=busybox"},
		},
		"purl_says_it": {
			cdx(`{"name":"a","purl":"pkg:deb/debian/a@1?upstream=c&distro=debian-12","properties":[{"name":"SrcName","value":"b"}]}`),
			[]string{""},
		},
		"no_system_package": {cdx(`{"name":"a","purl":"pkg:npm/a@1","properties":[{"name":"SrcName","value":"b"}]}`), []string{""}},
		"odd_properties":    {cdx(`{"name":"a","purl":"pkg:npm/a@1","properties":{"SrcName":"b"}},{"name":"b","properties":[1,{"name":2,"value":{}}]}`), []string{"", ""}},
		"system": {
			cdx(`{"type":"operating-system","name":"debian","version":"11.5"},{"name":"a","purl":"pkg:deb/debian/a@1?arch=amd64"},
			{"name":"b","purl":"pkg:deb/ubuntu/b@1"},{"name":"c","purl":"pkg:deb/debian/c@1?distro=debian-12"},{"name":"d","purl":"pkg:npm/d@1"}`),
			[]string{"", "distro=debian-11.5", "", "", ""},
		},
		"no_namespace": {
			cdx(`{"type":"operating-system","name":"AlmaLinux","version":"8.6"},{"name":"a","purl":"pkg:rpm/a@1-1"},{"name":"b","purl":"pkg:deb/b@1"}`),
			[]string{"", "distro=almalinux-8.6", ""},
		},
		"subject_is_a_system": {
			`{"bomFormat":"CycloneDX","specVersion":"1.5","metadata":{"component":{"type":"operating-system","name":"ubuntu","version":"22.04"}},
			"components":[{"name":"a","purl":"pkg:deb/ubuntu/a@1?arch=amd64"}]}`,
			[]string{"distro=ubuntu-22.04"},
		},
		"two_systems": {cdx(`{"type":"operating-system","name":"debian","version":"11"},{"type":"operating-system","name":"debian","version":"12"},
			{"name":"a","purl":"pkg:deb/debian/a@1"}`), []string{"", "", ""}},
		"spdx": {
			`{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","name":"x","packages":[
			{"SPDXID":"SPDXRef-1","name":"debian","versionInfo":"12","primaryPackagePurpose":"OPERATING-SYSTEM"},
			{"SPDXID":"SPDXRef-2","name":"libssl3","versionInfo":"3.0.2","sourceInfo":"built package from: openssl 3.0.2-0",
			"externalRefs":[{"referenceCategory":"PACKAGE-MANAGER","referenceType":"purl","referenceLocator":"pkg:deb/debian/libssl3@3.0.2-0"}]},
			{"SPDXID":"SPDXRef-3","name":"other","sourceInfo":"acquired from dpkg"}]}`,
			[]string{"", "upstream=openssl%403.0.2-0&distro=debian-12", ""},
		},
		"xml": {
			`<?xml version="1.0"?><bom xmlns="http://cyclonedx.org/schema/bom/1.4"><components><component type="library"><name>a</name><version>1</version>
			<purl>pkg:deb/debian/a@1?distro=debian-12</purl><properties><property name="aquasecurity:trivy:SrcName">b</property></properties></component></components></bom>`,
			[]string{"upstream=b"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Parse([]byte(tt.document), Options{})
			if err != nil {
				t.Fatal(err)
			}
			var list []string
			for _, c := range got.Components {
				list = append(list, c.Qualifiers)
			}
			if d := cmp.Diff(tt.want, list); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestTrivyReport: of a real report by Trivy each package of Ubuntu that was
// built from another source says so.
func TestTrivyReport(t *testing.T) {
	t.Parallel()
	data := documents(t, "scanner-reports/cyclonedx")["issue_9277.json"]
	if data == nil {
		t.Fatal("no report in", realdata.Dir(t, "scanner-reports"))
	}
	got, err := Parse(data, Options{})
	if err != nil {
		t.Fatal(err)
	}
	said := 0
	for _, c := range got.Components {
		if c.Qualifiers != "" {
			said++
		}
	}
	if said < 100 {
		t.Errorf("%d of %d components name their source", said, len(got.Components))
	}
}
