package twin

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/internal/fault"
)

func TestADiffNeedsATime(t *testing.T) {
	t.Parallel()
	c := Command(&command.App{})
	c.SetArgs([]string{"diff"})
	c.SilenceErrors, c.SilenceUsage = true, true
	if err := c.Execute(); fault.KindOf(err) != fault.Invalid || !strings.Contains(fault.HintOf(err), "--from") {
		t.Errorf("got %v (%s)", err, fault.HintOf(err))
	}
}

// A product whose services are on several pages is one node.
func TestAppendNodes(t *testing.T) {
	t.Parallel()
	first := []api.TreeNode{{Kind: "product", ID: "shop", Parent: -1}, {Kind: "service", ID: "a", Depth: 1}}
	more := []api.TreeNode{
		{Kind: "product", ID: "shop", Parent: -1},
		{Kind: "service", ID: "b", Depth: 1},
		{Kind: "product", ID: "web", Parent: -1},
		{Kind: "service", ID: "c", Depth: 1, Parent: 2},
		{Kind: "environment", ID: "prod", Depth: 2, Parent: 3},
	}
	var got []string
	nodes := appendNodes(first, more)
	for _, n := range nodes {
		under := ""
		if n.Parent >= 0 {
			under = nodes[n.Parent].ID
		}
		got = append(got, n.ID+" under "+under)
	}
	want := []string{"shop under ", "a under shop", "b under shop", "web under ", "c under web", "prod under c"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// What a source says can hold anything: a terminal is shown it in plain text.
func TestPlainText(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	var b bytes.Buffer
	pageText(&b, &api.ThingPage{
		Thing: api.Thing{Kind: "Service", Name: "a\x1b[2J"}, Edges: []api.EdgeGroup{{Title: "talks to", Total: 1, Items: []api.Edge{{Label: "b\x1b[2J"}}}},
		Spans: []api.ThingSpan{{From: at, Changes: []api.FieldChange{{Field: "x\x1b", After: "\x1b[2J"}}}},
	})
	chainText(&b, &api.Chain{Items: []api.ChainPath{{Links: []api.ChainLink{{Step: "commit", State: "unknown", Why: "nobody\x1b[2J"}}}}})
	diffText(&b, &api.Diff{Items: []api.DiffItem{{Kind: "Service", ID: "c\x1b", Change: "added"}}})
	if strings.Contains(b.String(), "\x1b") {
		t.Errorf("%q", b.String())
	}
	if !strings.Contains(b.String(), "(none) -> ") || !strings.Contains(b.String(), "unknown") {
		t.Errorf("%s", b.String())
	}
}
