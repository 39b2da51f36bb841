package exposuredb

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/twin"
)

// What is read briefly is what a full reading says, whatever the texts hold, and
// a text that is no body ends in a fault and nothing else.
func FuzzBriefBody(f *testing.F) {
	f.Add("pkg:npm/a@1", "1.2.3", "registry/a:1@sha256:00", "agent", `{"instances":[`, 1)
	f.Add("", `quo"te`, "back\\slash", "new\nline", `{"fix":null,"instances":null,"doors":[{"a":[1,{}]}]}`, 0)
	f.Add("]}", "<&>", "é\u2028", "}],", "[]", 3)
	f.Fuzz(func(t *testing.T, purl, version, image, source, raw string, n int) {
		p := ctem.Piece{Reason: source, Fix: version, Advisories: []string{image, purl}, Doors: []twin.Door{{Address: image, Public: true}}}
		for i := range max(0, n%5) {
			p.Instances = append(p.Instances, ctem.Instance{
				Purl: purl, Version: version, Artifact: purl, Image: image, Source: source, Container: raw, Replicas: i, Proven: i == 1, Fixed: []string{version},
			})
		}
		text, _, err := encodeBody(&p)
		if err != nil {
			t.Fatal(err)
		}
		var got, full ctem.Exposure
		if err := briefBody(text, &got); err != nil {
			t.Fatal(err)
		}
		if err := decodeBody(text, &full); err != nil {
			t.Fatal(err)
		}
		want := ctem.Exposure{Fix: full.Fix, Instances: full.Instances}
		for i, in := range want.Instances {
			want.Instances[i] = ctem.Instance{Version: in.Version, Image: in.Image, Artifact: in.Artifact, Source: in.Source}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-full +brief):\n%s", text, diff)
		}
		if err := briefBody(raw, &got); err == nil && !json.Valid([]byte(raw)) && raw[0] != '{' {
			t.Errorf("%q was read as a body", raw)
		}
	})
}

// What has an escape in it is read in full, and nothing else is.
func TestBriefBodyWalksWhatIsWritten(t *testing.T) {
	t.Parallel()
	for text, lost := range map[string]bool{
		`{"instances":[{"version":"1","replicas":2,"proven":false,"fixed":["2"]}],"fix":"2","doors":[{"public":true}]}`: false,
		`{"reason":"replaced","instances":null}`: false,
		`{"instances":[{"version":"a\"b"}]}`:     true,
		`{"instances":[{"version": "1"}]}`:       true,
	} {
		w := walker{text: text}
		w.body()
		if got := w.lost || w.text != ""; got != lost {
			t.Errorf("%s: lost %v, want %v", text, got, lost)
		}
	}
}
