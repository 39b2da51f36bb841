package api

// SchemaConnected names the document that says what a forge was read.
const SchemaConnected = "tidemark.connected/v1"

// Connected says what was read of a forge, and what could not be seen of it.
type Connected struct {
	Schema       string      `json:"schema"`
	AsOf         Time        `json:"as_of"`
	Forge        string      `json:"forge"` // github, gitlab
	Host         string      `json:"host"`
	Group        string      `json:"group"` // "": all that the token sees
	Source       string      `json:"source"`
	Complete     bool        `json:"complete"` // the repositories are all that there are
	Repositories int         `json:"repositories"`
	Owned        int         `json:"with_code_owners"`
	Rules        int         `json:"owner_rules"`
	Builds       int         `json:"builds"`
	Releases     int         `json:"releases"`
	SBOMs        int         `json:"sboms"`
	Alerts       int         `json:"alerts"`
	Requests     int         `json:"requests"`
	Accepted     int         `json:"accepted"`
	Unchanged    int         `json:"unchanged"`
	Rejected     []Rejection `json:"rejected"`
	Unseen       []Rejection `json:"unseen"`
}
