//go:build linux

package host

import (
	"context"
	"encoding/json"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tidemark/tidemark/api"
)

// real is an agent of this machine.
func real(t testing.TB, out Sender, m Machine, timing Timing) *Agent {
	t.Helper()
	if _, err := os.Stat("/proc/self/maps"); err != nil {
		t.Skip("there is no /proc here")
	}
	m.Addresses = func() ([]netip.Addr, error) { return nil, nil }
	a, err := New(Config{Name: "this", Machine: m, Timing: timing, Clock: Clock{Now: time.Now, CPU: used, Pause: paused}}, out)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func used() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func paused(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// holdsJar starts a JVM that has an archive open, where there is one.
func holdsJar(t *testing.T) (jar string) {
	t.Helper()
	java, err := exec.LookPath("java")
	if err != nil {
		t.Log("there is no java here")
		return ""
	}
	jar = filepath.Join(t.TempDir(), "held.jar")
	body := zipped(t, map[string]string{"META-INF/maven/org.example/held/pom.properties": pom("held", "1.2.3")})
	source := filepath.Join(t.TempDir(), "Held.java")
	text := `import java.util.zip.ZipFile; public class Held { public static void main(String[] a) throws Exception {
		ZipFile z = new ZipFile(a[0]); System.out.println("open"); System.in.read(); z.close(); } }`
	for path, content := range map[string][]byte{jar: body, source: []byte(text)} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), java, "-Xmx64m", source, jar)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Log("java does not start:", err)
		return ""
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	word := make([]byte, 4)
	if n, err := out.Read(word); err != nil || string(word[:n]) != "open" {
		t.Logf("java does not run the test's program: %q, %v", word[:n], err)
		return ""
	}
	return jar
}

func TestThisMachine(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it looks at the real machine")
	}
	jar := holdsJar(t)
	out := newHeard()
	a := real(t, out, Machine{OnlySystem: true, Arch: runtime.GOARCH}, Timing{Share: -1})
	if err := a.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	loaded := spec[api.SeenLoaded](t, out.items, "resource/Loaded//docker.io/host/this:latest")
	has := func(prefix, how string) bool {
		return slices.ContainsFunc(loaded.Loaded, func(p api.SeenPart) bool { return strings.HasPrefix(p.Purl, prefix) && p.How == how && len(p.By) > 0 })
	}
	if stdlib := "pkg:golang/stdlib@" + strings.TrimPrefix(runtime.Version(), "go"); !has(stdlib, howRun) {
		t.Errorf("the modules of this test are not seen: no %s", stdlib)
	}
	if _, err := os.Stat("/var/lib/dpkg/info"); err == nil && !has("pkg:deb/", howMapped) {
		t.Error("no package of the distribution is loaded by anybody")
	}
	if _, err := os.Stat("/var/lib/dpkg/info/libc6:amd64.list"); err == nil && !slices.ContainsFunc(loaded.Loaded, func(p api.SeenPart) bool { return strings.Contains(p.Purl, "/libc6@") }) {
		t.Error("libc is loaded by nobody")
	}
	if jar != "" && !has("pkg:maven/org.example/held@1.2.3", howOpen) {
		t.Errorf("the archive %s that a JVM holds open is not seen", jar)
	}
	host := spec[api.SeenHost](t, out.items, "resource/Host//this")
	if host.Kernel == "" || len(host.Processes) == 0 {
		t.Errorf("the host is %+v", host)
	}
	for _, o := range out.items {
		raw, err := json.Marshal(o)
		if err != nil || len(raw) > 1<<20 {
			t.Errorf("a piece of evidence about %s has %d bytes, %v", o.Subject+o.Ref, len(raw), err)
		}
	}
}

// BenchmarkSample prints what one look at all processes of this machine costs, and
// what share of a core that is at one look a minute.
func BenchmarkSample(b *testing.B) {
	out := newHeard()
	a := real(b, out, Machine{OnlySystem: true}, Timing{Share: -1})
	if err := a.Once(b.Context()); err != nil {
		b.Fatal(err)
	}
	pids, _, err := a.look.proc.PIDs()
	if err != nil {
		b.Fatal(err)
	}
	before := used()
	for b.Loop() {
		if err := a.look.sample(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	each := (used() - before) / time.Duration(b.N)
	b.ReportMetric(float64(len(pids)), "processes")
	b.ReportMetric(float64(each.Microseconds())/float64(len(pids)), "µs-cpu/process")
	b.ReportMetric(100*each.Seconds()/defaultSample.Seconds(), "%core-at-1/min")
}
