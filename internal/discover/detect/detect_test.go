package detect

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/realdata"
	"github.com/tidemark/tidemark/internal/twin"
)

var now = time.Date(2026, 8, 10, 12, 0, 0, 0, time.UTC)

const sum = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

const falco = `{"hostname":"node-1","output":"12:00:00 Notice CVE-1999-0001 was written by the attacker (user=root)","priority":"Critical","rule":"Java Process Class File Download (CVE-2021-44228)","source":"syscall","tags":["T1190","mitre_initial_access","container"],"time":"2026-08-10T10:00:00.123456789Z","output_fields":{"container.id":"1a2b3c","container.image.repository":"registry.example/shop","container.image.tag":"1.2","container.image.digest":"` + sum + `","container.name":"app","evt.time":1786356000123456789,"k8s.ns.name":"shop","k8s.pod.name":"checkout-7d9f8c6b5-x2x1z","proc.exepath":"/usr/bin/java","proc.name":"java"}}`

const ocsf = `{"class_uid":2004,"category_uid":2,"activity_id":1,"type_uid":200401,"time":1786356000000,"severity":"High","severity_id":4,"status_id":1,"is_alert":true,
 "metadata":{"version":"1.4.0","product":{"name":"GuardDuty"}},
 "finding_info":{"title":"a shell","uid":"f-1","analytic":{"name":"Execution:Runtime/ReverseShell"},"attacks":[{"technique":{"uid":"T1059","name":"x"},"sub_technique":{"uid":"T1059.004"}}],"first_seen_time":1786352400000},
 "vulnerabilities":[{"cve":{"uid":"CVE-2022-0543"}}],
 "evidences":[{"process":{"name":"sh","file":{"path":"/bin/sh"},"container":{"name":"redis","image":{"name":"redis:6.0@` + sum + `"}}}}],
 "resources":[{"type":"Pod","name":"cache-0","namespace":"shop"},{"type":"AwsEksCluster","name":"c"}]}`

func TestFalco(t *testing.T) {
	t.Parallel()
	got, err := Parse(strings.NewReader(falco+"\n\n"+strings.Replace(falco, "T10:00:00", "T09:00:00", 1)+"\n"), now)
	if err != nil {
		t.Fatal(err)
	}
	want := []twin.Detection{{
		Tool: "falco", Rule: "Java Process Class File Download (CVE-2021-44228)", Severity: "critical", Techniques: []string{"T1190"},
		Weaknesses: []string{"CVE-2021-44228"}, Namespace: "shop", Names: []string{"checkout", "checkout-7d9f8c6b5", "checkout-7d9f8c6b5-x2x1z"},
		Container: "app", Image: "registry.example/shop:1.2", Digest: sum, Process: "/usr/bin/java", Host: "node-1",
		First: time.Date(2026, 8, 10, 9, 0, 0, 123456000, time.UTC), Last: time.Date(2026, 8, 10, 10, 0, 0, 123456000, time.UTC),
	}}
	if diff := cmp.Diff(want, got.Detections); diff != "" || len(got.Rejected)+len(got.Ignored) > 0 {
		t.Error(diff, got.Rejected, got.Ignored)
	}
}

func TestOCSF(t *testing.T) {
	t.Parallel()
	want := []twin.Detection{{
		Tool: "guardduty", Rule: "Execution:Runtime/ReverseShell", Severity: "high", Techniques: []string{"T1059", "T1059.004"},
		Weaknesses: []string{"CVE-2022-0543"}, Namespace: "shop", Names: []string{"cache", "cache-0"}, Container: "redis",
		Image: "redis:6.0", Digest: sum, Process: "/bin/sh", First: time.UnixMilli(1786352400000).UTC(), Last: time.UnixMilli(1786356000000).UTC(),
	}}
	for name, text := range map[string]string{"document": ocsf, "array": "[" + ocsf + "]", "lines": strings.ReplaceAll(ocsf, "\n", "")} {
		got, err := Parse(strings.NewReader(text), now)
		if diff := cmp.Diff(want, got.Detections); diff != "" || err != nil {
			t.Error(name, err, diff)
		}
	}
}

