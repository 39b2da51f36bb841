package main

import (
	"context"
	"fmt"
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
	"github.com/tidemark/tidemark/internal/intel"
	"github.com/tidemark/tidemark/internal/server/desk"
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
func (a *app) sendDeploy(ctx context.Context, c *client.Client, in discover.DeployInput) error {
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
	d := client.Deployments{Environment: in.Environment, Source: in.Source, At: desk.When(in.At), Every: in.Every, Body: bundle.Body}
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

// sendIntel is updateIntel through a server: the feeds of a folder of this
// machine, or those that the server fetches itself.
func (a *app) sendIntel(ctx context.Context, c *client.Client, f feedsAsked) error {
	from := f.from
	var open func() (io.ReadCloser, error)
	var ignored []intel.Ignored
	if from != "" {
		var err error
		if open, ignored, err = remote.Feeds(ctx, from); err != nil {
			return err
		}
	}
	j, err := c.UpdateIntel(ctx, open, f.acceptShrink...)
	if err != nil {
		return err
	}
	if j, err = a.await(ctx, c, j); err != nil {
		return err
	}
	doc := api.IntelReport{}
	if j.Result != nil && j.Result.Intel != nil {
		doc = *j.Result.Intel
	}
	for _, i := range ignored {
		doc.Ignored = append(doc.Ignored, api.Rejection{Where: i.Path, Reason: i.Reason})
	}
	return a.printIntel(doc)
}

// await waits until a job of a server has ended, and shows how far it is as a
// command on its own data does.
func (a *app) await(ctx context.Context, c *client.Client, j api.Job) (api.Job, error) {
	show := a.progress()
	last := api.JobProgress{}
	j, err := c.Ended(ctx, j, func(j api.Job) {
		if j.Progress != last {
			last = j.Progress
			show(intel.Progress{Stage: intel.Stage(last.Stage), Feed: last.What, Done: last.Done, Total: last.Total})
		}
	})
	if err != nil && ctx.Err() != nil {
		_, _ = fmt.Fprintf(a.Err, "the server goes on with it: %s\n", j.URL)
	}
	return j, err
}
