package twin

import (
	"encoding/json"
	"net/netip"
	"strconv"
	"strings"
)

// Answer is what a source says to a question: yes, no, or nothing.
type Answer string

// The answers.
const (
	AnswerYes     Answer = "yes"
	AnswerNo      Answer = "no"
	AnswerUnknown Answer = "unknown"
)

// AnswerOf is the answer that a field gives which may be absent.
func AnswerOf(b *bool) Answer {
	switch {
	case b == nil:
		return AnswerUnknown
	case *b:
		return AnswerYes
	}
	return AnswerNo
}

// API is the spec of a resource of KindAPI: what a document says of the whole
// interface of a service. Its operations are resources of their own, because
// documents and gateways tell of them one by one.
type API struct {
	Service    string   `json:"service"`
	Title      string   `json:"title"`
	Version    string   `json:"version,omitempty"`
	Format     string   `json:"format"`            // "OpenAPI 3.1.0"
	Servers    []string `json:"servers,omitempty"` // as written, templates resolved; sorted
	Schemes    []Scheme `json:"schemes,omitempty"` // by name
	Operations int      `json:"operations"`
	Hash       string   `json:"hash"` // of the document
}

// Scheme is a way to prove who one is.
type Scheme struct {
	Name   string `json:"name"`
	Type   string `json:"type"`             // http, apiKey, oauth2, openIdConnect, mutualTLS
	Detail string `json:"detail,omitempty"` // "bearer", "basic", "in header X-Key"
}

// APIName is the name of an API of a service.
func APIName(service, title string) string { return BoundName(service + "/" + title) }

// Operation is the spec of a resource of KindOperation: what one source says
// of a method and route of a service.
type Operation struct {
	Service string `json:"service"`
	Method  string `json:"method"` // upper case; "*": any
	Route   string `json:"route"`  // with templates: "/orders/{id}"
	// Documented says whether a document tells of it: yes when this is one, else unknown:
	// that none does shows only beside all documents of the service.
	Documented Answer `json:"documented"`
	API        string `json:"api,omitempty"` // the name of the API, where a document tells of it
	ID         string `json:"id,omitempty"`  // operationId
	// Authenticated says whether a caller has to prove who it is; Why says what
	// in the source decides it.
	Authenticated Answer   `json:"authenticated"`
	Why           string   `json:"why"`
	Schemes       []string `json:"schemes,omitempty"` // one of these ("a + b": both); sorted
	Deprecated    bool     `json:"deprecated,omitempty"`
}

// OperationName is the name of an operation.
func OperationName(service, method, route string) string {
	return BoundName(escapeSpace.Replace(service) + " " + strings.ToUpper(method) + " " + route)
}

// SaaS is the spec of a resource of KindSaaS: a service of somebody else.
type SaaS struct {
	Title         string      `json:"title,omitempty"`
	Provider      string      `json:"provider,omitempty"`
	Version       string      `json:"version,omitempty"`
	Endpoints     []string    `json:"endpoints,omitempty"` // without user, query and fragment; sorted
	Authenticated Answer      `json:"authenticated"`
	Boundary      Answer      `json:"boundary"`       // whether calling it leaves the own trust zone
	Data          []DataGoing `json:"data,omitempty"` // by class
}

// DataGoing is one class of data with the way that it takes, seen from the
// service that declares it.
type DataGoing struct {
	Class string `json:"class"`
	Way   string `json:"way"` // in, out, both, unknown
	From  string `json:"from,omitempty"`
	To    string `json:"to,omitempty"`
}

// DataStore is the spec of a resource of KindDataStore.
type DataStore struct {
	System   string   `json:"system"`             // postgresql, mysql, redis, mongodb, kafka, s3, …
	Address  string   `json:"address,omitempty"`  // HOST[:PORT]
	Database string   `json:"database,omitempty"` // database, bucket, topic
	Within   string   `json:"within,omitempty"`   // the environment in which the address is known; "": it is the same from everywhere
	Title    string   `json:"title,omitempty"`
	Version  string   `json:"version,omitempty"`
	Data     []string `json:"data,omitempty"` // the classes of data that it holds, sorted
}

// Name is the data store's name: SYSTEM://HOST[:PORT][/DATABASE][ in WITHIN]. The
// port is left out where it is the system's own, so that those who write it and
// those who do not mean the same store.
func (d DataStore) Name() string {
	host, port := CutPort(d.Address)
	if port == SystemPort(d.System) {
		port = 0
	}
	name := d.System + "://" + JoinPort(strings.ToLower(host), port)
	if d.Database != "" {
		name += "/" + d.Database
	}
	if d.Within != "" {
		name += withinMark + d.Within
	}
	return BoundName(name)
}

