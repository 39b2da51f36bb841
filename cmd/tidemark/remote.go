package main

import (
	"context"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/client"
	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/cmd/tidemark/remote"
	"github.com/tidemark/tidemark/internal/fault"
)

// homeCommands run where the data is, whatever server the environment names.
var homeCommands = []string{"serve", "demo", "version", "exit-codes", "scan", "bundle"}

// chooseServer takes the server from the environment where no flag says
// otherwise, and refuses flags that contradict each other.
func (a *app) chooseServer(c *cobra.Command) error {
	f := &a.Flags
	local := f.Data != "" || f.DB != "" || f.Now != ""
	if f.Remote.Server == "" && !local && !slices.Contains(homeCommands, c.Name()) {
		f.Remote.Server = a.Env("TIDEMARK_SERVER")
	}
	if f.Remote.Server != "" && local {
		return fault.New(fault.Invalid, "--server cannot be used with --data, --db or --now").WithHint("a server has its own database and clock")
	}
	if f.Remote.Server == "" && f.Remote.TokenFile != "" {
		return fault.New(fault.Invalid, "--token-file is given, and no server").WithHint("add --server URL")
	}
	return nil
}

// sendSBOMs is ingestSBOMs through a server.
func (a *app) sendSBOMs(ctx context.Context, c *client.Client, files []string, artifact string) error {
	out := api.Receipts{Schema: api.SchemaReceipts, Items: []api.Receipt{}}
	var bad []error
	var stored []api.ReceiptStatus
	for _, f := range files {
		r, err := sendSBOM(ctx, c, f, artifact)
		if err != nil && fault.KindOf(remote.Fault(err)) != fault.Invalid {
			return err
		}
		if err != nil {
			bad = append(bad, fault.Wrap(fault.Invalid, err, "%s", f))
			out.Items = append(out.Items, refusedReceipt(f, err))
			continue
		}
		out.AsOf, stored = r.At, append(stored, r)
		for _, item := range r.Receipts {
			item.Input = f
			out.Items = append(out.Items, item)
		}
	}
	if len(bad) == len(files) {
		return allBad(bad)
	}
	for i := range stored {
		if err := command.Settle(ctx, a.App, c, &stored[i]); err != nil {
			return err
		}
	}
	if err := a.Print.Document(out, func(w io.Writer) { receiptText(w, out) }); err != nil {
		return err
	}
	return a.partial(bad)
}

func refusedReceipt(file string, err error) api.Receipt {
	return api.Receipt{
		Input: file, Kind: "sbom", Rejected: []api.Rejection{{Where: file, Reason: err.Error()}}, Ignored: []api.Rejection{},
		Notes: []api.Rejection{}, Snapshots: []api.Snapshot{},
	}
}
