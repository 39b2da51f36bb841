// Command gotest runs "go test -json" with the given arguments, prints what a
// reader wants to see of it, and ends on one line: "N passed, N failed, N
// skipped". It hides nothing: a package's line, everything a failing test
// printed, build errors, and why tests were skipped.
//
// The exit code is that of go test; it is never 0 when a test failed.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code, err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "gotest:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

func run(ctx context.Context, args []string, out io.Writer) (int, error) {
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-json"}, args...)...)
	cmd.Stderr = os.Stderr
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return 1, fmt.Errorf("open a pipe: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return 1, fmt.Errorf("start go test: %w", err)
	}
	tally, readErr := read(pipe, out)
	code := 0
	if err := cmd.Wait(); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			return 1, fmt.Errorf("go test: %w", err)
		}
		code = max(exit.ExitCode(), 1)
	}
	tally.print()
	if tally.broken() {
		code = max(code, 1)
	}
	return code, errors.Join(readErr, tally.lost)
}

func read(in io.Reader, out io.Writer) (*tally, error) {
	t := newTally(out)
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			t.line(line)
		}
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		if err != nil {
			return t, fmt.Errorf("read the output of go test: %w", err)
		}
	}
}
