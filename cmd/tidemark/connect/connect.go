// Package connect holds the sub-commands that connect what already knows something:
// a forge with its repositories.
//
// The model. What a forge says is read into a report, here; the report goes in like
// any document, into the data of this machine or through a server. Invariants. The
// token of the forge stays here: no server and no report gets it. The same again
// changes nothing.
package connect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/client"
	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/cmd/tidemark/local"
	"github.com/tidemark/tidemark/cmd/tidemark/output"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/discover/forge"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/server/reply"
)

// Command is "connect" with its sub-commands; more of them come from elsewhere.
func Command(app *command.App, more ...*cobra.Command) *cobra.Command {
	return command.Group("connect", "Connect what already knows: a forge with its repositories",
		append([]*cobra.Command{forgeCmd(app, hub()), forgeCmd(app, lab())}, more...)...)
}

// kind is a forge as its sub-command shows it.
type kind struct {
	name, title, url, variable, group, scopes string
}

func hub() kind {
	return kind{
		forge.GitHub, "GitHub", "https://api.github.com", "GITHUB_TOKEN", "org",
		"contents, metadata, actions (read); dependabot, code-scanning and secret-scanning alerts (read) to count them",
	}
}

func lab() kind {
	return kind{forge.GitLab, "GitLab", "https://gitlab.com/api/v4", "GITLAB_TOKEN", "group", "read_api, read_repository"}
}

// asked are the flags of a sub-command.
type asked struct {
	kind
	tokenFile, group, url, report string
	once, lean, private           bool
	every                         time.Duration
}

func forgeCmd(app *command.App, k kind) *cobra.Command {
	q := asked{kind: k}
	c := &cobra.Command{
		Use: k.name, Short: "Read repositories, owners, builds, releases, SBOMs and alerts from " + k.title,
		Long: fmt.Sprintf(`Read from %[1]s what a token sees: repositories with their CODEOWNERS, the newest
builds and releases, SBOMs of dependency graphs, and how many alerts are open.
Nothing is written to %[1]s, and its token goes nowhere else. What it does not
show is listed. It is read again every hour until stopped, or with --once once.

The token needs: %[2]s.

  tidemark connect %[3]s --token-file token --%[4]s shop --once
  tidemark connect %[3]s --%[4]s shop --url https://forge.example.org/api --server https://tidemark.example.org`, k.title, k.scopes, k.name, k.group),
		Args: command.Args(0, 0, "no argument"), RunE: func(c *cobra.Command, _ []string) error { return verbs{app}.run(c.Context(), q) },
	}
	f := c.Flags()
	f.StringVar(&q.tokenFile, "token-file", "", "file with the token for "+k.title+" (default $"+k.variable+")")
	f.StringVar(&q.group, k.group, "", "whose repositories (default: all that the token sees)")
	f.StringVar(&q.url, "url", k.url, "address of the API")
	f.StringVar(&q.report, "report", "", "write what was read to this file, and store nothing (see ingest forge)")
	f.BoolVar(&q.once, "once", false, "read once, then end")
	f.DurationVar(&q.every, "every", time.Hour, "time between two readings")
	f.BoolVar(&q.lean, "lean", false, "leave SBOMs and alerts out")
	f.BoolVar(&q.private, "allow-private", false, "the address may be one of a private network, and plain http")
	return c
}

// verbs are the sub-commands.
type verbs struct{ *command.App }

