// Package ingest holds the sub-commands that give evidence: what artifacts are
// made of, what runs where, what sensors saw, and documents about things.
//
// The model. Each input is taken by itself and answered with a receipt; through a
// server the same receipts come back. Invariants. What is refused is listed, with
// the exit code for "in part"; when everything is refused, nothing was stored.
package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/client"
	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/cmd/tidemark/gate"
	"github.com/tidemark/tidemark/cmd/tidemark/local"
	"github.com/tidemark/tidemark/cmd/tidemark/output"
	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/discover/sbom"
	"github.com/tidemark/tidemark/internal/fault"
)

// verbs are the sub-commands of ingest.
type verbs struct{ *command.App }

// Command is "ingest" with its sub-commands.
func Command(app *command.App) *cobra.Command {
	a := verbs{app}
	c := command.Group("ingest", "Give evidence: what artifacts are made of, what runs where, what sensors saw, and documents about things",
		a.ingestSBOMCmd(), a.ingestDeployCmd(), a.ingestDetectionsCmd())
	for _, d := range documents() {
		c.AddCommand(documentCmd(a, d))
	}
	return c
}

func (a verbs) ingestSBOMCmd() *cobra.Command {
	var artifact string
	c := &cobra.Command{
		Use: "sbom PATH...", Short: "Take SBOMs (CycloneDX 1.2-1.7, SPDX 2.2-3.0): files, and the .json, .xml and .spdx files below folders",
		Args: command.Args(1, -1, "at least one file or folder"),
		RunE: func(c *cobra.Command, paths []string) error { return a.takeSBOMs(c.Context(), paths, artifact) },
	}
	command.NoWait(a.App, c)
	c.Flags().StringVar(&artifact, "artifact", "", "what the SBOM describes: NAME[:TAG][@sha256:…] (default: what the document says)")
	return c
}

func (a verbs) takeSBOMs(ctx context.Context, paths []string, artifact string) error {
	files, err := gate.Expand(paths)
	if err != nil {
		return err
	}
	if artifact != "" && len(files) > 1 {
		return fault.New(fault.Invalid, "--artifact names one artifact, and %d files are given", len(files)).WithHint("give one file at a time")
	}
	return a.Remotely(func(c *client.Client) error { return a.sendSBOMs(ctx, c, files, artifact) },
		func() error {
			m := local.Mutation{Verb: "ingest sbom", Object: strings.Join(paths, " "), Detail: map[string]string{"artifact": artifact}}
			return a.ingestSBOMs(ctx, m, files, artifact)
		})
}

// ingestSBOMs takes documents.
func (a verbs) ingestSBOMs(ctx context.Context, m local.Mutation, files []string, artifact string) error {
	_, bad, err := a.ingestEach(ctx, m, files, func(in *discover.Ingest, file string) (discover.Receipt, error) {
		r, err := ingestSBOM(ctx, in, file, artifact)
		r.Kind = discover.KindSBOM
		return r, err
	})
	if err != nil {
		return err
	}
	return partial(a.Err, bad)
}

// ingestEach takes each file on its own: a bad one does not stop the others, and
// is listed by the kind of what was to be taken. When all are bad the call failed.
func (a verbs) ingestEach(ctx context.Context, m local.Mutation, files []string, take func(*discover.Ingest, string) (discover.Receipt, error),
) (out api.Receipts, bad []error, err error) {
	out = api.Receipts{Schema: api.SchemaReceipts, AsOf: a.AsOf.Time(), Items: []api.Receipt{}}
	err = a.Writing(ctx, m, func(s *local.Session) error {
		in := s.Ingest()
		for _, f := range files {
			r, err := take(in, f)
			if err != nil && fault.KindOf(err) != fault.Invalid {
				return err
			}
			if err != nil {
				bad = append(bad, err)
				r = discover.Receipt{Input: f, Kind: r.Kind, Rejected: []discover.Remark{{Where: f, Reason: err.Error()}}}
			}
			out.Items = append(out.Items, local.ReceiptItem(r))
		}
		if len(bad) == len(files) {
			return allBad(bad)
		}
		return nil
	}, func(*local.Session) error { return a.Print.Document(out, func(w io.Writer) { receiptText(w, out) }) })
	return out, bad, err
}

// allBad is the error of a call in which every input was refused.
func allBad(bad []error) error {
	if len(bad) == 1 {
		return bad[0]
	}
	return fault.Wrap(fault.Invalid, errors.Join(bad...), "all %d inputs were rejected", len(bad))
}

// partial reports rejected inputs among others that were taken.
func partial(w io.Writer, bad []error) error {
	if len(bad) == 0 {
		return nil
	}
	for _, err := range bad {
		_, _ = fmt.Fprintln(w, "tidemark: rejected "+output.Plain(fault.Mask(err.Error())))
	}
	return command.Exit(command.ExitPartial)
}

