package accuracy

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/cmd/tidemark/gate"
	"github.com/tidemark/tidemark/internal/discover/sbom"
	"github.com/tidemark/tidemark/internal/realdata"
)

// A document is a real SBOM.
type document struct {
	name string // below the shared data
	path string
	body []byte
	kind string // "cdx" or "spdx"
}

// documents are all SBOMs of the shared data that can be read, and the reports
// of scanners that are SBOMs.
func documents(t *testing.T) (list []document) {
	root := realdata.Dir(t)
	for _, folder := range []string{"sboms", "scanner-reports/cyclonedx"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".json" {
				return err
			}
			body, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			name, err := filepath.Rel(root, path)
			if isSBOM(body) {
				list = append(list, document{filepath.ToSlash(name), path, body, kindOf(body)})
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(list) < 40 {
		t.Fatalf("only %d SBOMs", len(list))
	}
	return list
}

// isSBOM reports whether a file can be read and names packages.
func isSBOM(body []byte) bool {
	_, err := sbom.Parse(body, sbom.Options{})
	return err == nil && bytes.Contains(body, []byte(`pkg:`))
}

func isSPDX3(body []byte) bool { return bytes.Contains(body, []byte("https://spdx.org/rdf/3.")) }

func kindOf(body []byte) string {
	if bytes.Contains(body, []byte(`"spdxVersion"`)) {
		return "spdx"
	}
	return "cdx"
}

// purls lists every package URL that stands in a document as one, with the
// source package that Trivy writes beside it.
func (d *document) purls(t *testing.T) map[string]string {
	var tree any
	if err := json.Unmarshal(d.body, &tree); err != nil {
		t.Fatalf("%s: %v", d.name, err)
	}
	found := map[string]string{}
	collect(tree, found)
	return found
}

func collect(node any, found map[string]string) {
	switch n := node.(type) {
	case []any:
		for _, v := range n {
			collect(v, found)
		}
	case map[string]any:
		if p, ok := n["purl"].(string); ok {
			found[p] = trivySource(n["properties"])
		}
		if p, ok := n["referenceLocator"].(string); ok && n["referenceType"] == "purl" {
			found[p] = ""
		}
		if p, ok := n["software_packageUrl"].(string); ok {
			found[p] = ""
		}
		for key, v := range n {
			if key == "@graph" || key == "components" || key == "packages" || key == "externalRefs" || key == "metadata" || key == "component" {
				collect(v, found)
			}
		}
	}
}

// trivySource is NAME@VERSION of Trivy's properties.
func trivySource(properties any) string {
	list, _ := properties.([]any)
	said := map[string]string{}
	for _, p := range list {
		if m, ok := p.(map[string]any); ok {
			name, _ := m["name"].(string)
			said[strings.TrimPrefix(name, "aquasecurity:trivy:")], _ = m["value"].(string)
		}
	}
	if said["SrcName"] == "" {
		return ""
	}
	version := said["SrcVersion"]
	if said["SrcRelease"] != "" {
		version += "-" + said["SrcRelease"]
	}
	if e := said["SrcEpoch"]; e != "" && e != "0" {
		version = e + ":" + version
	}
	return said["SrcName"] + "@" + version
}

// day is when everything is asked.
func day() time.Time { return time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC) }

// compiled is an index of all archives.
func compiled(t *testing.T) *gate.Knowledge {
	index := filepath.Join(t.TempDir(), "all.tmidx")
	if _, err := gate.Compile(t.Context(), realdata.Dir(t, "osv"), index, day()); err != nil {
		t.Fatal(err)
	}
	known, err := gate.OpenIndex(index)
	if err != nil {
		t.Fatal(err)
	}
	return known
}

// scanned is what "scan" says of all documents, by document and purl.
func scanned(t *testing.T, known *gate.Knowledge, docs []document) map[string]map[string][]api.Match {
	var paths []string
	names := map[string]string{}
	for _, d := range docs {
		paths, names[d.path] = append(paths, d.path), d.name
	}
	read, err := gate.ReadTargets(t.Context(), paths)
	if err != nil || len(read.Rejected) > 0 {
		t.Fatal(err, read.Rejected)
	}
	out := gate.Scan(known, read, day())
	by := map[string]map[string][]api.Match{}
	for _, it := range out.Items {
		name := names[it.SBOM]
		if by[name] == nil {
			by[name] = map[string][]api.Match{}
		}
		by[name][it.Purl] = append(by[name][it.Purl], it)
	}
	return by
}

// agreement counts what two evaluators found of one ecosystem.
type agreement struct {
	Both       int `json:"both"`
	OnlyOurs   int `json:"only_ours"`
	OnlyTheirs int `json:"only_theirs"`
}

// against compares, record by record, what a scan says with the
// reference.
func (ref reference) against(t *testing.T, docs []document, ours map[string]map[string][]api.Match) map[string]*agreement {
	all := map[string]*agreement{}
	for _, d := range docs {
		for purl, source := range d.purls(t) {
			p, asked := refParse(purl, source)
			if !asked {
				continue
			}
			n := all[p.ecosystem]
			if n == nil {
				n = &agreement{}
				all[p.ecosystem] = n
			}
			compareRecords(t, d.name+" "+purl, recordsOf(ours[d.name][purl]), ref.affecting(t, p), n)
		}
	}
	return all
}

// recordsOf are the records that the reasons of items name.
func recordsOf(items []api.Match) (ids []string) {
	for _, it := range items {
		for reason := range strings.SplitSeq(it.Reason, " | ") {
			last := reason[strings.LastIndex(reason, "; ")+2:]
			id, _, _ := strings.Cut(last, " ")
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func compareRecords(t *testing.T, what string, ours, theirs []string, n *agreement) {
	for _, id := range ours {
		if slices.Contains(theirs, id) {
			n.Both++
			continue
		}
		n.OnlyOurs++
		t.Errorf("%s: %s, not in the reference", what, id)
	}
	for _, id := range theirs {
		if !slices.Contains(ours, id) {
			n.OnlyTheirs++
			t.Errorf("%s: %s, only in the reference", what, id)
		}
	}
}
