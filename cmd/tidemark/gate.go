package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/client"
	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/cmd/tidemark/gate"
	"github.com/tidemark/tidemark/cmd/tidemark/local"
	"github.com/tidemark/tidemark/cmd/tidemark/output"
	"github.com/tidemark/tidemark/cmd/tidemark/report"
	"github.com/tidemark/tidemark/internal/fault"
)

// gateFlags are the flags of gate, as given.
type gateFlags struct {
	targets              []string
	sbom, image          string
	service, environment string
	from                 knowledgeFlags
	failOn               []string
	baseline, onUnknown  string
	ages                 struct{ most, grace string } // of data, and of a weakness that does not fail yet
	explain              bool
	reports              reportFlags
}

func (a *app) gateCmd() *cobra.Command {
	var f gateFlags
	c := &cobra.Command{
		Use: "gate TARGET... (--intel DIR | --index FILE.tmidx)", Short: "Pass or fail a build before it is deployed",
		Long: `Decide whether a build may go on: what is in it against a folder of advisories,
or against an index made of one, by the same rules as everything else. A TARGET
is what "tidemark scan" takes: an SBOM, a lock file, a saved image, a folder;
several are one build. With --service and --environment the doors of that place
as the store knows them are part of the decision, and so is what people have
decided there: an exception in force suppresses, and is listed with who stands
for it. With --baseline only what is new fails: against a former answer of gate or
scan as JSON or SARIF, or against the same targets as they are in git where the
present commit left a branch. With --grace what was published a short time ago
does not fail yet, but what is used in attacks does.

  tidemark gate shop.cdx.json --intel ./intel
  tidemark gate shop.tar --intel ./intel
  tidemark gate --sbom shop.cdx.json --intel ./intel --fail-on schedule --fail-on kev
  tidemark gate --sbom shop.cdx.json --intel ./intel --service shop --environment prod
  tidemark gate --sbom shop.cdx.json --intel ./intel --baseline main.json --report sarif=gate.sarif
  tidemark gate go.mod package-lock.json --index all.tmidx --baseline main --grace 7d --explain

With --image an image that was built is judged by what the store, or --server,
knows of it, as if it ran in --environment. One that nobody knows, or without an
SBOM, cannot be decided.

  tidemark gate --image sha256:… --environment prod --server https://tidemark.example.org

Exit codes: 0 pass, 1 fail, 6 cannot decide (no feed, unreadable version or
file, no packages found, data older than --max-age); 1 wins over 6.`,
		Args: command.Args(0, -1, "TARGETs"), RunE: func(c *cobra.Command, targets []string) error {
			f.targets = targets
			return a.judge(c.Context(), f)
		},
	}
	c.Flags().StringVar(&f.sbom, "sbom", "", "the build's SBOM: the same as a TARGET")
	c.Flags().StringVar(&f.image, "image", "", "an image by its digest, of which the store or --server knows the SBOM")
	c.Flags().StringVar(&f.from.dir, "intel", "", "folder with OSV <Ecosystem>/all.zip, KEV and EPSS anywhere below")
	c.Flags().StringVar(&f.from.index, "index", "", "file made of such a folder by: tidemark intel compile")
	c.Flags().StringVar(&f.service, "service", "", "service that the build is for")
	c.Flags().StringVar(&f.environment, "environment", "", "environment that it goes to")
	c.Flags().StringArrayVar(&f.failOn, "fail-on", []string{"act"}, "act, schedule (includes act), kev, or score>=N; may be given several times")
	c.Flags().StringVar(&f.baseline, "baseline", "", "former answer of gate or scan (JSON or SARIF), or a branch of git: what it has does not fail")
	c.Flags().StringVar(&f.ages.grace, "grace", "", "how long after its publication a weakness does not fail yet, as 7d; not when it is used in attacks")
	c.Flags().BoolVar(&f.explain, "explain", false, "say why each advisory names the component, and the usual command of the fix")
	c.Flags().StringVar(&f.onUnknown, "on-unknown", "fail", "when it cannot decide: fail (exit code 6), warn or pass (exit code 0)")
	f.reports.register(c)
	c.Flags().StringVar(&f.ages.most, "max-age", "", "how old the feeds' data may be, as 24h or 7d")
	return c
}