func (a verbs) run(ctx context.Context, q asked) error {
	if q.every < time.Minute {
		return fault.New(fault.Invalid, "--every: %s is less than a minute", q.every)
	}
	to, err := a.client(q)
	if err != nil {
		return err
	}
	for {
		err := a.read(ctx, to, q)
		if q.once || q.report != "" || fault.KindOf(err) == fault.Invalid || fault.KindOf(err) == fault.Unauthenticated {
			return err
		}
		if _, isAnswer := errors.AsType[command.Exit](err); err != nil && !isAnswer {
			_, _ = fmt.Fprintf(a.Err, "tidemark: %s; it is tried again in %s\n", output.Plain(err.Error()), q.every)
		}
		timer := time.NewTimer(q.every)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
}

// client is the way to the forge.
func (a verbs) client(q asked) (*forge.Client, error) {
	token := strings.TrimSpace(a.Env(q.variable))
	if q.tokenFile != "" {
		raw, err := command.ReadBounded(q.tokenFile, command.MaxToken)
		if err != nil {
			return nil, err
		}
		token = strings.TrimSpace(string(raw))
	}
	if token == "" {
		return nil, fault.New(fault.Invalid, "there is no token for %s", q.title).WithHint("pass --token-file FILE, or set %s", q.variable)
	}
	cfg := forge.Config{
		URL: q.url, Token: ctem.Secret(token), Agent: "tidemark/" + a.Version, Private: q.private, Now: a.Present, Cache: forge.NewMemory(),
	}
	if !a.IsRemote() { // what a server has is not here
		dir, err := a.DataDir()
		if err != nil {
			return nil, err
		}
		cfg.Cache = forge.Folder{Dir: filepath.Join(dir, "cache", "forge"), Salt: token}
	}
	return forge.NewClient(cfg)
}

// read reads the forge once, and stores what it says.
func (a verbs) read(ctx context.Context, from *forge.Client, q asked) error {
	rep, err := forge.Collect(ctx, from, forge.Asked{Forge: q.name, Group: q.group, Lean: q.lean})
	if err != nil {
		return err
	}
	doc := connected(&rep, from.Requests(), a.Present())
	parts, err := rep.Parts()
	if err != nil {
		return err
	}
	if q.report != "" {
		return a.write(q.report, parts, &doc)
	}
	return a.Remotely(func(to *client.Client) error { return a.send(ctx, to, parts, &doc) }, func() error { return a.store(ctx, &rep, parts, &doc) })
}

// write keeps a report as files: FILE, and FILE.2, … where it has several parts.
func (a verbs) write(path string, parts [][]byte, doc *api.Connected) error {
	for i, p := range parts {
		name := path
		if i > 0 {
			name = fmt.Sprintf("%s.%d", path, i+1)
		}
		if err := os.WriteFile(name, p, 0o600); err != nil {
			return fault.Wrap(fault.Invalid, err, "write the report")
		}
	}
	return a.show(doc)
}

func (a verbs) store(ctx context.Context, rep *forge.Report, parts [][]byte, doc *api.Connected) error {
	m := local.Mutation{Verb: "connect " + rep.Forge, Object: cmp.Or(rep.Group, rep.Host), Detail: map[string]int{"repositories": doc.Repositories}}
	return a.Writing(ctx, m, func(s *local.Session) error {
		in := s.Ingest()
		for _, p := range parts {
			r, err := in.IngestDocument(ctx, discover.DocumentInput{Kind: forge.Kind, Name: rep.Source(), Body: p})
			if err != nil {
				return err
			}
			took(doc, local.ReceiptItem(r))
		}
		return s.DB.NoteTrouble(ctx, rep.Source(), rep.Trouble, s.Now())
	}, func(*local.Session) error { return a.show(doc) })
}

func (a verbs) send(ctx context.Context, to *client.Client, parts [][]byte, doc *api.Connected) error {
	for _, p := range parts {
		r, err := to.SendDocument(ctx, client.Document{Kind: forge.Kind, Body: p})
		if err != nil {
			return err
		}
		if err := command.Settle(ctx, a.App, to, &r); err != nil {
			return err
		}
		for _, item := range r.Receipts {
			took(doc, item)
		}
	}
	return a.show(doc)
}

func took(doc *api.Connected, r api.Receipt) {
	doc.Accepted += r.Accepted
	doc.Unchanged += r.Unchanged
	doc.Rejected = append(doc.Rejected, r.Rejected...)
}

// connected counts what a report holds.
func connected(r *forge.Report, requests int, now time.Time) api.Connected {
	doc := api.Connected{
		Schema: api.SchemaConnected, AsOf: now, Forge: r.Forge, Host: r.Host, Group: r.Group, Source: r.Source(), Complete: r.Complete,
		Repositories: len(r.Repositories), Builds: len(r.Builds), SBOMs: len(r.SBOMs), Requests: requests,
		Rejected: []api.Rejection{}, Unseen: []api.Rejection{},
	}
	for i := range r.Repositories {
		spec := &r.Repositories[i].Spec
		if spec.Owners != nil {
			doc.Owned++
			doc.Rules += len(spec.Owners.Rules)
		}
		doc.Releases += len(spec.Releases)
		for _, x := range spec.Alerts {
			doc.Alerts += x.Open
		}
	}
	for _, x := range r.Trouble {
		doc.Unseen = append(doc.Unseen, api.Rejection{Where: x.Where, Reason: x.Reason})
	}
	return doc
}

func (a verbs) show(doc *api.Connected) error {
	if err := a.Print.Document(*doc, func(w io.Writer) { text(w, doc) }); err != nil {
		return err
	}
	if len(doc.Rejected) > 0 || !doc.Complete {
		return command.Exit(command.ExitPartial)
	}
	return nil
}

// mostUnseen is how much of what was not shown stands in the text; the document
// has all of it.
const mostUnseen = 20

func text(w io.Writer, d *api.Connected) {
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }
	say("%s: %s, %d with CODEOWNERS (%s)", output.Plain(d.Source), reply.Counted(d.Repositories, "repository", "repositories"), d.Owned, reply.Counted(d.Rules, "rule", "rules"))
	say("%s, %s, %s, %s", reply.Counted(d.Builds, "build", "builds"), reply.Counted(d.Releases, "release", "releases"),
		reply.Counted(d.SBOMs, "SBOM", "SBOMs"), reply.Counted(d.Alerts, "open alert", "open alerts"))
	if d.Accepted+d.Unchanged > 0 {
		say("%d are new, %d were known", d.Accepted, d.Unchanged)
	}
	for _, r := range d.Rejected {
		say("rejected %s: %s", output.Plain(r.Where), output.Plain(r.Reason))
	}
	for i, r := range d.Unseen {
		if i == mostUnseen {
			say("… and %d more that could not be seen (-o json has them)", len(d.Unseen)-i)
			break
		}
		say("not seen: %s: %s", output.Plain(r.Where), output.Plain(r.Reason))
	}
	if !d.Complete {
		say("not everything could be read: repositories that are missing here do not end")
	}
}
