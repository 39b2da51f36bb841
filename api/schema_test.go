package api

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write docs/schemas anew")

// documents are all documents that a command prints, by schema name.
func documents() map[string]any {
	return map[string]any{
		SchemaExposures: List[Exposure]{}, SchemaExposure: ExposureDetail{}, SchemaExplain: Explanation{},
		SchemaMatches: Matches{}, SchemaGate: Gate{}, SchemaCompiled: Compiled{}, SchemaBundled: Bundled{}, SchemaAffected: Affected{}, SchemaActions: List[Action]{},
		SchemaAction: ActionDetail{}, SchemaFunnel: Funnel{}, SchemaTrend: Trend{}, SchemaCoverage: MeasureCoverage{},
		SchemaReceipts: Receipts{}, SchemaIntel: IntelReport{}, SchemaFeeds: List[Feed]{}, SchemaWorkloads: List[Workload]{},
		SchemaArtifacts: List[Artifact]{}, SchemaComponents: List[Component]{}, SchemaServices: List[Service]{},
		SchemaSources: List[Source]{}, SchemaAudit: Audit{}, SchemaDoctor: Doctor{}, SchemaVersion: Version{},
		SchemaUsers: List[User]{}, SchemaUser: UserDetail{}, SchemaTokens: List[Token]{}, SchemaToken: TokenDetail{},
		SchemaFacets: Facets{}, SchemaGroups: List[Group]{}, SchemaOverview: Overview{}, SchemaProducts: List[Product]{},
		SchemaProduct: ProductDetail{}, SchemaMatrix: Matrix{}, SchemaPage: ExposurePageDoc{}, SchemaSearch: SearchResult{},
		SchemaReceipt: ReceiptStatus{}, SchemaFirstRun: FirstRun{}, SchemaSession: Session{}, SchemaDrill: Drill{},
		SchemaAuditLog: List[AuditEntry]{}, SchemaIntelNews: List[Change]{}, SchemaScope: Scope{}, SchemaScopeApplied: ScopeApplied{},
		SchemaScopes: List[ScopeVersion]{}, SchemaCompacted: Compacted{}, SchemaJob: Job{}, SchemaEvents: List[IntelEvent]{}, SchemaEventNotice: EventNotice{},
		SchemaFlows: Flows{}, SchemaWebhooks: List[Webhook]{}, SchemaWebhook: WebhookDetail{}, SchemaWebhookTest: WebhookTest{},
		SchemaThings: List[Thing]{}, SchemaThing: ThingPage{}, SchemaSBOM: SBOM{}, SchemaKinds: List[Kind]{}, SchemaEndpoints: List[Endpoint]{}, SchemaIdentities: List[Identity]{},
		SchemaTree: Tree{}, SchemaDiff: Diff{}, SchemaTwinCoverage: TwinCoverage{}, SchemaOwnership: Ownership{}, SchemaChain: Chain{},
		SchemaDoors: List[Proof]{}, SchemaAccess: List[Proof]{}, SchemaFacts: List[Proof]{}, SchemaReach: List[Reach]{},
		SchemaDrift: List[Drift]{}, SchemaConnected: Connected{}, "tidemark.error/v1": Error{},
	}
}

// TestSchemasAreWhatTheTypesSay holds docs/schemas against the wire types, so
// that a change of a type is a visible change of a published document.
func TestSchemasAreWhatTheTypesSay(t *testing.T) {
	t.Parallel()
	for name, doc := range documents() {
		schema := schemaOf(reflect.TypeOf(doc))
		schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
		schema["title"] = name
		if props, ok := schema["properties"].(map[string]any); ok && props["schema"] != nil {
			props["schema"] = map[string]any{"const": name}
		}
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetIndent("", "  ")
		if err := enc.Encode(schema); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("..", "docs", "schemas", strings.ReplaceAll(name, "/", ".")+".json")
		if *update {
			if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want), b.String()); d != "" {
			t.Errorf("%s differs from the types (run the test with -update and read the diff):\n%s", file, d)
		}
	}
}

// schemaOf gives the JSON Schema of a wire type. Additional properties are
// allowed: documents grow.
func schemaOf(t reflect.Type) map[string]any {
	if t == reflect.TypeFor[time.Time]() {
		return map[string]any{"type": "string", "format": "date-time"}
	}
	if t == reflect.TypeFor[json.RawMessage]() {
		return map[string]any{} // whatever its source says
	}
	if t == reflect.TypeFor[[]byte]() {
		return map[string]any{"type": "string", "contentEncoding": "base64"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		inner := schemaOf(t.Elem())
		if kind, ok := inner["type"].(string); ok {
			inner["type"] = []string{kind, "null"}
		}
		return inner
	case reflect.Slice:
		return map[string]any{"type": "array", "items": schemaOf(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": schemaOf(t.Elem())}
	case reflect.Struct:
		props, required := map[string]any{}, []string{}
		fieldsOf(t, props, &required)
		return map[string]any{"type": "object", "properties": props, "required": required}
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return map[string]any{"type": "integer"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	}
	panic("no schema for " + t.String())
}

func fieldsOf(t reflect.Type, props map[string]any, required *[]string) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			fieldsOf(f.Type, props, required)
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		props[name] = schemaOf(f.Type)
		if options != "omitempty" {
			*required = append(*required, name)
		}
	}
}
