// Command tidemark-agent runs beside what it watches, and tells a Tidemark
// server what runs there: in a Kubernetes cluster ("kube"), on a machine ("host"), or
// what its network sees ("hubble").
//
// This package wires rooms together; it has no rules. One file per sub-command.
// Standard error holds the log; exit codes are those of "tidemark help
// exit-codes" as far as they apply: 0 it was stopped, 2 usage, 3 a failure, 4 not
// allowed.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// version is set by the linker.
var version = "devel"

// process is the process as a command sees it.
type process struct {
	out, err io.Writer
	env      func(string) string
	now      func() time.Time
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, process{out: os.Stdout, err: os.Stderr, env: os.Getenv, now: time.Now}, os.Args[1:])
	stop()
	os.Exit(code)
}
