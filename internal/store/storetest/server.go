package storetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver of the server's own connections
)

// Server is a private PostgreSQL server in a temporary folder: reachable by
// its Unix socket only, durable like a real one (fsync is on), gone with the test.
type Server struct {
	socket string
	admin  *sql.DB

	mu   sync.Mutex
	made int

	launch func() (*exec.Cmd, error)
	cmd    *exec.Cmd
}

// StartServer starts a server from the installed binaries, or skips the test
// and says that there are none.
func StartServer(t testing.TB) *Server {
	t.Helper()
	bin := findServer()
	if bin == "" {
		t.Skip("PostgreSQL is not installed: no initdb in PATH or /usr/lib/postgresql (the laws are not proven on it here)")
	}
	root, err := os.MkdirTemp("", "tidemark-pg")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(root); err != nil {
			t.Error(err)
		}
	})
	s := &Server{socket: root}
	s.run(t, bin, root)
	return s
}

// findServer returns the folder with initdb and postgres, or "".
func findServer() string {
	dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // the pattern is a constant: it cannot be bad
	slices.Sort(dirs)
	slices.Reverse(dirs)
	if path, err := exec.LookPath("initdb"); err == nil {
		dirs = append(dirs, filepath.Dir(path))
	}
	for _, dir := range dirs {
		if _, err := os.Stat(filepath.Join(dir, "postgres")); err == nil {
			return dir
		}
	}
	return ""
}

// run makes the cluster, starts the server, and stops it with the test.
func (s *Server) run(t testing.TB, bin, root string) {
	t.Helper()
	owner := ownerOf(t, root)
	data := filepath.Join(root, "data")
	initdb := exec.CommandContext(t.Context(), filepath.Join(bin, "initdb"), "-D", data, "-A", "trust", "-U", "tidemark", "-E", "UTF8", "--locale=C", "--no-sync")
	initdb.SysProcAttr = owner
	initdb.Dir = root
	if out, err := initdb.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	log, err := os.Create(filepath.Join(root, "log"))
	if err != nil {
		t.Fatal(err)
	}
	s.launch = func() (*exec.Cmd, error) {
		// The test's own context ends before its clean-up, which is what stops the server.
		cmd := exec.CommandContext(context.WithoutCancel(t.Context()), filepath.Join(bin, "postgres"), "-D", data, "-k", root, "-c", "listen_addresses=", "-c", "fsync=on",
			"-c", "synchronous_commit=on", "-c", "shared_buffers=256MB", "-c", "max_wal_size=4GB", "-c", "wal_level=minimal", "-c", "max_wal_senders=0", "-c", "max_connections=100")
		cmd.SysProcAttr, cmd.Dir, cmd.Stdout, cmd.Stderr = owner, root, log, log
		return cmd, cmd.Start()
	}
	if s.cmd, err = s.launch(); err != nil {
		t.Fatalf("start postgres: %v", err)
	}
	t.Cleanup(func() {
		if s.admin != nil {
			_ = s.admin.Close() // the server goes away with it
		}
		_ = s.cmd.Process.Signal(syscall.SIGQUIT) // at once: nothing in it is kept
		_ = s.cmd.Wait()                          // its status says how it was told to end
		_ = log.Close()
	})
	if s.admin, err = s.connect(); err != nil {
		out, _ := os.ReadFile(log.Name())
		t.Fatalf("connect to the private server: %v\n%s", err, out)
	}
}

// Stop ends the server, as an operator would; Restart brings it back.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	_ = s.cmd.Wait() // its status says how it was told to end
}

// Restart starts the server again, with its data.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	var err error
	if s.cmd, err = s.launch(); err != nil {
		t.Fatalf("start postgres: %v", err)
	}
}

// ownerOf gives the folder to an account that may run the server, which refuses
// to be root.
func ownerOf(t testing.TB, root string) *syscall.SysProcAttr {
	t.Helper()
	attr := &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if os.Getuid() != 0 {
		return attr
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		t.Skipf("PostgreSQL refuses to run as root, and there is no account for it: %v", err)
	}
	uid, uerr := strconv.ParseUint(u.Uid, 10, 32)
	gid, gerr := strconv.ParseUint(u.Gid, 10, 32)
	if err := errors.Join(uerr, gerr, os.Chown(root, int(uid), int(gid))); err != nil {
		t.Fatal(err)
	}
	attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return attr
}

func (s *Server) connect() (*sql.DB, error) {
	db, err := sql.Open("pgx", s.url("postgres"))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for {
		if err = db.PingContext(ctx); err == nil {
			return db, nil
		}
		if ctx.Err() != nil {
			return nil, err
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (s *Server) url(name string) string {
	return fmt.Sprintf("postgres://tidemark@/%s?host=%s", name, strings.ReplaceAll(s.socket, "/", "%2F"))
}

// Database makes a new database and returns its URL.
func (s *Server) Database(t testing.TB) string { return s.Copy(t, "") }

// Copy makes a new database from another one, given by URL, that nobody is
// connected to; from nothing when it is "".
func (s *Server) Copy(t testing.TB, from string) string {
	t.Helper()
	s.mu.Lock() // a template may be copied by one at a time
	defer s.mu.Unlock()
	s.made++
	name := fmt.Sprintf("t%d", s.made)
	query := "CREATE DATABASE " + name
	if from != "" {
		base, _, _ := strings.Cut(strings.TrimPrefix(from, "postgres://tidemark@/"), "?")
		query += " TEMPLATE " + base
	}
	if _, err := s.admin.ExecContext(context.Background(), query); err != nil {
		t.Fatal(err)
	}
	return s.url(name)
}
