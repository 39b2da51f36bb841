package deploy

import "testing"

// What anybody may send is read or refused, and never ends the program.
func FuzzReadBody(f *testing.F) {
	for _, seed := range []string{
		"", "{}", "[]", `[{"service":"s","environment":"e","artifact":"a:1"}]`, "kind: Deployment\nmetadata: {name: x}\n",
		"{\"service\":\"s\"}\n{\"service\":", "---\n---\n", "a: &a [*a]", "\xff\xfe", `[{"service":"\u202e","environment":"e","artifact":"a@sha256:"}]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		list, err := ReadBody("the document", "the API", body)
		if err != nil && len(list) > 0 {
			t.Errorf("it was refused (%v) and read: %d", err, len(list))
		}
	})
}
