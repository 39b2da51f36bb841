package advisory

// Vector is a CVSS vector in the terms that the versions share. Letters are
// those of CVSS 3 and 4; version 2 is translated where it is read.
type Vector struct {
	Text    string  `json:"text"`    // as the feed gives it
	Version string  `json:"version"` // "2.0", "3.0", "3.1", "4.0"
	Name    string  `json:"name"`    // the record or weakness it was found under
	Base    float64 `json:"base"`    // its base score; v4: of the vector as it stands

	Attack      string `json:"attack"`      // AV: N, A, L, P
	Privileges  string `json:"privileges"`  // PR: N, L, H (v2: Au none, single, multiple)
	Interaction string `json:"interaction"` // UI: N, R (v3), P or A (v4); v2: M for its medium access complexity
	// Hard says that the attack depends on what the attacker does not control:
	// AC:H, or AT:P in version 4.
	Hard        bool   `json:"hard"`
	Automatable string `json:"automatable,omitempty"` // v4 supplemental AU: Y or N; "" when not stated
	// Total says that confidentiality and integrity are lost completely:
	// C:H and I:H (VC and VI in version 4, complete in version 2).
	Total bool `json:"total"`
}
