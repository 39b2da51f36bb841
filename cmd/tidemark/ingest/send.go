package ingest

import (
	"context"
	"io"
	"path/filepath"
	"strings"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/client"
	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/cmd/tidemark/remote"
	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/discover/deploy"
	"github.com/tidemark/tidemark/internal/discover/sbom"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/server/reply"
)

func sendSBOM(ctx context.Context, c *client.Client, file, artifact string) (api.ReceiptStatus, error) {
	body, err := command.ReadBounded(file, sbom.DefaultDocument)
	if err != nil {
		return api.ReceiptStatus{}, err
	}
	return c.SendSBOM(ctx, artifact, body)
}

// sendDeploy is ingestDeploy through a server: all paths as one document, so
// that they are one snapshot there as well.
func (a verbs) sendDeploy(ctx context.Context, c *client.Client, in discover.DeployInput) error {
	bundle, err := deploy.Join(ctx, in.Paths)
	if err != nil {
		return err
	}
	r, err := sendBundle(ctx, c, in, bundle)
	if err != nil {
		return err
	}
	out := api.Receipts{Schema: api.SchemaReceipts, AsOf: r.At, Items: r.Receipts}
	rejected := 0
	for i := range out.Items {
		out.Items[i].Input = strings.Join(in.Paths, " ")
		rejected += len(out.Items[i].Rejected)
	}
	if len(out.Items) > 0 {
		for _, x := range bundle.Ignored {
			out.Items[0].Ignored = append(out.Items[0].Ignored, api.Rejection{Where: x.Where, Reason: x.Reason})
		}
	}
	if err := command.Settle(ctx, a.App, c, &r); err != nil {
		return err
	}
	if err := a.Print.Document(out, func(w io.Writer) { receiptText(w, out) }); err != nil {
		return err
	}
	if rejected > 0 {
		return command.Exit(command.ExitPartial)
	}
	return nil
}

// sendBundle sends what was joined. Where nothing says the source it is the
// path, as without a server; a token that is of one source only gives its own.
func sendBundle(ctx context.Context, c *client.Client, in discover.DeployInput, bundle deploy.Bundle) (r api.ReceiptStatus, err error) {
	d := client.Deployments{Environment: in.Environment, Source: in.Source, At: reply.When(in.At), Every: in.Every, Body: bundle.Body}
	if d.Source != "" || bundle.Sourced {
		return c.SendDeployments(ctx, d)
	}
	if d.Source, err = sourceOf(in.Paths); err != nil {
		return r, err
	}
	r, err = c.SendDeployments(ctx, d)
	if fault.KindOf(remote.Fault(err)) != fault.Forbidden {
		return r, err
	}
	d.Source = ""
	return c.SendDeployments(ctx, d)
}

// sourceOf is the source of what none is named for: where they are,
// as without a server.
func sourceOf(paths []string) (string, error) {
	if len(paths) > 1 {
		return "", fault.New(fault.Invalid, "%d paths, and no source", len(paths)).WithHint("add --source NAME, or send one path at a time")
	}
	source, err := filepath.Abs(paths[0])
	if err != nil {
		return "", fault.Wrap(fault.Invalid, err, "%s: no absolute path", paths[0])
	}
	return source, nil
}

// sendSBOMs is ingestSBOMs through a server.
func (a verbs) sendSBOMs(ctx context.Context, c *client.Client, files []string, artifact string) error {
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
	return partial(a.Err, bad)
}

func refusedReceipt(file string, err error) api.Receipt {
	return api.Receipt{
		Input: file, Kind: "sbom", Rejected: []api.Rejection{{Where: file, Reason: err.Error()}}, Ignored: []api.Rejection{},
		Notes: []api.Rejection{}, Snapshots: []api.Snapshot{},
	}
}
