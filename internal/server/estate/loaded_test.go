package estate

import (
	"context"
	"testing"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/server/reply"
	"github.com/tidemark/tidemark/internal/twin"
)

// watching has one host that watches an artifact.
type watching struct{ Twin }

func (watching) LoadedOf(_ context.Context, _ ctem.AsOf, artifacts []string) (map[string][]twin.SeenLoaded, error) {
	return map[string][]twin.SeenLoaded{artifacts[0]: {{Source: "host/payments-7"}}}, nil
}

// TestLoadedNamesNoHostOfOthers: who sees one product learns what is loaded of an
// image that others run too, and not on which host of theirs.
func TestLoadedNamesNoHostOfOthers(t *testing.T) {
	t.Parallel()
	e := ctem.Exposure{Instances: []ctem.Instance{{Artifact: "sha256:1", Purl: "pkg:npm/a@1"}}}
	for name, x := range map[string]struct {
		viewer reply.Viewer
		want   string
	}{"all": {reply.Viewer{}, "host/payments-7"}, "one product": {reply.Viewer{Products: []string{"shop"}}, "host"}, "one owner": {reply.Viewer{Owner: "red"}, "host"}} {
		d := New(&reply.Base{Viewer: x.viewer}, Parts{Twin: watching{}})
		if all, _, err := d.Loaded(t.Context(), &e, ctem.AsOf{}); err != nil || all.Source != x.want {
			t.Errorf("%s: %q, %v", name, all.Source, err)
		}
	}
}