func TestPassedOverAndRefused(t *testing.T) {
	t.Parallel()
	one := strings.ReplaceAll(ocsf, "\n", "")
	text := strings.Join([]string{
		strings.Replace(falco, `"Critical"`, `"Informational"`, 1),
		strings.Replace(falco, `"Critical"`, `"Informational"`, 1),
		strings.Replace(one, `2004`, `2003`, 1),
		strings.Replace(one, `"status_id":1`, `"status_id":3`, 1),
		strings.Replace(one, `"status_id":1`, `"status_id":1,"status_code":"FAIL"`, 1),
		`{"class_uid":2004,"time":1786356000000,"finding_info":{"title":"t"}}`,
		`{`, `{"a":1}`, `7`,
		strings.Replace(falco, "2026-08-10", "2036-08-10", 1),
		strings.Replace(falco, `"rule":"Java Process Class File Download (CVE-2021-44228)"`, `"rule":""`, 1),
		strings.Replace(falco, "\"time\":\"2026-08-10T10:00:00.123456789Z\",", "", 1),
	}, "\n")
	got, err := Parse(strings.NewReader(text), now)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Detections) != 0 || len(got.Ignored) != 5 || len(got.Rejected) != 6 {
		t.Errorf("%d taken; ignored %+v; refused %+v", len(got.Detections), got.Ignored, got.Rejected)
	}
	if i := slices.IndexFunc(got.Ignored, func(r twin.Rejection) bool { return strings.Contains(r.Reason, "Informational") }); i < 0 || !strings.Contains(got.Ignored[i].Reason, "1 more") || got.Ignored[i].Where != "line 1" {
		t.Errorf("%+v", got.Ignored)
	}
	for _, bad := range []string{"", "  \n", "[", `[{"a":1}`, "{\n\"a\":", "[" + falco} {
		if got, err := Parse(strings.NewReader(bad), now); err == nil {
			t.Errorf("%q was taken: %+v", bad, got)
		}
	}
}

// TestChecksAreNoAttacks reads real results of checks, which come in the same class.
func TestChecksAreNoAttacks(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"prowler/example_output_gcp.ocsf.json", "prowler/example_output_azure.ocsf.json", "aws_prowler_v3plus/many_vuln_after_4_5_0.ocsf.json"} {
		f, err := os.Open(filepath.Join(realdata.Dir(t, "scanner-reports"), name))
		if err != nil {
			t.Fatal(err)
		}
		got, err := Parse(f, now)
		if err != nil || len(got.Detections) > 0 || len(got.Ignored) == 0 {
			t.Errorf("%s: %v, %d taken, ignored %v, refused %v", name, err, len(got.Detections), got.Ignored, got.Rejected)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(falco)
	f.Add(ocsf)
	f.Add("[" + falco + "," + strings.ReplaceAll(ocsf, "\n", "") + "]")
	f.Add(falco + "\n" + falco)
	f.Fuzz(func(t *testing.T, text string) {
		got, err := Parse(strings.NewReader(text), now)
		if err != nil && len(got.Detections) > 0 {
			t.Fatal("a document that is refused gave detections")
		}
		keys := map[string]bool{}
		for _, d := range got.Detections {
			if d.Rule == "" || d.First.IsZero() || d.Last.Before(d.First) || keys[d.Key()] {
				t.Fatalf("%+v", d)
			}
			keys[d.Key()] = true
		}
		again, err2 := Parse(strings.NewReader(text), now)
		if diff := cmp.Diff(got, again); diff != "" || (err == nil) != (err2 == nil) {
			t.Fatal("read twice, it says two things", diff)
		}
	})
}
