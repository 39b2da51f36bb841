package report

import (
	"bytes"
	"strings"
	"testing"
)

// What counts is an error at its line; outside text begins no command of its own.
func TestAnnotations(t *testing.T) {
	t.Parallel()
	r := samples()["fail"]
	r.Findings[0].Line, r.Findings[1].Fixed = 7, []string{"1.0\r\n::set-env name=X::y%"}
	r.Findings[1].File = "a,b:c.json\n::stop"
	var b bytes.Buffer
	if err := Annotate(&b, r); err != nil {
		t.Fatal(err)
	}
	want := "::error file=a b/shop.cdx.json,line=7,title=CVE-2021-44228::Act now (974): CVE-2021-44228 in pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1. Update to 2.17.1.\n" +
		"::error file=a%2Cb%3Ac.json%0A%3A%3Astop,line=1,title=MAL-2026-1::Schedule (400): MAL-2026-1 in pkg:npm/%2540x/y@1.0.0?a=<b>|`c`. Update to 1.0%0D%0A::set-env name=X::y%25.\n"
	if b.String() != want {
		t.Errorf("%s", b.String())
	}
	for range maxAnnotations + 5 {
		r.Findings = append(r.Findings, r.Findings[0])
	}
	b.Reset()
	if err := Annotate(&b, r); err != nil || strings.Count(b.String(), "::error ") != maxAnnotations || !strings.Contains(b.String(), "::8 more: GATE FAIL") {
		t.Errorf("%v\n%s", err, b.String())
	}
	b.Reset()
	if err := Annotate(&b, samples()["unknown"]); err != nil || b.String() != "::warning title=Tidemark::GATE UNKNOWN: pkg:npm/x: no-feed\n" {
		t.Errorf("%v\n%s", err, b.String())
	}
}
