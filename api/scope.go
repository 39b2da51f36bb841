package api

// Scope is what the business has said about the estate, in one version.
type Scope struct {
	Schema       string             `json:"schema"`
	AsOf         Time               `json:"as_of"`
	Version      int64              `json:"version"` // 0: nothing was applied yet
	At           *Time              `json:"at"`
	By           string             `json:"by"`
	Text         string             `json:"text"` // the file as it was applied
	Products     []ScopeProduct     `json:"products"`
	Services     []ScopeService     `json:"services"`
	Environments []ScopeEnvironment `json:"environments"`
	Owners       []ScopeOwner       `json:"owners"`
}

// ScopeProduct is what the business sells.
type ScopeProduct struct {
	Name     string   `json:"name"`
	Title    string   `json:"title"`
	Owner    string   `json:"owner"`
	Tier     int      `json:"tier"`
	Data     []string `json:"data"`
	Services []string `json:"services"`
}

// ScopeService is a deployable unit, with what it has from its products.
type ScopeService struct {
	Name     string   `json:"name"`
	Products []string `json:"products"`
	Owner    string   `json:"owner"`
	Tier     int      `json:"tier"`
	Data     []string `json:"data"`
}

// ScopeEnvironment is where services run.
type ScopeEnvironment struct {
	Name string `json:"name"`
	Kind string `json:"kind"` // production, staging, test, development
}

// ScopeOwner is a team or a person.
type ScopeOwner struct {
	Name string `json:"name"`
	Mail string `json:"mail"`
	Chat string `json:"chat"`
}

// ScopeApplied says what applying a file did.
type ScopeApplied struct {
	Schema    string   `json:"schema"`
	AsOf      Time     `json:"as_of"`
	Version   int64    `json:"version"`
	Unchanged bool     `json:"unchanged"` // the file is the one in force
	Services  []string `json:"services"`  // whose rights, owner or worth changed
}

// ScopeVersion is one version of the scope in the list of them. What it says is
// in the scope as of its time.
type ScopeVersion struct {
	Version int64  `json:"version"`
	At      Time   `json:"at"`
	By      string `json:"by"`
}

// The schemas of scope documents.
const (
	SchemaScope        = "tidemark.scope/v1"
	SchemaScopes       = "tidemark.scopes/v1"
	SchemaScopeApplied = "tidemark.scope-applied/v1"
)
