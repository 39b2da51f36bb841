package archtest

// A row of the import table: which rooms of ours a room may import. Everything
// may import fault; a room and its sub-rooms may import each other (Go itself
// refuses circles); of two sub-rooms of one room neither imports the other,
// unless that one is in the list of shared ones. A sub-room has its parent's row.
type row struct {
	room string
	may  []string
}

const everything = "*"

// rooms is the table of architecture.md, section 3. A new room needs a line
// here; one that is empty still does not exist.
var rooms = []row{
	// Words and wire types.
	{"fault", nil},
	{"hostile", nil}, // what every reader of outside JSON needs before it starts
	{"egress", nil},  // where a request of ours may go: whoever sends one asks it
	{"address", nil}, // which addresses a configuration names: for whoever reads manifests, and whoever watches a cluster
	{"api", nil},
	{"web", nil},

	// Nouns: twin <- advisory <- ctem.
	{"twin", nil},
	{"advisory", []string{"twin"}},
	{"ctem", []string{"twin", "advisory"}},
	{"access", nil}, // who may do what: beside the nouns of exposure, it knows none of them

	// Engines: pure, no I/O, no clock.
	{"match", []string{"ctem", "twin", "advisory"}},
	{"risk", []string{"ctem", "twin", "advisory"}},
	{"route", []string{"ctem", "twin", "advisory"}},
	{"policy", []string{"ctem", "twin", "advisory"}},
	{"triage", []string{"ctem", "twin", "advisory"}},
	{"lineage", []string{"ctem", "twin"}}, // where what runs comes from, and whether it is what was meant

	// Steps: read with a cursor, call an engine, commit. None imports another.
	{"scope", []string{"ctem", "twin"}},
	{"discover", []string{"ctem", "twin", "inventory", "address"}},
	{"discover/registry", []string{"ctem", "twin", "inventory", "egress"}}, // asks registries: the step that sends requests of its own
	{"discover/forge", []string{"ctem", "twin", "egress"}},                 // asks GitHub and GitLab
	{"intel", []string{"ctem", "advisory", "egress"}},
	{"assess", []string{"ctem", "twin", "advisory", "match"}},
	{"prioritize", []string{"ctem", "twin", "advisory", "risk", "route", "policy"}},
	{"validate", []string{"ctem", "twin", "route"}},
	{"mobilize", []string{"ctem", "twin", "advisory", "match", "risk", "route", "policy"}},
	{"news", []string{"ctem", "twin", "advisory"}}, // what a change in the world meant here: after the loop has followed it
	{"notify", []string{"ctem", "egress"}},         // tells other systems of events: webhooks, and what comes after them
	{"measure", []string{"ctem", "twin", "advisory", "risk", "policy"}},

	// Edges.
	{"cycle", []string{"ctem"}},
	{"inventory", []string{"twin"}},
	{"store", []string{"ctem", "twin", "advisory", "access"}},
	{"store/sqldb", []string{"ctem", "twin", "store/sqlite", "store/postgres"}}, // the only one that knows the engines
	{"store/evidencedb", []string{"ctem", "twin", "store/sqldb"}},
	{"store/thingdb", []string{"ctem", "twin", "store/sqldb"}}, // what is no workload, and how all hangs together: it reads what twindb writes
	{"store/estatedb", []string{"ctem", "twin", "store/sqldb"}},
	{"store/matchdb", []string{"ctem", "twin", "advisory", "store/sqldb"}},
	{"store/inteldb", []string{"ctem", "twin", "advisory", "store/sqldb"}},
	{"store/newsdb", []string{"ctem", "advisory", "store/sqldb"}}, // an event says what became of exposures: it reads their rows, and writes none
	{"store/sightdb", []string{"ctem", "twin", "store/sqldb"}},    // what sensors raised: beside the twin, which it does not change
	{"store/proofdb", []string{"ctem", "twin", "store/sqldb"}},    // proofs follow from the twin: it reads those rows, and writes none
	{"store/workdb", []string{"ctem", "store/sqldb"}},
	{"store/doordb", []string{"ctem", "store/sqldb"}},
	{"store/imagedb", []string{"ctem", "store/sqldb"}},                                                               // which images are in use, and when a registry is asked about them
	{"store/scopedb", []string{"ctem", "twin", "store/sqldb"}},                                                       // who owns a place follows from what runs there
	{"store/accessdb", []string{"ctem", "access", "store/sqldb"}},                                                    // of ctem: entries of the log
	{"store/twindb", []string{"ctem", "twin", "store/sqldb", "store/evidencedb", "store/estatedb", "store/sightdb"}}, // resolve folds evidence into what is read there
	{"store/exposuredb", []string{"ctem", "twin", "advisory", "store/sqldb", "store/matchdb", "store/workdb"}},       // an exposure shows its weakness and its decision
	{"store/sqlite", nil},
	{"store/postgres", nil},
	{"server", []string{"ctem", "twin", "advisory", "api", "web", "triage", "access", "lineage", "server/reply"}},
	{"server/reply", []string{"ctem", "api"}}, // what all questions have in common
	{"server/estate", []string{"ctem", "twin", "advisory", "api", "triage", "lineage", "route", "route/flow", "route/surface", "server/reply"}}, // the graph of flows is walked, and rights are judged, when it is asked for
	{"server/desk", []string{"ctem", "twin", "advisory", "api", "web", "triage", "access", "server/reply", "server/estate"}},                    // the twin's answers are a room of their own, that the desk hands on
	{"server/evidence", []string{"ctem", "twin", "advisory", "api", "web", "triage", "access"}},
	{"server/events", []string{"ctem", "twin", "advisory", "api", "web", "triage", "access"}},
	{"server/jobs", []string{"ctem", "twin", "advisory", "api", "web", "triage", "access"}},
	{"server/login", []string{"ctem", "twin", "advisory", "api", "web", "triage", "access"}},
	{"server/admission", []string{"api"}}, // reads what a cluster asks, and writes what it is answered
	{"server/picture", []string{"ctem", "twin", "advisory", "api", "web", "triage", "access", "server/desk", "server/reply", "server/estate"}}, // pages are drawn with the desk's words
	{"demo", []string{"twin", "advisory", "ctem"}}, // everything else is a door that cmd hands it
	{"client", []string{"api"}},
	{"agent", []string{"api", "client", "inventory", "address"}},
	{"agent/send", []string{"api", "client"}},                          // what every agent sends through
	{"agent/hubble", []string{"client"}},                               // gathers flows; what they mean the server decides
	{"agent/kube", []string{"api", "address", "client", "agent/send"}}, // the only room that knows Kubernetes' own client
	{"cmd", []string{everything}},

	// Tests only.
	{"archtest", nil},
	{"realdata", nil},
	{"imagelab", nil}, // a registry on this machine with images made for tests
	{"kubelab", nil},  // a real Kubernetes API server, for tests of what talks to one
	{"e2e", nil},      // the program as a person meets it: it starts processes, and imports nothing of it
}

