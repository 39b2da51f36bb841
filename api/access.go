package api

// User is a person who may sign in.
type User struct {
	Name        string   `json:"name"`
	Role        string   `json:"role"` // admin, operator, triager, owner, approver, auditor, viewer
	Team        string   `json:"team"` // whose services the role owner acts on; "": none
	Products    []string `json:"products"`
	AllProducts bool     `json:"all_products"` // products is then []
	Disabled    bool     `json:"disabled"`
	HasPassword bool     `json:"has_password"`
	CreatedAt   *Time    `json:"created_at"`
	LastSeen    *Time    `json:"last_seen"` // null: never signed in
}

// UserDetail is one user, and a one-time code when one was asked for.
type UserDetail struct {
	Schema string `json:"schema"`
	User
	Code        string `json:"code,omitempty"` // to sign in with once; shown now and never again
	CodeExpires *Time  `json:"code_expires,omitempty"`
}

// UserRequest is a user to be created. Without products they see all of them;
// without a password they get a one-time code.
type UserRequest struct {
	Name     string   `json:"name" maxLength:"64"`
	Role     string   `json:"role" enum:"admin,operator,triager,owner,approver,auditor,viewer"`
	Team     string   `json:"team,omitempty" maxLength:"200"`
	Products []string `json:"products,omitempty" maxItems:"200"`
	Password string   `json:"password,omitempty" maxLength:"256"`
}

// UserChange is what PATCH changes of a user: each field that is given.
type UserChange struct {
	Role        *string  `json:"role,omitempty" enum:"admin,operator,triager,owner,approver,auditor,viewer"`
	Team        *string  `json:"team,omitempty" maxLength:"200"`
	Products    []string `json:"products,omitempty" maxItems:"200" doc:"these and no others"`
	AllProducts bool     `json:"all_products,omitempty" doc:"all products, instead of a list"`
	Disabled    *bool    `json:"disabled,omitempty"`
	Password    *string  `json:"password,omitempty" maxLength:"1000" doc:"a new password"`
}

// Token is a secret that signs in a machine, or a person's command line. Its
// secret is shown once, when it is created.
type Token struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	State       string   `json:"state"` // active, expired, revoked
	User        string   `json:"user"`  // whose rights it has, as they are at its use; "": its own
	Role        string   `json:"role"`
	Team        string   `json:"team"`
	Products    []string `json:"products"`
	AllProducts bool     `json:"all_products"`
	Source      string   `json:"source"` // the only one it may append for; "": not the role source
	Prefix      string   `json:"prefix"` // of its secret
	CreatedBy   string   `json:"created_by"`
	CreatedAt   *Time    `json:"created_at"`
	Expires     *Time    `json:"expires"`
	LastUsed    *Time    `json:"last_used"` // to the minute; null: never
	Revoked     *Time    `json:"revoked"`
}

// TokenDetail is one token; with its secret when it was created just now.
type TokenDetail struct {
	Schema string `json:"schema"`
	Token
	Secret string `json:"secret,omitempty"`
}

// TokenRequest is a token to be created. A personal one has the rights of its
// maker, and no role, team, products or source of its own.
type TokenRequest struct {
	Name     string   `json:"name,omitempty" maxLength:"200"`
	Personal bool     `json:"personal,omitempty"`
	Role     string   `json:"role,omitempty" enum:"admin,operator,triager,owner,approver,auditor,viewer,source"`
	Team     string   `json:"team,omitempty" maxLength:"200"`
	Products []string `json:"products,omitempty" maxItems:"200"`
	Source   string   `json:"source,omitempty" maxLength:"200"`
	Expires  Time     `json:"expires"`
}

// LoginRequest signs in: with a name and a password, or with a one-time code.
type LoginRequest struct {
	Name     string `json:"name,omitempty" maxLength:"64"`
	Password string `json:"password,omitempty" maxLength:"256"`
	Code     string `json:"code,omitempty" maxLength:"64"`
}

// PasswordChange sets one's own password. The present one may be left out in a
// session that began with a one-time code.
type PasswordChange struct {
	Present string `json:"present,omitempty" maxLength:"256"`
	New     string `json:"new" maxLength:"256"`
}

// The schemas of the documents about who may do what.
const (
	SchemaUsers  = "tidemark.users/v1"
	SchemaUser   = "tidemark.user/v1"
	SchemaTokens = "tidemark.tokens/v1"
	SchemaToken  = "tidemark.token/v1"
)
