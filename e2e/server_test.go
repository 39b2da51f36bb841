package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const password = "a tide comes in twice a day"

// built is the program with the interface in it, made once for all tests.
var built = sync.OnceValues(func() (string, error) {
	if ready := os.Getenv("TIDEMARK_BIN"); ready != "" {
		return ready, nil
	}
	if said, err := run("..", nil, "scripts/ui.sh"); err != nil {
		return "", fmt.Errorf("build the interface: %w: %s", err, said)
	}
	dir, err := os.MkdirTemp("", "tidemark-e2e-")
	if err != nil {
		return "", err
	}
	bin := filepath.Join(dir, "tidemark")
	if said, err := run("..", nil, "go", "build", "-o", bin, "./cmd/tidemark"); err != nil {
		return "", fmt.Errorf("build the program: %w: %s", err, said)
	}
	return bin, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if *update {
		if err := write(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = max(code, 1)
		}
	}
	if bin, err := built(); err == nil && os.Getenv("TIDEMARK_BIN") == "" {
		_ = os.RemoveAll(filepath.Dir(bin))
	}
	os.Exit(code)
}

func run(dir string, in io.Reader, name string, args ...string) ([]byte, error) {
	c := exec.CommandContext(context.Background(), name, args...)
	c.Dir, c.Stdin = dir, in
	return c.CombinedOutput()
}

// needs skips a test where there is no browser; where all must run, it fails it.
func needs(t *testing.T) (chromium string) {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil && chromium == "" {
			chromium = path
		}
	}
	missing := ""
	if chromium == "" {
		missing = "no Chromium here: scripts/chromium.sh"
	}
	if _, err := exec.LookPath("node"); err != nil {
		missing = "no Node here: scripts/ui.sh"
	}
	if _, err := exec.LookPath("npm"); err != nil && missing == "" && os.Getenv("TIDEMARK_BIN") == "" {
		missing = "no npm here: scripts/ui.sh"
	}
	if missing == "" {
		return chromium
	}
	if os.Getenv("CI") == "true" {
		t.Fatal(missing)
	}
	t.Skip(missing)
	return ""
}

// server is a running one with who can sign in.
type server struct {
	t     testing.TB
	bin   string
	dir   string // its data folder; "": the demo's own
	url   string
	users map[string]string
	stop  func()
}

func program(t testing.TB) string {
	t.Helper()
	bin, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return bin
}

// tidemark runs a command on a data folder.
func tidemark(t testing.TB, dir, in string, args ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), program(t), append([]string{"--data", dir}, args...)...)
	c.Stdin = strings.NewReader(in)
	var out, said bytes.Buffer
	c.Stdout, c.Stderr = &out, &said
	if err := c.Run(); err != nil {
		t.Fatalf("tidemark %s: %v\n%s%s", strings.Join(args, " "), err, out.String(), said.String())
	}
	return out.String()
}

// serve starts a server on a folder, with an administrator.
func serve(t testing.TB, dir string, args ...string) *server {
	t.Helper()
	s := &server{t: t, bin: program(t), dir: dir, users: map[string]string{"admin": password}}
	if !strings.Contains(tidemark(t, dir, "", "user", "list", "-o", "json"), `"admin"`) {
		tidemark(t, dir, password+"\n", "user", "create", "admin", "--role", "admin", "--password-stdin")
	}
	s.begin(append([]string{"--data", dir, "serve", "--listen", "127.0.0.1:0"}, args...), regexp.MustCompile(`tidemark serves (http://\S+)`), nil)
	return s
}

// play starts the demo and reads who can sign in.
func play(t testing.TB) *server {
	t.Helper()
	s := &server{t: t, bin: program(t), users: map[string]string{}}
	guest := regexp.MustCompile(`user (\S+)\s+password (\S+)`)
	s.begin([]string{"demo", "--no-browser", "--listen", "127.0.0.1:0"}, regexp.MustCompile(`The demo is at (http://\S+)`), func(line string) {
		if m := guest.FindStringSubmatch(line); m != nil {
			s.users[m[1]] = m[2]
		}
	})
	deadline := time.Now().Add(5 * time.Second)
	for len(s.guests()) < 3 && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	return s
}

var reading sync.Mutex