func (a *app) judge(ctx context.Context, f gateFlags) error {
	if f.image != "" {
		return a.judgeImage(ctx, f)
	}
	conditions, err := gate.ParseConditions(f.failOn)
	if err != nil {
		return err
	}
	maxAge, err := command.ParseDuration("--max-age", f.ages.most)
	if err != nil {
		return err
	}
	grace, err := command.ParseDuration("--grace", f.ages.grace)
	if err != nil {
		return err
	}
	if f.sbom != "" {
		f.targets = append(f.targets, f.sbom)
	}
	if len(f.targets) == 0 || (f.service == "") != (f.environment == "") {
		return fault.New(fault.Invalid, "gate needs a TARGET, and --service together with --environment").
			WithHint("tidemark gate TARGET... --intel DIR [--service S --environment E]")
	}
	before, err := f.before()
	if err != nil {
		return err
	}
	in, err := a.build(ctx, f.targets)
	if err != nil {
		return err
	}
	doc := in.Joined()
	branch, err := f.branch(ctx, before)
	if err != nil {
		return err
	}
	known, err := a.know(ctx, f.from, []gate.Document{doc, branch.Doc}, true)
	if err != nil {
		return err
	}
	if branch.Name != "" {
		before = known.BaselineOf(branch, a.AsOf.Time())
	}
	place, ruled, err := a.placeOf(ctx, f)
	if err != nil {
		return err
	}
	j := gate.Judge{
		Knowledge: known, Place: place, Now: a.AsOf.Time(), Conditions: conditions, Ruled: ruled, Baseline: before,
		Doubts: in.Doubts(), Grace: grace,
	}
	out, err := j.Verdict(ctx, doc, maxAge)
	if err != nil {
		return err
	}
	out.FailOn, out.Inputs, out.Skipped = f.failOn, in.Read(), append(out.Skipped, in.Skipped...)
	return a.conclude(f, out)
}

// build reads what is to be judged. Nothing that can be read is an error; what
// in a folder cannot be read is a doubt.
func (a *app) build(ctx context.Context, targets []string) (gate.Inputs, error) {
	in, err := gate.ReadTargets(ctx, targets)
	if err != nil {
		return in, err
	}
	if len(in.Docs) == 0 && len(in.Rejected) > 0 {
		return in, fault.New(fault.Invalid, "%s: %s", in.Rejected[0].SBOM, in.Rejected[0].Reason)
	}
	_ = a.sayInputs(in) // the verdict has the exit code
	return in, nil
}

// before reads the baseline, and refuses other flags that make no sense.
func (f *gateFlags) before() (*gate.Baseline, error) {
	if !slices.Contains([]string{"fail", "warn", "pass"}, f.onUnknown) {
		return nil, fault.New(fault.Invalid, "--on-unknown: %q is no choice", f.onUnknown).WithHint("use fail, warn or pass")
	}
	if err := f.reports.check(); err != nil || f.baseline == "" {
		return nil, err
	}
	if _, err := os.Stat(f.baseline); errors.Is(err, fs.ErrNotExist) {
		return nil, nil // a branch, or nothing
	}
	return gate.ReadBaseline(f.baseline)
}

// branch reads the targets as they were where a branch was left, when the
// baseline is no file.
func (f *gateFlags) branch(ctx context.Context, before *gate.Baseline) (gate.Branch, error) {
	if f.baseline == "" || before != nil {
		return gate.Branch{}, nil
	}
	return gate.ReadBranch(ctx, f.baseline, f.targets)
}

// conclude prints a verdict, and ends with its exit code.
func (a *app) conclude(f gateFlags, out api.Gate) error {
	err := a.publish(f.reports, published{
		doc: out, print: func() error { return a.Print.Document(out, func(w io.Writer) { gateText(w, out, f.explain) }) },
		judged: true,
		report: func(by report.Maker) report.Report { return report.OfGate(out, by) },
	})
	if err != nil {
		return err
	}
	switch {
	case out.Verdict == "fail":
		return command.Exit(command.ExitBad)
	case out.Verdict == "unknown" && f.onUnknown == "fail":
		return command.Exit(command.ExitUndecided)
	case out.Verdict == "unknown" && f.onUnknown == "warn":
		_, err = fmt.Fprintf(a.Err, "tidemark: warning: %s\n", output.Plain(out.Sentence))
	}
	return err
}

