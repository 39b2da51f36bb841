package main

import (
	"context"
	"fmt"
	"io"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/client"
	"github.com/tidemark/tidemark/cmd/tidemark/remote"
	"github.com/tidemark/tidemark/internal/intel"
)

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
