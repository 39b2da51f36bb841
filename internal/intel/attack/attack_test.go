package attack

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/advisory"
)

const mapping = `{"metadata":{"mapping_version":"","technology_domain":"enterprise","attack_version":"16.1","mapping_framework":"kev",
 "mapping_framework_version":"07/28/2025","author":null,"creation_date":"07/28/2025","last_update":"08/28/2025",
 "mapping_types":{"primary_impact":{"name":"primary_impact","description":""}},"capability_groups":{"xxe":"XML External Entity"}},
 "mapping_objects":[
 {"capability_id":"CVE-2024-34102","capability_description":"d","mapping_type":"exploitation_technique","attack_object_id":"T1190",
  "attack_object_name":"Exploit Public-Facing Application","capability_group":"xxe","comments":"c","references":["https://example.com"],"status":"complete"},
 {"capability_id":"CVE-2024-34102","mapping_type":"primary_impact","attack_object_id":"T1059","attack_object_name":"Command and Scripting Interpreter","status":"complete"},
 {"capability_id":"CVE-2024-34102","mapping_type":"primary_impact","attack_object_id":"T1059","attack_object_name":"Command and Scripting Interpreter","status":"complete"},
 {"capability_id":"CVE-2021-37975","mapping_type":"secondary_impact","attack_object_id":"T1059.007","attack_object_name":" JavaScript\n","status":"complete"},
 {"capability_id":"CVE-2020-0001","mapping_type":null,"attack_object_id":null,"attack_object_name":null,"status":"non_mappable"},
 {"capability_id":"AC-2","mapping_type":"primary_impact","attack_object_id":"T1059","status":"complete"},
 {"capability_id":"CVE-2020-0002","mapping_type":"mitigates","attack_object_id":"T1059","status":"complete"},
 {"capability_id":"CVE-2020-0003","mapping_type":"primary_impact","attack_object_id":"TA0001","status":"complete"},
 {"capability_id":7}]}`

func TestParseMapping(t *testing.T) {
	t.Parallel()
	got, err := ParseMapping(strings.NewReader(mapping))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2025, 8, 28, 0, 0, 0, 0, time.UTC)
	use := func(cve string, role advisory.Role, technique, title string) advisory.Use {
		return advisory.Use{
			CVE: cve, Feed: advisory.FeedAttack, Role: role, Technique: technique, Title: title,
			Source: "CTID, kev of 2025-07-28, ATT&CK 16.1 enterprise", Date: at,
		}
	}
	want := []advisory.Use{
		use("CVE-2021-37975", advisory.RoleLater, "T1059.007", "JavaScript"),
		use("CVE-2024-34102", advisory.RoleExploitation, "T1190", "Exploit Public-Facing Application"),
		use("CVE-2024-34102", advisory.RoleImpact, "T1059", "Command and Scripting Interpreter"),
	}
	if diff := cmp.Diff(want, got.Entries); diff != "" || !got.Date.Equal(at) {
		t.Error(got.Date, diff)
	}
	if len(got.Rejected) != 4 || got.Rejected[0].Where != "mapping 6" {
		t.Errorf("%+v", got.Rejected)
	}
	for name, bad := range map[string]string{
		"half":        mapping[:len(mapping)/2],
		"of controls": strings.Replace(mapping, `"kev"`, `"nist_800_53"`, 1),
		"no objects":  `{"metadata":{"mapping_framework":"kev","attack_version":"16.1"}}`,
		"no day":      strings.Replace(mapping, "08/28/2025", "soon", 1),
	} {
		if _, err := ParseMapping(strings.NewReader(bad)); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

func TestParseTable(t *testing.T) {
	t.Parallel()
	got, err := ParseTable(strings.NewReader("CVE ID,Primary Impact,Secondary Impact,Exploitation Technique,Uncategorized,Phase\n" +
		"CVE-2019-1942,T1059,T1005; T1565.001,T1133; T1078 ,,Phase 2\nCVE-2019-3791,,,,,Phase 2\nCVE-2018-1,X,,T1190,,Phase 2\nCVE-2020-1001,nonsense,,T1190,,Phase 2\n"))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, e := range got.Entries {
		found = append(found, e.CVE+" "+string(e.Role)+" "+e.Technique)
	}
	want := []string{
		"CVE-2019-1942 exploitation T1078", "CVE-2019-1942 exploitation T1133", "CVE-2019-1942 impact T1059",
		"CVE-2019-1942 secondary impact T1005", "CVE-2019-1942 secondary impact T1565.001", "CVE-2020-1001 exploitation T1190",
	}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Error(diff)
	}
	if len(got.Rejected) != 2 || got.Rejected[0].Where != "line 4" {
		t.Errorf("%+v", got.Rejected)
	}
	if _, err := ParseTable(strings.NewReader("CVE,Technique\n")); err == nil {
		t.Error("any table was taken")
	}
}

