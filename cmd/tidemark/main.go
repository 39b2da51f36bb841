// Command tidemark is the whole product in one binary: it takes advisories,
// bills of materials and deployments, says which weaknesses run where and why
// they matter, plans the fix and closes it by evidence.
//
// This package wires rooms together and prints; it has no rules. One file per
// sub-command. Standard output holds data only, standard error everything
// else; exit codes are those of "tidemark help exit-codes".
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/cmd/tidemark/output"
	"github.com/tidemark/tidemark/internal/inventory"
)

func main() {
	hurry()
	inventory.Report(func(message string) { _, _ = fmt.Fprintln(os.Stderr, "tidemark: "+output.Plain(message)) })
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, command.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Env: os.Getenv}, time.Now, os.Args[1:])
	stop()
	os.Exit(code)
}

// hurry lets a command that ends soon do without collecting what the end of the
// process frees, as long as that is little: 16 MB, which is more than the start and
// a scan make. From then on it is collected as ever: a server is not touched by it.
func hurry() {
	percent := debug.SetGCPercent(400)
	first := &[64]byte{} // nobody needs it: it goes when something is collected for the first time
	runtime.AddCleanup(first, func(percent int) { debug.SetGCPercent(percent) }, percent)
}
