package ingest

import (
	"bytes"
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/client"
	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/cmd/tidemark/local"
	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/discover/detect"
)

func (a verbs) ingestDetectionsCmd() *cobra.Command {
	var environment, source string
	c := &cobra.Command{
		Use: "detections FILE...", Short: "Take what sensors raised at run time: alerts of Falco, findings of OCSF class 2004",
		Long: `Take what sensors raised at run time: Falco's JSON output (an alert a line), or
OCSF Detection Findings (class 2004; one a line, an array, or one document).

A detection sets "attack seen here" for 30 days on the one workload that its
image (digest, else name and tag) and its pod or workload name fit. Where its
rule names a CVE (Falco: rule name and tags; OCSF: vulnerabilities), the
exposure to that CVE counts as known to be exploited. What fits no workload, or
several, is shown at its source. The same alerts again change nothing.

  tidemark ingest detections falco.json --environment prod
  tail -n 10000 falco.json | tidemark ingest detections /dev/stdin --source falco-prod`,
		Args: command.Args(1, -1, "at least one file"),
		RunE: func(c *cobra.Command, files []string) error {
			in := discover.DetectionInput{Source: source, Environment: environment}
			return a.takeDetections(c.Context(), files, in)
		},
	}
	command.NoWait(a.App, c)
	c.Flags().StringVar(&environment, "environment", "", "environment that the sensor watches (default: wherever what it names is)")
	c.Flags().StringVar(&source, "source", "", "who says so (default: the tool's name)")
	return c
}

func (a verbs) takeDetections(ctx context.Context, files []string, in discover.DetectionInput) error {
	return a.Remotely(func(to *client.Client) error { return a.sendDetections(ctx, to, files, in) }, func() error {
		m := local.Mutation{
			Verb: "ingest detections", Object: strings.Join(files, " "),
			Detail: map[string]string{"environment": in.Environment, "source": in.Source},
		}
		return a.ingestDetections(ctx, m, files, in)
	})
}

// ingestDetections takes files of detections.
func (a verbs) ingestDetections(ctx context.Context, m local.Mutation, files []string, d discover.DetectionInput) error {
	out, bad, err := a.ingestEach(ctx, m, files, func(in *discover.Ingest, file string) (discover.Receipt, error) {
		r, err := ingestDetections(ctx, in, file, d)
		r.Kind = discover.KindDetections
		return r, err
	})
	if err != nil {
		return err
	}
	if err := partial(a.Err, bad); err != nil {
		return err
	}
	return refusedParts(out)
}

// refusedParts is the exit of a call of which parts were refused.
func refusedParts(out api.Receipts) error {
	for _, r := range out.Items {
		if len(r.Rejected) > 0 {
			return command.Exit(command.ExitPartial)
		}
	}
	return nil
}

func ingestDetections(ctx context.Context, door *discover.Ingest, file string, in discover.DetectionInput) (discover.Receipt, error) {
	body, err := command.ReadBounded(file, detect.MaxBytes)
	if err != nil {
		return discover.Receipt{}, err
	}
	in.Name, in.Body = file, bytes.NewReader(body)
	return door.IngestDetections(ctx, in)
}

// sendDetections is ingestDetections through a server.
func (a verbs) sendDetections(ctx context.Context, c *client.Client, files []string, in discover.DetectionInput) error {
	return a.sendEach(ctx, c, files, func(file string) (api.ReceiptStatus, error) {
		body, err := command.ReadBounded(file, detect.MaxBytes)
		if err != nil {
			return api.ReceiptStatus{}, err
		}
		return c.SendDetections(ctx, client.Detections{Environment: in.Environment, Source: in.Source, Body: body})
	})
}