const withinMark = " in "

// CutStore reads a name that DataStore.Name wrote.
func CutStore(name string) DataStore {
	var d DataStore
	name, d.Within, _ = strings.Cut(name, withinMark)
	var rest string
	d.System, rest, _ = strings.Cut(name, "://")
	d.Address, d.Database, _ = strings.Cut(rest, "/")
	return d
}

// SystemPort is the port on which servers of a system listen if nothing is
// said; 0 where there is none.
func SystemPort(system string) int {
	switch system {
	case "postgresql":
		return 5432
	case "mysql", "mariadb":
		return 3306
	case "redis", "valkey":
		return 6379
	case "mongodb":
		return 27017
	case "kafka":
		return 9092
	case "amqp", "rabbitmq":
		return 5672
	case "elasticsearch", "opensearch":
		return 9200
	case "memcached":
		return 11211
	case "cassandra":
		return 9042
	case "nats":
		return 4222
	case "mssql":
		return 1433
	case "etcd":
		return 2379
	}
	return 0
}

// Model is the spec of a resource of KindModel: a model of machine learning.
type Model struct {
	Title         string    `json:"title"`
	Version       string    `json:"version,omitempty"`
	Provider      string    `json:"provider,omitempty"`
	Purl          string    `json:"purl,omitempty"`
	Hash          string    `json:"hash,omitempty"` // "SHA-256:…"
	Licenses      []string  `json:"licenses,omitempty"`
	Task          string    `json:"task,omitempty"`
	Family        string    `json:"family,omitempty"` // of the architecture
	Architecture  string    `json:"architecture,omitempty"`
	Approach      string    `json:"approach,omitempty"` // supervised, …
	Inputs        []string  `json:"inputs,omitempty"`
	Outputs       []string  `json:"outputs,omitempty"`
	Users         []string  `json:"users,omitempty"` // whom it was made for
	UseCases      []string  `json:"use_cases,omitempty"`
	Limitations   []string  `json:"limitations,omitempty"`
	Ethics        []string  `json:"ethics,omitempty"` // risks that its makers name
	Measures      []Measure `json:"measures,omitempty"`
	SafetyRisk    string    `json:"safety_risk,omitempty"`
	SensitiveData []string  `json:"sensitive_data,omitempty"` // personal data that went into it
}

// Measure is a figure that a model's makers give.
type Measure struct {
	Kind  string `json:"kind"`
	Value string `json:"value"`
	Slice string `json:"slice,omitempty"`
}

// Dataset is the spec of a resource of KindDataset.
type Dataset struct {
	Title       string   `json:"title"`
	Version     string   `json:"version,omitempty"`
	Kind        string   `json:"kind,omitempty"` // source-code, configuration, dataset, …
	URL         string   `json:"url,omitempty"`
	Data        []string `json:"data,omitempty"`      // classes
	Sensitive   []string `json:"sensitive,omitempty"` // sensitive data in it, in its makers' words
	Custodians  []string `json:"custodians,omitempty"`
	Owners      []string `json:"owners,omitempty"`
	Description string   `json:"description,omitempty"`
}

// VersionedName is the name of a thing that has versions.
func VersionedName(name, version string) string {
	if version == "" {
		return BoundName(name)
	}
	return BoundName(name + "@" + version)
}

// CutPort cuts HOST:PORT. An IPv6 address needs brackets to have a port, and
// comes back without them; 0: there is none.
func CutPort(address string) (host string, port int) {
	if ip, err := netip.ParseAddr(strings.Trim(address, "[]")); err == nil {
		return ip.String(), 0
	}
	at := strings.LastIndexByte(address, ':')
	if at < 0 {
		return address, 0
	}
	n, err := strconv.Atoi(address[at+1:])
	if err != nil || n < 1 || n > 65535 {
		return address, 0
	}
	return strings.Trim(address[:at], "[]"), n
}

// JoinPort is the opposite of CutPort.
func JoinPort(host string, port int) string {
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port == 0 {
		return host
	}
	return host + ":" + strconv.Itoa(port)
}

// Made is a resource of a kind with its spec and links in the form in which
// they are written.
func Made(kind, name string, spec any, links ...Link) (Resource, error) {
	b, err := json.Marshal(spec)
	if err != nil {
		return Resource{}, err
	}
	SortLinks(links)
	return Resource{Kind: kind, Name: name, Spec: b, Links: links}, nil
}
