package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/store"
)

// The environment in which a child process finds its orders.
const (
	crashAt     = "TIDEMARK_CRASH_AT"
	crashConfig = "TIDEMARK_CRASH_CONFIG"
	crashName   = "TIDEMARK_CRASH_NAME"
)

// Crash proves for some work that it may be killed between any two of its
// statements: done again after that, the store is as if nothing had happened.
type Crash struct {
	// Prepare brings an empty store into the state in which the work begins.
	Prepare func(ctx context.Context, db *store.DB) error
	// Work does it, until quiet. It must not depend on the clock.
	Work func(ctx context.Context, db *store.DB) error
}

// Child reports whether this process is the test binary calling itself to be
// killed in one of these, and then does that. A top-level test that runs
// crashes asks it first.
func Child(t *testing.T, crashes map[string]Crash) bool {
	t.Helper()
	name := os.Getenv(crashName)
	if name == "" {
		return false
	}
	crashes[name].child(t)
	return true
}

// Suite proves it on one engine; name is the crash's among those given to Child.
func (c Crash) Suite(t *testing.T, e *Engine, name string) {
	ctx, start := context.Background(), e.New(t)
	c.with(t, start, c.Prepare)
	calm := e.Copy(t, start)
	statements := 0
	c.with(t, calm, func(ctx context.Context, db *store.DB) error {
		db.Tap = func(int) { statements++ }
		return c.Work(ctx, db)
	})
	want := e.Dump(t, calm)
	stride := strideOf(e.Name)
	for n := 1; n <= statements; n += stride {
		cfg := e.Copy(t, start)
		kill(ctx, t, order{name, cfg, n})
		c.with(t, cfg, c.Work)
		if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(e.Dump(t, cfg), "\n")); diff != "" {
			t.Fatalf("killed before statement %d of %d, done again, the store differs (-calm +killed):\n%s", n, statements, diff)
		}
	}
	t.Logf("killed before every %d. of %d statements", stride, statements)
}

// with opens a store, does something, and closes it: a copy may be made then.
func (c Crash) with(t *testing.T, cfg store.Config, fn func(context.Context, *store.DB) error) {
	t.Helper()
	db, err := store.Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := fn(context.Background(), db); err != nil {
		t.Error(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// order is what a child process is to do.
type order struct {
	name string
	cfg  store.Config
	n    int
}

// kill runs the work in a process that kills itself before a statement.
func kill(ctx context.Context, t *testing.T, o order) {
	t.Helper()
	cfg, err := json.Marshal(o.cfg)
	if err != nil {
		t.Fatal(err)
	}
	n := o.n
	top, _, _ := strings.Cut(t.Name(), "/")
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^"+top+"$")
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", crashAt, n), crashConfig+"="+string(cfg), crashName+"="+o.name)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatalf("start the child: %v", err)
	}
	status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() || status.Signal() != syscall.SIGKILL {
		t.Fatalf("the child was to be killed before statement %d, it ended with %v:\n%s", n, err, out)
	}
}

// child does the work and dies in it.
func (c Crash) child(t *testing.T) {
	var cfg store.Config
	if err := json.Unmarshal([]byte(os.Getenv(crashConfig)), &cfg); err != nil {
		t.Fatal(err)
	}
	var at, n int
	if _, err := fmt.Sscan(os.Getenv(crashAt), &at); err != nil {
		t.Fatal(err)
	}
	c.with(t, cfg, func(ctx context.Context, db *store.DB) error {
		db.Tap = func(int) {
			if n++; n == at {
				_ = syscall.Kill(syscall.Getpid(), syscall.SIGKILL) // there is nobody to tell
				select {}
			}
		}
		return c.Work(ctx, db)
	})
}

// strideOf says how many statements to go on from one kill to the next. Every
// one is tried on SQLite, and on PostgreSQL with -tags=integration.
func strideOf(engine string) int {
	switch {
	case testing.Short():
		return 13
	case engine == "postgres" && !everyStatement:
		return 9
	}
	return 1
}
