package part_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/discover/part"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/realdata"
	"github.com/tidemark/tidemark/internal/twin"
)

func read(t testing.TB, in discover.DocumentInput) discover.Reading {
	t.Helper()
	r, err := part.Read(t.Context(), in, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func file(t testing.TB, elem ...string) []byte {
	t.Helper()
	body, err := os.ReadFile(realdata.Dir(t, elem...))
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func lines(t testing.TB, r discover.Reading) []string {
	t.Helper()
	var out []string
	for _, thing := range r.Told[0].Things {
		line := thing.Kind + " " + thing.Name
		if thing.Kind == twin.KindFlow {
			var f twin.Flow
			if err := json.Unmarshal(thing.Spec, &f); err != nil || f.How != twin.FlowDocumented {
				t.Errorf("flow %s: %v", thing.Spec, err)
			}
			line += ": " + strings.Join(f.Data, " ")
		}
		out = append(out, line)
	}
	return out
}

func spec[T any](t testing.TB, r discover.Reading, kind, name string) (out T) {
	t.Helper()
	for _, thing := range r.Told[0].Things {
		if thing.Kind == kind && thing.Name == name {
			if err := json.Unmarshal(thing.Spec, &out); err != nil {
				t.Fatal(err)
			}
			return out
		}
	}
	t.Fatalf("there is no %s %q", kind, name)
	return out
}

func TestSaaSBOM(t *testing.T) {
	t.Parallel()
	r := read(t, discover.DocumentInput{Environment: "prod/shop", Body: file(t, "sboms", "cyclonedx-examples", "SaaSBOM", "apigateway-microservices-datastores", "bom.json")})
	want := []string{
		"DataStore postgresql://ms-1-pgsql.example.com",
		"DataStore s3://s3-example.amazon.com",
		"Flow Workload/prod/shop/API%20Gateway > Workload/prod/shop/Microservice%201: PII",
		"Flow Workload/prod/shop/API%20Gateway > Workload/prod/shop/Microservice%202: PIFI",
		"Flow Workload/prod/shop/API%20Gateway > Workload/prod/shop/Microservice%203: Public",
		"Flow Workload/prod/shop/Acme%20Cloud%20Example > Workload/prod/shop/API%20Gateway: PIFI PII Public",
		"Flow Workload/prod/shop/Microservice%201 > DataStore//postgresql://ms-1-pgsql.example.com: PII",
		"Flow Workload/prod/shop/Microservice%203 > DataStore//s3://s3-example.amazon.com: Public",
	}
	if diff := cmp.Diff(want, lines(t, r)); diff != "" {
		t.Error(diff)
	}
	store := spec[twin.DataStore](t, r, twin.KindDataStore, "postgresql://ms-1-pgsql.example.com")
	if diff := cmp.Diff(twin.DataStore{System: "postgresql", Address: "ms-1-pgsql.example.com:5432", Title: "Postgres", Version: "14.1", Data: []string{"PII"}}, store); diff != "" {
		t.Error(diff)
	}
	if told := r.Told[0]; told.Source != "bom" || told.Scope != "prod/shop/Acme Cloud Example" || !told.Complete || told.Class != twin.Declared {
		t.Errorf("told %+v", told)
	}
}

func TestSaaSBOMWithFlows(t *testing.T) {
	t.Parallel()
	body := file(t, "conformance", "cyclonedx", "tools", "src", "test", "resources", "1.7", "valid-saasbom-1.7.json")
	got := lines(t, read(t, discover.DocumentInput{Body: body, Service: "stock"}))
	for _, want := range []string{
		"Flow Workload/*/Stock%20Ticker%20Service > Workload/*/Microservice%201: PII",
		"Flow Workload/*/Microservice%201 > DataStore//postgresql://ms-1-pgsql.example.com: PII",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("%q is not in %q", want, got)
		}
	}
}

func TestForeignServices(t *testing.T) {
	t.Parallel()
	body := `{"bomFormat":"CycloneDX","metadata":{"component":{"bom-ref":"app","name":"shop","type":"application","supplier":{"name":"Us"}}},"services":[
	 {"bom-ref":"pay","name":"Payments","version":"2","provider":{"name":"Stripe"},"endpoints":["https://u:p@api.stripe.com/v1?k=s","https://b.stripe.com"],"authenticated":true,"x-trust-boundary":true,
	  "data":[{"classification":"card","flow":"outbound","destination":["https://files.stripe.com/x"]},{"classification":"receipt","flow":"inbound"},{"classification":"card","flow":"outbound"}]},
	 {"bom-ref":"mail","name":"Mail","x-trust-boundary":true},
	 {"bom-ref":"own","name":"worker","provider":{"name":"Us"},"x-trust-boundary":true},
	 {"name":"bad\u001b[31m name"}],
	 "dependencies":[{"ref":"app","dependsOn":["pay","mail","own","nobody"]},{"ref":"nobody","dependsOn":["pay"]}]}`
	r := read(t, discover.DocumentInput{Body: []byte(body)})
	want := []string{
		"SaaS api.stripe.com", "SaaS mail",
		"Flow SaaS//api.stripe.com > SaaS//files.stripe.com: card",
		"Flow Workload/*/shop > SaaS//api.stripe.com: card receipt",
		"Flow Workload/*/shop > SaaS//mail: ",
		"Flow Workload/*/shop > Workload/*/worker: ",
	}
	if diff := cmp.Diff(want, lines(t, r)); diff != "" {
		t.Error(diff)
	}
	saas := twin.SaaS{
		Title: "Payments", Provider: "Stripe", Version: "2", Endpoints: []string{"https://api.stripe.com/v1", "https://b.stripe.com"},
		Authenticated: "yes", Boundary: "yes", Data: []twin.DataGoing{{Class: "card", Way: "out"}, {Class: "receipt", Way: "in"}},
	}
	if diff := cmp.Diff(saas, spec[twin.SaaS](t, r, twin.KindSaaS, "api.stripe.com")); diff != "" {
		t.Error(diff)
	}
}

func TestMLBOM(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"1.5", "1.6", "1.7"} {
		body := file(t, "conformance", "cyclonedx", "tools", "src", "test", "resources", version, "valid-machine-learning-"+version+".json")
		r := read(t, discover.DocumentInput{Body: body, Service: "draw", Environment: "prod"})
		want := []string{
			"Dataset Training Data", "Model CompVis/stable-diffusion@1.4",
			"Flow Workload/prod/draw > Model//CompVis/stable-diffusion@1.4: ",
		}
		if diff := cmp.Diff(want, lines(t, r)); diff != "" {
			t.Errorf("%s: %s", version, diff)
		}
		m := spec[twin.Model](t, r, twin.KindModel, "CompVis/stable-diffusion@1.4")
		if m.Approach != "supervised" || !slices.Equal(m.Inputs, []string{"string"}) || len(m.Measures) != 1 || len(m.Ethics) == 0 {
			t.Errorf("%s: got %+v", version, m)
		}
		if d := spec[twin.Dataset](t, r, twin.KindDataset, "Training Data"); d.URL != "https://example.com/path/to/dataset" || !slices.Equal(d.Data, []string{"public"}) {
			t.Errorf("%s: got %+v", version, d)
		}
		links := r.Told[0].Things[1].Links
		if diff := cmp.Diff([]twin.Link{{Rel: twin.RelReads, To: twin.End{Kind: twin.KindDataset, Name: "Training Data"}}}, links); diff != "" {
			t.Errorf("%s: %s", version, diff)
		}
	}
}

func TestSPDX3(t *testing.T) {
	t.Parallel()
	r := read(t, discover.DocumentInput{Body: file(t, "sboms", "spdx-examples", "ai", "example01", "spdx3.0", "simplehtr-example.json")})
	want := []string{"Dataset IAMdataset", "Model line-model@0.0", "Model word-model@0.0"}
	if diff := cmp.Diff(want, lines(t, r)); diff != "" {
		t.Error(diff)
	}
	if m := spec[twin.Model](t, r, twin.KindModel, "word-model@0.0"); m.SafetyRisk != "low" || len(m.Measures) == 0 || len(m.UseCases) != 3 {
		t.Errorf("got %+v", m)
	}
	if links := r.Told[0].Things[1].Links; len(links) == 0 || links[0].To.Name != "IAMdataset" {
		t.Errorf("links %v", links)
	}
}

// TestEveryRealDocument reads all of the examples: what holds such parts is read,
// what does not says nothing.
func TestEveryRealDocument(t *testing.T) {
	t.Parallel()
	read, told := 0, 0
	for _, root := range []string{realdata.Dir(t, "sboms"), realdata.Dir(t, "conformance", "cyclonedx", "tools")} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || filepath.Ext(path) != ".json" || strings.HasPrefix(entry.Name(), "invalid-") {
				return err
			}
			body, err := os.ReadFile(path)
			if err != nil || !part.Holds(body) {
				return err
			}
			r, err := part.Attached(discover.DocumentInput{Body: body})
			if err != nil {
				t.Errorf("%s: %v", path, err)
			}
			read++
			told += len(r.Told)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if read < 20 || told < 15 {
		t.Errorf("%d documents were read, %d say something", read, told)
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"nothing":      "",
		"another":      `{"services":[]}`,
		"no services":  `{"bomFormat":"CycloneDX","components":[]}`,
		"a wrong kind": `{"bomFormat":"CycloneDX","services":{"a":1}}`,
		"a key twice":  `{"bomFormat":"CycloneDX","services":[{"name":"a","name":"b"}]}`,
	} {
		_, err := part.Read(t.Context(), discover.DocumentInput{Body: []byte(body)}, time.Time{})
		if fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if r, err := part.Attached(discover.DocumentInput{Body: []byte("SPDXVersion: SPDX-2.3")}); err != nil || len(r.Told) > 0 {
		t.Errorf("a document of another form: %v %v", r, err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"bomFormat":"CycloneDX","metadata":{"component":{"bom-ref":"a","name":"x"}},"services":[{"bom-ref":"b","name":"redis","endpoints":["tcp://h:1"],"data":[{"classification":"c","flow":"inbound","source":["urn:cdx:1/1#a","https://h"]}],"services":[{}]}],"dependencies":[{"ref":"a","dependsOn":["b","a"]}]}`))
	f.Add([]byte(`{"bomFormat":"CycloneDX","components":[{"type":"machine-learning-model","name":"m","modelCard":{"modelParameters":{"datasets":[{"ref":"d"},{"name":"n","sensitiveData":"x"}]}}},{"type":"data","bom-ref":"d","name":"d","data":[{}]}]}`))
	f.Add([]byte(`{"@graph":[{"type":"ai_AIPackage","spdxId":"a","name":"m"},{"type":"dataset_DatasetPackage","spdxId":"d","name":"n"},{"type":"Relationship","relationshipType":"trainedOn","from":"a","to":"d"}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		in := discover.DocumentInput{Body: body, Service: "s"}
		one, err := part.Attached(in)
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Errorf("the error is %v", err)
			}
			return
		}
		two, err := part.Attached(in)
		if diff := cmp.Diff(one, two); err != nil || diff != "" {
			t.Errorf("read again it says another thing: %v %s", err, diff)
		}
		for _, told := range one.Told {
			for _, thing := range told.Things {
				if thing.Name == "" || strings.TrimSpace(thing.Name) != thing.Name || !json.Valid(thing.Spec) {
					t.Errorf("thing %q %s", thing.Name, thing.Spec)
				}
			}
		}
	})
}
