package main

import (
	"slices"

	"github.com/spf13/cobra"

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
