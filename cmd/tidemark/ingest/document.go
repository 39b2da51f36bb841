package ingest

import (
	"context"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/client"
	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/cmd/tidemark/local"
	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/fault"
)

// maxDocument bounds a document about things.
const maxDocument = 64 << 20

// kind is a kind of document about things, as its sub-command shows it.
type kind struct {
	name, short, long string
	service           bool // it has to be said which service it is about
	environment       bool // it can be said where it is about
}

// documents are the kinds that have a sub-command of their own.
func documents() []kind {
	return []kind{
		{
			name: "attestation", short: "Take attestations: in-toto statements, SLSA provenance, DSSE envelopes, Sigstore bundles",
			long: `Take attestations: in-toto statements, SLSA provenance, DSSE envelopes and
Sigstore bundles. Signatures are checked against the keys and roots that this
installation trusts (docs/provenance.md); what does not verify is kept as
evidence, marked as such, and never trusted. SBOMs inside are taken as SBOMs.

  tidemark ingest attestation provenance.intoto.jsonl
  cosign download attestation IMAGE | tidemark ingest attestation /dev/stdin`,
		},
		{
			name: "ci", short: "Take CI events: runs of GitHub Actions, GitLab CI, Jenkins, Tekton, or the generic form",
			long: `Take what a CI system says of its runs: webhook bodies of GitHub Actions, GitLab
CI and Jenkins, Tekton events and objects, or the generic form
  {"system","run","repository","commit","branch","actor","artifacts":["sha256:…"]}

  tidemark ingest ci workflow_run.json
  tidemark ingest ci build.json --source ci/jenkins`,
		},
		{
			name: "forge", short: "Take reports of GitHub and GitLab, as connect --report writes them",
			long: `Take reports of GitHub and GitLab that another machine made: repositories with
their CODEOWNERS, builds, and SBOMs of dependency graphs (docs/connect.md).

  tidemark connect github --org shop --report shop.json    # where the token is
  tidemark ingest forge shop.json shop.json.2              # where the data is`,
		},
		{
			name: "openapi", short: "Take the OpenAPI document of a service: its operations, and who may call them", service: true, environment: true,
			long: `Take the OpenAPI 3 document of a service: its operations become endpoints, each
with whether it asks who calls. Nothing that the document refers to is fetched.

  tidemark ingest openapi openapi.yaml --service checkout`,
		},
		{
			name: "flows", short: "Take flows that were seen: OTLP traces, Hubble flows, or the generic form", environment: true,
			long: `Take who was seen to talk to whom: OTLP traces (JSON or protobuf), Hubble flows
(hubble observe -o jsonpb), or the generic form (docs/flows.md). Flows are told
once per interval, however many there were.

  hubble observe -o jsonpb --last 10000 | tidemark ingest flows /dev/stdin --environment prod
  tidemark ingest flows traces.json --environment prod`,
		},
		{
			name: "services", short: "Take the services, models and data sets of a bill of materials (SaaSBOM, ML-BOM, SPDX 3 AI)", environment: true,
			long: `Take what a bill of materials says beside components: services of others with the
data that goes to them, data stores, models of machine learning and what they
were trained on (CycloneDX in JSON, the AI and Dataset profiles of SPDX 3).

  tidemark ingest services saasbom.json --environment prod`,
		},
	}
}

func documentCmd(a verbs, k kind) *cobra.Command {
	in := discover.DocumentInput{Kind: k.name}
	c := &cobra.Command{
		Use: k.name + " FILE...", Short: k.short, Long: k.long, Args: command.Args(1, -1, "at least one file"),
		RunE: func(c *cobra.Command, files []string) error {
			if k.service && in.Service == "" {
				return fault.New(fault.Invalid, "%s needs the service that it is about", c.CommandPath()).WithHint("pass --service S")
			}
			return a.takeDocuments(c.Context(), files, in)
		},
	}
	command.NoWait(a.App, c)
	c.Flags().StringVar(&in.Source, "source", "", "who says so (default: what the document says)")
	if k.service {
		c.Flags().StringVar(&in.Service, "service", "", "the service that it is about")
	}
	if k.environment {
		c.Flags().StringVar(&in.Environment, "environment", "", "the environment that it is about")
	}
	return c
}

func (a verbs) takeDocuments(ctx context.Context, files []string, in discover.DocumentInput) error {
	return a.Remotely(func(to *client.Client) error { return a.sendDocuments(ctx, to, files, in) }, func() error {
		m := local.Mutation{
			Verb: "ingest " + in.Kind, Object: strings.Join(files, " "),
			Detail: map[string]string{"source": in.Source, "service": in.Service, "environment": in.Environment},
		}
		out, bad, err := a.ingestEach(ctx, m, files, func(door *discover.Ingest, file string) (discover.Receipt, error) {
			one := in
			one.Name = file
			body, err := command.ReadBounded(file, maxDocument)
			if err != nil {
				return discover.Receipt{Kind: in.Kind}, err
			}
			one.Body = body
			return door.IngestDocument(ctx, one)
		})
		if err != nil {
			return err
		}
		if err := partial(a.Err, bad); err != nil {
			return err
		}
		return refusedParts(out)
	})
}

// sendDocuments is takeDocuments through a server.
func (a verbs) sendDocuments(ctx context.Context, c *client.Client, files []string, in discover.DocumentInput) error {
	return a.sendEach(ctx, c, files, func(file string) (api.ReceiptStatus, error) {
		body, err := command.ReadBounded(file, maxDocument)
		if err != nil {
			return api.ReceiptStatus{}, err
		}
		return c.SendDocument(ctx, client.Document{Kind: in.Kind, Source: in.Source, Environment: in.Environment, Service: in.Service, Body: body})
	})
}

// sendEach sends files one by one, waits for each, and prints what became of them.
func (a verbs) sendEach(ctx context.Context, c *client.Client, files []string, send func(file string) (api.ReceiptStatus, error)) error {
	out := api.Receipts{Schema: api.SchemaReceipts, Items: []api.Receipt{}}
	for _, f := range files {
		r, err := send(f)
		if err != nil {
			return err
		}
		for i := range r.Receipts {
			r.Receipts[i].Input = f
		}
		out.AsOf, out.Items = r.At, append(out.Items, r.Receipts...)
		if err := command.Settle(ctx, a.App, c, &r); err != nil {
			return err
		}
	}
	if err := a.Print.Document(out, func(w io.Writer) { receiptText(w, out) }); err != nil {
		return err
	}
	return refusedParts(out)
}
