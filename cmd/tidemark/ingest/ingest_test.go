package ingest

import (
	"bytes"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/internal/fault"
)

func TestAServicesDocumentNeedsTheService(t *testing.T) {
	t.Parallel()
	c := Command(&command.App{})
	c.SetArgs([]string{"openapi", "api.yaml"})
	c.SilenceErrors, c.SilenceUsage = true, true
	err := c.Execute()
	if fault.KindOf(err) != fault.Invalid || !strings.Contains(fault.HintOf(err), "--service") {
		t.Errorf("got %v (%s)", err, fault.HintOf(err))
	}
}

func TestSourceOfWhatNobodyNames(t *testing.T) {
	t.Parallel()
	if got, err := sourceOf([]string{"/a/b"}); err != nil || got != "/a/b" {
		t.Errorf("got %q %v", got, err)
	}
	if _, err := sourceOf([]string{"a", "b"}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("two paths: %v", err)
	}
}

func TestReceiptInWords(t *testing.T) {
	t.Parallel()
	out := api.Receipts{Items: []api.Receipt{{
		Input: "a.json", Kind: "ci", Accepted: 2, Rejected: []api.Rejection{{Where: "line 3", Reason: "no run"}},
		Snapshots: []api.Snapshot{{Source: "ci/github", Environment: "acme", Members: 2}},
	}}}
	var b bytes.Buffer
	receiptText(&b, out)
	for _, want := range []string{"a.json (ci): 2 accepted", "rejected line 3: no run", "complete for ci/github in acme: 2 members"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
	if got := command.ExitCode(refusedParts(out)); got != command.ExitPartial {
		t.Errorf("exit %d", got)
	}
}