func (s *server) guests() map[string]string {
	reading.Lock()
	defer reading.Unlock()
	out := map[string]string{}
	for name, word := range s.users {
		out[name] = word
	}
	return out
}

// begin starts the program, and waits until it says where it is and is ready.
func (s *server) begin(args []string, where *regexp.Regexp, each func(line string)) {
	t := s.t
	t.Helper()
	c := exec.CommandContext(context.Background(), s.bin, args...)
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	c.Stdout, c.Stderr = write, write
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	_ = write.Close()
	found, log := make(chan string, 1), &tail{}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		in := bufio.NewScanner(read)
		for in.Scan() {
			reading.Lock()
			log.add(in.Text())
			if m := where.FindStringSubmatch(in.Text()); m != nil {
				found <- m[1]
			}
			if each != nil {
				each(in.Text())
			}
			reading.Unlock()
		}
	}()
	s.stop = sync.OnceFunc(func() {
		_ = c.Process.Signal(syscall.SIGTERM)
		slow := time.AfterFunc(20*time.Second, func() { _ = c.Process.Kill() })
		_ = c.Wait()
		slow.Stop()
		<-ended
		_ = read.Close()
	})
	t.Cleanup(func() {
		s.stop()
		if t.Failed() {
			t.Logf("the server's log:\n%s", log)
		}
	})
	select {
	case s.url = <-found:
	case <-ended:
		t.Fatalf("the server did not start:\n%s", log)
	case <-time.After(2 * time.Minute):
		t.Fatalf("the server did not say where it is:\n%s", log)
	}
	s.ready()
}

func (s *server) ready() {
	s.t.Helper()
	last := errors.New("not asked yet")
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+"/readyz", http.NoBody)
		if err != nil {
			s.t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			last = err
			continue
		}
		_ = res.Body.Close()
		if res.StatusCode == http.StatusOK {
			return
		}
		last = errors.New(res.Status)
	}
	s.t.Fatalf("the server is not ready: %v", last)
}

// tail keeps the last lines.
type tail struct{ lines []string }

func (l *tail) add(line string) {
	l.lines = append(l.lines, line)
	l.lines = l.lines[max(0, len(l.lines)-30):]
}

func (l *tail) String() string {
	reading.Lock()
	defer reading.Unlock()
	return strings.Join(l.lines, "\n")
}

// line is what the browser says of one check.
type line struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Status  string   `json:"status"`
	Detail  string   `json:"detail"`
	MS      int      `json:"ms"`
	Figures []string `json:"figures"`
}

// suite runs a suite against a server and reports each check as a test.
func (s *server) suite(t *testing.T, name string, more map[string]any) {
	t.Helper()
	chromium := needs(t)
	shots := filepath.Join(os.TempDir(), "tidemark-e2e-shots")
	admin := "admin"
	if s.dir == "" {
		admin = "demo"
	}
	config := map[string]any{
		"suite": name, "url": s.url, "admin": admin, "users": s.guests(), "bin": s.bin, "shots": shots, "chromium": chromium, "dir": s.dir,
	}
	for k, v := range more {
		config[k] = v
	}
	raw, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), name+".json")
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), "node", append([]string{"../web/e2e/run.mjs", file}, strings.Fields(os.Getenv("CHECKS"))...)...)
	var said bytes.Buffer
	c.Stderr = &said
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	lines := 0
	in := bufio.NewScanner(out)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var l line
		if json.Unmarshal(in.Bytes(), &l) != nil {
			continue
		}
		lines++
		note(name, l)
		t.Run(l.ID+" "+l.Name, func(t *testing.T) { l.report(t, shots) })
	}
	if err := c.Wait(); err != nil || lines == 0 {
		t.Errorf("the browser's run of %s broke off after %d checks: %v\n%s", name, lines, err, said.String())
	}
}

func (l line) report(t *testing.T, shots string) {
	for _, f := range l.Figures {
		t.Log(f)
	}
	switch l.Status {
	case "passed":
		t.Logf("%d ms %s", l.MS, l.Detail)
	case "skipped":
		t.Skip(l.Detail)
	default:
		if why := open[l.ID]; why != "" {
			t.Skipf("open: %s; now: %s", why, l.Detail)
		}
		t.Errorf("%s\n(pictures in %s)", l.Detail, shots)
	}
}