// leafRooms may be imported by every room: the words of failure, and the look at
// outside bytes before a decoder.
var leafRooms = []string{"fault", "hostile", "hostile/yaml", "hostile/wire"}

// testMay is what test files of any room may import beside the room's own row:
// the embedded engine in a temporary folder is our fake store. Steps stay apart
// in tests too; only cmd joins them.
var testMay = []string{"twin", "advisory", "ctem", "store", "store/storetest", "realdata"}

// testRooms are imported by tests only, and are tests themselves: the budgets
// for functions and types do not bind them.
var testRooms = []string{"imagelab", "kubelab", "realdata", "store/storetest", "e2e"}

// pure are the rooms without I/O and without a clock.
var pure = []string{"fault", "twin", "advisory", "ctem", "access", "match", "risk", "route", "policy", "triage", "route/flow", "route/surface", "lineage"}

// impure is what a pure room may not import.
var impure = []string{"os", "os/exec", "net", "net/http", "database/sql", "syscall", "log", "log/slog"}

// clocks are the rooms that may read the clock: the wiring hands Now to all
// others, leases run on the real clock, and the store waits for locks and
// measures the disk on it (it dates no row by it).
var clocks = []string{"cmd", "cycle", "store/sqldb", "store/sqlite", "store/postgres"}

// starters are the rooms that may start goroutines; a bounded errgroup inside
// one call is no goroutine in this sense.
var starters = []string{"cmd", "cycle", "server", "agent", "agent/kube"}

// maxLayers is the longest chain of imports among our rooms.
const maxLayers = 8

// A module says which rooms may import a third-party module: heavy things stay
// in one room. Test files may import every module that has a line; one without
// a line may be imported by nobody.
type module struct {
	path  string
	rooms []string
}

// testsOnly stands for no room: for modules that only tests use.
const testsOnly = "(tests)"

var modules = []module{
	{"github.com/CycloneDX/cyclonedx-go", []string{"discover/sbom"}},
	{"github.com/spdx/tools-golang", []string{"discover/sbom"}},
	{"github.com/package-url/packageurl-go", []string{"twin", "match", "discover/sbom", "discover", "assess", "mobilize", "cmd"}},
	{"github.com/google/osv-scalibr", []string{"match", "inventory"}},
	{"github.com/klauspost/compress", []string{"inventory/image"}},
	{"github.com/google/go-containerregistry", []string{"discover/registry", "imagelab"}},
	{"github.com/sigstore/sigstore-go", []string{"discover/pipeline/trust"}},
	{"github.com/sigstore/sigstore", []string{"discover/pipeline/trust"}}, // its kinds of keys, as sigstore-go takes them
	{"github.com/hmarr/codeowners", []string{"discover/forge"}},
	{"github.com/pandatix/go-cvss", []string{"risk", "policy"}},
	{"k8s.io/client-go", []string{"agent/kube"}},
	{"k8s.io/apimachinery", []string{"agent/kube"}},
	{"go.yaml.in/yaml", []string{"hostile/yaml", "scope"}},
	{"google.golang.org/protobuf", []string{"hostile/wire", "agent/hubble"}}, // the wire format alone: no generated code
	{"google.golang.org/grpc", []string{testsOnly}},                          // the server that the reader of Hubble's stream is tried against
	{"go.opentelemetry.io/proto/otlp", []string{testsOnly}},                  // what the reader of spans is compared with
	{"modernc.org/sqlite", []string{"store/sqlite"}},
	{"github.com/jackc/pgx", []string{"store/postgres"}},
	{"github.com/pressly/goose", []string{"store/sqldb"}},
	{"github.com/spf13/cobra", []string{"cmd"}},
	{"github.com/danielgtaylor/huma/v2", []string{"server"}},
	{"golang.org/x/sync", []string{"cmd", "cycle", "store", "intel", "intel/osv", "notify", "assess", "server/picture", "discover/registry", "discover/forge"}},
	{"golang.org/x/sys", []string{"cmd"}},
	{"golang.org/x/crypto", []string{"server/login"}},
	{"golang.org/x/time", []string{"server", "server/login", "discover/registry"}},
	{"github.com/google/go-cmp", []string{testsOnly}},
	{"pgregory.net/rapid", []string{testsOnly}},
}

// maxDependencies is the number of direct dependencies of the product's module.
const maxDependencies = 40