// placeOf asks the store for the place that the flags name, and for what people
// have decided there.
func (a *app) placeOf(ctx context.Context, f gateFlags) (place gate.Place, ruled []gate.Ruled, err error) {
	if f.service == "" {
		return gate.PlaceOf("", "", nil), nil, nil
	}
	err = a.Asking(ctx, func(d command.Answers) (err error) {
		place, ruled, err = gate.Spot{Service: f.service, Environment: f.environment, Moment: a.Moment()}.Ask(ctx, d)
		return err
	})
	return place, ruled, err
}

// judgeImage asks whoever knows the image what it would mean in an environment.
func (a *app) judgeImage(ctx context.Context, f gateFlags) error {
	if f.sbom != "" || len(f.targets) > 0 || f.from != (knowledgeFlags{}) || f.baseline != "" || f.ages.most != "" || f.ages.grace != "" || f.environment == "" {
		return fault.New(fault.Invalid, "gate --image needs --environment E, and asks the store: no --sbom, --intel, --index, --baseline, --grace or --max-age").
			WithHint("tidemark gate --image sha256:… --environment prod [--service S] [--server URL]")
	}
	if _, err := f.before(); err != nil {
		return err
	}
	ask := api.ImageAsk{Image: f.image, Environment: f.environment, Service: f.service, FailOn: f.failOn}
	out, err := command.Ways[api.Gate]{
		There: func(c *client.Client) (api.Gate, error) { return c.JudgeImage(ctx, ask) },
		Here: func(s *local.Session) (api.Gate, error) {
			return gate.Images{Store: s.DB, Estate: s.Desk(), Now: s.Now}.JudgeImage(ctx, ask)
		},
	}.Ask(ctx, a.App)
	if err != nil {
		return err
	}
	return a.conclude(f, out)
}

func gateText(w io.Writer, out api.Gate, explain bool) {
	_, _ = fmt.Fprintln(w, out.Sentence)
	for _, f := range out.Failed {
		_, _ = fmt.Fprintf(w, "  %-9s %4d  %s in %s, fix %s (%s)\n", f.Decision, f.Score, f.Weakness, output.Plain(f.Component), cmp.Or(deref(f.Fix), "none known"), f.Reason)
		if explain {
			explainItem(w, f)
		}
	}
	for _, f := range out.Deferred {
		_, _ = fmt.Fprintf(w, "  in grace   %s in %s, fix %s, until %s\n", f.Weakness, output.Plain(f.Component), cmp.Or(deref(f.Fix), "none known"), output.Day(f.Until))
	}
	for _, f := range out.Suppressed {
		_, _ = fmt.Fprintf(w, "  suppressed %s in %s by %s until %s: %s\n", f.Weakness, output.Plain(f.Component), output.Plain(f.By), output.Day(f.Until), output.Plain(f.Reason))
	}
	for _, f := range out.Known {
		_, _ = fmt.Fprintf(w, "  known      %s in %s, fix %s\n", f.Weakness, output.Plain(f.Component), cmp.Or(deref(f.Fix), "none known"))
	}
	for _, v := range out.Vanished {
		_, _ = fmt.Fprintf(w, "  gone       %s in %s\n", v.Weakness, output.Plain(v.Component))
	}
	if len(out.Undecided) > 0 {
		reasons := map[string]int{}
		for _, u := range out.Undecided {
			reasons[u.Reason]++
		}
		var parts []string
		for r, n := range reasons {
			parts = append(parts, fmt.Sprintf("%d %s", n, r))
		}
		slices.Sort(parts)
		_, _ = fmt.Fprintf(w, "  undecided: %s\n", strings.Join(parts, ", "))
	}
}

// explainItem says why a weakness is there, and what brings its fix.
func explainItem(w io.Writer, f api.GateItem) {
	for _, why := range f.Why {
		_, _ = fmt.Fprintf(w, "             why: %s\n", output.Plain(why))
	}
	if f.Command != "" {
		_, _ = fmt.Fprintf(w, "             fix: %s\n", output.Plain(f.Command))
	}
}
