package accuracy

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/tidemark/tidemark/internal/match"
	"github.com/tidemark/tidemark/internal/realdata"
)

// purlFigures counts the parse cases of the purl specification.
type purlFigures struct {
	Cases  int      `json:"cases"`
	Passed int      `json:"passed"`
	Listed []string `json:"listed"` // those that do not pass, each with its reason
}

type purlCase struct {
	Description string          `json:"description"`
	Type        string          `json:"test_type"`
	Input       json.RawMessage `json:"input"`
	Output      json.RawMessage `json:"expected_output"`
	Fails       bool            `json:"expected_failure"`
}

type purlParts struct {
	Type       string            `json:"type"`
	Namespace  string            `json:"namespace"`
	Name       string            `json:"name"`
	Version    string            `json:"version"`
	Qualifiers map[string]string `json:"qualifiers"`
	Subpath    string            `json:"subpath"`
}

// purls puts every parse case to the parser that matching uses.
func purls(t *testing.T) (f purlFigures) {
	root := realdata.Dir(t, "conformance", "purl-spec", "tests")
	var files []string
	for _, folder := range []string{"spec", "types"} {
		list, err := filepath.Glob(filepath.Join(root, folder, "*.json"))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, list...)
	}
	for _, path := range files {
		body, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var doc struct {
			Tests []purlCase `json:"tests"`
		}
		if err := json.Unmarshal(body, &doc); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		for _, c := range doc.Tests {
			if c.Type != "parse" {
				continue
			}
			f.Cases++
			wrong := c.wrong(t)
			if wrong == "" {
				f.Passed++
				continue
			}
			var input string
			_ = json.Unmarshal(c.Input, &input) // it was read before
			reason, known := purlReasons[input]
			if !known {
				t.Errorf("%s: %s (%s)", input, wrong, c.Description)
			}
			f.Listed = append(f.Listed, fmt.Sprintf("`%s`: %s. %s", input, wrong, reason))
		}
	}
	return f
}

// wrong says what is not as the specification has it.
func (c *purlCase) wrong(t *testing.T) string {
	var input string
	if err := json.Unmarshal(c.Input, &input); err != nil {
		t.Fatalf("%s: %v", c.Description, err)
	}
	u, err := match.ParsePurl(input)
	if c.Fails {
		if err == nil {
			return "is read, and should be refused"
		}
		return ""
	}
	if err != nil {
		return "is refused, and should be read"
	}
	var want purlParts
	if err := json.Unmarshal(c.Output, &want); err != nil {
		t.Fatalf("%s: %v", c.Description, err)
	}
	got := purlParts{u.Type, u.Namespace, u.Name, u.Version, u.Qualifiers.Map(), u.Subpath}
	switch {
	case got.Type != want.Type || got.Namespace != want.Namespace || got.Name != want.Name:
		return fmt.Sprintf("is %q %q %q, and should be %q %q %q", got.Type, got.Namespace, got.Name, want.Type, want.Namespace, want.Name)
	case got.Version != want.Version:
		return fmt.Sprintf("has version %q, and should have %q", got.Version, want.Version)
	case !maps.Equal(got.Qualifiers, want.Qualifiers):
		return fmt.Sprintf("has qualifiers %v, and should have %v", got.Qualifiers, want.Qualifiers)
	case got.Subpath != want.Subpath:
		return fmt.Sprintf("has subpath %q, and should have %q", got.Subpath, want.Subpath)
	}
	return ""
}

// purlReasons says why a case may be as it is.
var purlReasons = map[string]string{
	"pkg:gem/jruby-launcher@1.1.2?Platform=java":                                                             upperKeys,
	"pkg:Rpm/fedora/curl@7.50.3-1.fc25?Arch=i386&Distro=fedora-25":                                           upperKeys,
	"pkg:git/codeberg.org/forgejo/forgejo@a72d2c07cfca03b55371089de6aa230d8c951fa0":                          gitType,
	"pkg:git/codeberg.org/forgejo/forgejo@a72d2c07cfca03b55371089de6aa230d8c951fa0#options/locale_readme.md": gitType,
	"pkg:julia/Dates": "Advisories name Julia packages without their uuid, so a name is enough to look one up",
}

const (
	upperKeys = "Keys of qualifiers are folded to lower case, as the specification's own rule for parsing says; refusing them would leave a named component undecided"
	gitType   = "The library parts the path elsewhere; its two parts are joined again to the address of the repository, which is all that is looked up"
)
