package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/tidemark/tidemark/internal/fault"
)

// terminal gives a way to ask a person something that is not to be seen, or nil
// when standard input is no terminal.
func (a *app) terminal() func(ctx context.Context, question string) (string, error) {
	f, ok := a.In.(*os.File)
	if !ok {
		return nil
	}
	fd := int(f.Fd())
	if _, err := unix.IoctlGetTermios(fd, getTermios); err != nil {
		return nil
	}
	lines := bufio.NewReader(f)
	return func(ctx context.Context, question string) (answer string, err error) {
		before, err := unix.IoctlGetTermios(fd, getTermios)
		if err != nil {
			return "", fmt.Errorf("look at the terminal: %w", err)
		}
		hidden := *before
		hidden.Lflag &^= unix.ECHO
		if err := unix.IoctlSetTermios(fd, setTermios, &hidden); err != nil {
			return "", fmt.Errorf("hide what is typed: %w", err)
		}
		defer func() {
			_, _ = fmt.Fprintln(a.Err)
			err = errors.Join(err, unix.IoctlSetTermios(fd, setTermios, before))
		}()
		_, _ = fmt.Fprint(a.Err, question)
		return typed(ctx, lines)
	}
}

// typed waits for a line. Who interrupts does not wait for its end: the process
// is about to.
func typed(ctx context.Context, lines *bufio.Reader) (string, error) {
	type answer struct {
		line string
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		line, err := lines.ReadString('\n')
		got <- answer{line, err}
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case x := <-got:
		if x.err != nil {
			return "", fault.Wrap(fault.Invalid, x.err, "read the password")
		}
		return strings.TrimRight(x.line, "\r\n"), nil
	}
}