func ingestSBOM(ctx context.Context, in *discover.Ingest, file, artifact string) (discover.Receipt, error) {
	body, err := command.ReadBounded(file, sbom.DefaultDocument)
	if err != nil {
		return discover.Receipt{}, err
	}
	return in.IngestSBOM(ctx, discover.SBOMInput{Name: file, Body: body, Artifact: artifact})
}

func (a verbs) ingestDeployCmd() *cobra.Command {
	var environment, source, when, every string
	c := &cobra.Command{
		Use: "deploy PATH...", Short: "Take what is deployed: Kubernetes manifests or deployment records",
		Long: `Take what is deployed. A PATH is a file or folder of Kubernetes manifests
(rendered: kustomize build, helm template), or of deployment records: a JSON
array or NDJSON of
  {"service","environment","artifact":"NAME@sha256:…","replicas":n,"observed_at",
   "source","doors":[{"address","public":bool}],"doors_complete":bool}

One call is one complete snapshot for each source and environment in it: what
is absent, or has replicas 0, ends there. Other sources and environments are
not touched. Manifests need --environment.

  tidemark ingest deploy k8s/ --environment prod
  tidemark ingest deploy running.json --source cluster-1 --every 1h
  kubectl-export | tidemark ingest deploy /dev/stdin --environment prod --source cluster-1`,
		Args: command.Args(1, -1, "at least one file or folder"),
		RunE: func(c *cobra.Command, paths []string) error {
			in := discover.DeployInput{Paths: paths, Environment: environment, Source: source}
			var err error
			if in.At, err = command.ParseTime("--at", when); err != nil {
				return err
			}
			if in.Every, err = command.ParseDuration("--every", every); err != nil {
				return err
			}
			return a.Remotely(func(to *client.Client) error { return a.sendDeploy(c.Context(), to, in) },
				func() error { return a.ingestDeploy(c.Context(), in) })
		},
	}
	command.NoWait(a.App, c)
	c.Flags().StringVar(&environment, "environment", "", "environment (default: what the records say)")
	c.Flags().StringVar(&source, "source", "", "who says so (default: what the records say, else the path)")
	c.Flags().StringVar(&when, "at", "", "when it was so (default: what the records say, else now)")
	c.Flags().StringVar(&every, "every", "", "how often this source is expected to report, as 1h or 7d (default 8h)")
	return c
}

func (a verbs) ingestDeploy(ctx context.Context, in discover.DeployInput) error {
	out := api.Receipts{Schema: api.SchemaReceipts, AsOf: a.AsOf.Time(), Items: []api.Receipt{}}
	rejected := 0
	m := local.Mutation{
		Verb: "ingest deploy", Object: strings.Join(in.Paths, " "),
		Detail: map[string]string{"environment": in.Environment, "source": in.Source},
	}
	err := a.Writing(ctx, m, func(s *local.Session) error {
		receipts, err := s.Ingest().IngestDeploy(ctx, in)
		for _, r := range receipts {
			out.Items = append(out.Items, local.ReceiptItem(r))
			rejected += len(r.Rejected)
		}
		return err
	}, func(*local.Session) error { return a.Print.Document(out, func(w io.Writer) { receiptText(w, out) }) })
	if err != nil {
		return err
	}
	if rejected > 0 {
		return command.Exit(command.ExitPartial)
	}
	return nil
}

func receiptText(w io.Writer, out api.Receipts) {
	for _, r := range out.Items {
		_, _ = fmt.Fprintf(w, "%s (%s): %d accepted, %d unchanged, %d rejected\n", output.Plain(r.Input), r.Kind, r.Accepted, r.Unchanged, len(r.Rejected))
		if q := r.Quality; q != nil {
			_, _ = fmt.Fprintf(w, "  %s has %d components: %d without purl, %d without version, %d of an unknown ecosystem\n",
				output.Plain(r.Artifact), q.Components, q.NoPurl, q.NoVersion, q.UnknownEcosystem)
		}
		for _, list := range []struct {
			word  string
			items []api.Rejection
		}{{"rejected", r.Rejected}, {"ignored", r.Ignored}, {"note", r.Notes}} {
			for _, i := range list.items {
				_, _ = fmt.Fprintf(w, "  %s %s: %s\n", list.word, output.Plain(i.Where), output.Plain(i.Reason))
			}
		}
		for _, s := range r.Snapshots {
			_, _ = fmt.Fprintf(w, "  complete for %s in %s: %d members\n", output.Plain(s.Source), output.Plain(s.Environment), s.Members)
		}
	}
}
