package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/internal/fault"
)

// The exit codes.
const (
	exitOK        = 0
	exitUsage     = 2
	exitFailure   = 3
	exitForbidden = 4
)

// run runs one command and returns its exit code.
func run(ctx context.Context, p process, args []string) int {
	root := rootCommand(p)
	root.SetArgs(args)
	root.SetOut(p.out)
	root.SetErr(p.err)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	_, _ = fmt.Fprintln(p.err, "tidemark-agent: "+masked(err.Error()))
	if hint := fault.HintOf(err); hint != "" {
		_, _ = fmt.Fprintln(p.err, "  what to do: "+hint)
	}
	return exitCode(err)
}

func exitCode(err error) int {
	switch fault.KindOf(err) {
	case fault.Invalid, fault.NotFound:
		return exitUsage
	case fault.Forbidden, fault.Unauthenticated:
		return exitForbidden
	case fault.Conflict, fault.TooMany, fault.Unavailable, fault.Internal:
		return exitFailure
	}
	return exitFailure
}

// rootCommand has one sub-command for each thing that can be watched.
func rootCommand(p process) *cobra.Command {
	root := &cobra.Command{
		Use: "tidemark-agent", Short: "tell a Tidemark server what runs here", Version: version,
		SilenceErrors: true, SilenceUsage: true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fault.New(fault.Invalid, "unknown command %q", args[0]).WithHint("tidemark-agent --help lists them")
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetVersionTemplate("tidemark-agent {{.Version}}\n")
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return fault.Wrap(fault.Invalid, err, "the flags") })
	root.AddCommand(kubeCommand(p), hostCommand(p), hubbleCommand(p))
	for _, c := range root.Commands() {
		c.Args = func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fault.New(fault.Invalid, "%q is no flag", args[0])
			}
			return nil
		}
	}
	return root
}