const bundle = `{"type":"bundle","id":"bundle--1","spec_version":"2.1","objects":[
 {"type":"x-mitre-collection","id":"x-mitre-collection--1","name":"Enterprise ATT&CK","x_mitre_version":"17.1","modified":"2025-05-06T14:00:00.188Z"},
 {"type":"relationship","id":"relationship--1","relationship_type":"uses","source_ref":"intrusion-set--41","target_ref":"attack-pattern--1190",
  "description":"[APT41](https://attack.mitre.org/groups/G0096) exploited CVE-2020-10189 and CVE-2019-19781, and CVE-2020-10189 again.(Citation: x)"},
 {"type":"relationship","id":"relationship--2","relationship_type":"uses","source_ref":"campaign--7","target_ref":"attack-pattern--1190","description":"They exploited CVE-2021-44207."},
 {"type":"relationship","id":"relationship--3","relationship_type":"attributed-to","source_ref":"campaign--7","target_ref":"intrusion-set--41"},
 {"type":"relationship","id":"relationship--4","relationship_type":"uses","source_ref":"malware--1","target_ref":"attack-pattern--1190","description":"It exploits CVE-2017-0144."},
 {"type":"relationship","id":"relationship--5","relationship_type":"uses","source_ref":"intrusion-set--41","target_ref":"attack-pattern--old","description":"CVE-2015-0001"},
 {"type":"relationship","id":"relationship--6","relationship_type":"uses","source_ref":"intrusion-set--41","target_ref":"attack-pattern--1190","description":"CVE-2015-0002","revoked":true},
 {"type":"relationship","id":"relationship--7","relationship_type":"uses","source_ref":"intrusion-set--41","target_ref":"attack-pattern--1190","description":"no weakness is named"},
 {"type":"attack-pattern","id":"attack-pattern--1190","name":"Exploit Public-Facing Application","external_references":[{"source_name":"other","external_id":"X"},{"source_name":"mitre-attack","external_id":"T1190"}]},
 {"type":"attack-pattern","id":"attack-pattern--old","name":"Gone","x_mitre_deprecated":true,"external_references":[{"source_name":"mitre-attack","external_id":"T1000"}]},
 {"type":"intrusion-set","id":"intrusion-set--41","name":"APT41","external_references":[{"source_name":"mitre-attack","external_id":"G0096"}]},
 {"type":"campaign","id":"campaign--7","name":"C0017","external_references":[{"source_name":"mitre-attack","external_id":"C0017"}]},
 {"type":"malware","id":"malware--1","name":"W","modified":"not a time"}]}`

func TestParseBundle(t *testing.T) {
	t.Parallel()
	got, err := ParseBundle(strings.NewReader(bundle))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, e := range got.Entries {
		found = append(found, strings.Join([]string{e.CVE, string(e.Role), e.Technique, e.Title, e.Group, e.GroupName, e.Source}, "|"))
	}
	tail := "|group|T1190|Exploit Public-Facing Application|G0096|APT41|MITRE ATT&CK 17.1"
	if diff := cmp.Diff([]string{"CVE-2019-19781" + tail, "CVE-2020-10189" + tail, "CVE-2021-44207" + tail}, found); diff != "" {
		t.Error(diff)
	}
	if len(got.Rejected) != 1 || got.Rejected[0].Where != "object 13" || got.Date.Year() != 2025 {
		t.Errorf("%+v %v", got.Rejected, got.Date)
	}
	for name, bad := range map[string]string{
		"half": bundle[:len(bundle)-20], "none": `{"type":"bundle"}`, "a list": `[]`, "two lists": `{"objects":[],"objects":[]}`, "empty": "",
	} {
		if _, err := ParseBundle(strings.NewReader(bad)); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

func TestMerge(t *testing.T) {
	t.Parallel()
	old := Uses{Date: time.Unix(1, 0), Entries: []advisory.Use{{CVE: "CVE-2020-0001", Role: advisory.RoleImpact, Technique: "T1059", Date: time.Unix(1, 0)}}}
	new := Uses{Date: time.Unix(2, 0), Entries: []advisory.Use{
		{CVE: "CVE-2020-0001", Role: advisory.RoleImpact, Technique: "T1059", Title: "newer", Date: time.Unix(2, 0)},
		{CVE: "CVE-2020-0001", Role: advisory.RoleLater, Technique: "T1059", Date: time.Unix(2, 0)},
	}}
	a, b := Merge(old, new), Merge(new, old)
	if diff := cmp.Diff(new.Entries, a.Entries); diff != "" || !cmp.Equal(a, b) || !a.Date.Equal(new.Date) {
		t.Error(diff, cmp.Diff(a, b))
	}
}

func FuzzParse(f *testing.F) {
	f.Add(mapping)
	f.Add(bundle)
	f.Add("CVE ID,Primary Impact,Secondary Impact,Exploitation Technique,Uncategorized,Phase\nCVE-2019-1942,T1059,T1005; T1565.001,T1133,,Phase 2\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, parse := range []func(string) (Uses, error){
			func(s string) (Uses, error) { return ParseMapping(strings.NewReader(s)) },
			func(s string) (Uses, error) { return ParseTable(strings.NewReader(s)) },
			func(s string) (Uses, error) { return ParseBundle(strings.NewReader(s)) },
		} {
			got, err := parse(text)
			if err != nil && len(got.Entries) > 0 {
				t.Fatal("a document that is refused gave entries")
			}
			for _, e := range got.Entries {
				if !advisory.IsCVE(e.CVE) || !advisory.IsTechnique(e.Technique) || (e.Role == advisory.RoleGroup) != (e.Group != "") {
					t.Fatalf("%+v", e)
				}
			}
		}
	})
}
