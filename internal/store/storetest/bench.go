package storetest

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/store"
)

// Bench gives a benchmark the engine of a name.
func Bench(b *testing.B, name string) *Engine {
	b.Helper()
	if name == "sqlite" {
		return &Engine{Name: name, dir: b.TempDir()}
	}
	return &Engine{Name: name, server: StartServer(b)}
}

// History is a made-up past: each claim is a workload of its own that changed
// its state every step.
type History struct {
	Claims, PerClaim int
	Start            time.Time
	Step             time.Duration
}

// FillHistory writes a past straight into the tables of the twin: through
// evidence it would take minutes.
func FillHistory(b testing.TB, e *Engine, cfg store.Config, h History) {
	b.Helper()
	db := e.Raw(b, cfg)
	const states = 1000
	f := filler{b: b, db: db, numbered: e.Name == "postgres"}
	f.exec(`INSERT INTO watch (id, source, scope) VALUES (1, 'agent', 'prod')`)
	f.exec(fmt.Sprintf(`INSERT INTO coverage (watch, class, since, seen, every) VALUES (1, 'observed', %d, %d, 0)`,
		h.Start.UnixMicro(), h.Start.Add(time.Duration(h.PerClaim+1)*h.Step).UnixMicro()))
	f.rows(`INSERT INTO state (id, hash, class, media, body)`, 5, states, func(i int) []any {
		body := fmt.Sprintf(`{"service":"s","kind":"Record","replicas":2,"containers":[{"image":{"name":"registry.example.com/team/svc-%d","tag":"1.0"},"replicas":2}]}`, i)
		return []any{i + 1, strconv.Itoa(i), "observed", "workload", []byte(body)}
	})
	f.rows(`INSERT INTO place (id, service, environment)`, 3, h.Claims, func(i int) []any {
		return []any{i + 1, fmt.Sprintf("svc-%06d", i), "prod"}
	})
	f.rows(`INSERT INTO claim (id, watch, subject, place)`, 4, h.Claims, func(i int) []any {
		return []any{i + 1, 1, fmt.Sprintf("workload/Record//svc-%06d", i), i + 1}
	})
	at := func(n int) int64 { return h.Start.Add(time.Duration(n) * h.Step).UnixMicro() }
	f.rows(`INSERT INTO claim_current (claim, state, valid_from, recorded_from)`, 4, h.Claims, func(i int) []any {
		return []any{i + 1, i%states + 1, at(h.PerClaim), at(h.PerClaim)}
	})
	f.rows(`INSERT INTO claim_history (claim, valid_from, recorded_from, valid_to, recorded_to, ended_at, state)`, 7, h.Claims*h.PerClaim, func(i int) []any {
		claim, n := i%h.Claims, i/h.Claims // as it would have come: all claims, then all again
		return []any{claim + 1, at(n), at(n), at(n + 1), 0, at(n + 1), (claim+n)%states + 1}
	})
	f.rows(`INSERT INTO presence (place, claim, since, until, class)`, 5, h.Claims, func(i int) []any {
		return []any{i + 1, i + 1, at(0), int64(math.MaxInt64), "observed"}
	})
	f.exec(`ANALYZE`)
}

// filler writes many rows fast.
type filler struct {
	b        testing.TB
	db       *sql.DB
	numbered bool // placeholders are $1, $2 …
}

func (f *filler) exec(query string) {
	f.b.Helper()
	if _, err := f.db.ExecContext(context.Background(), query); err != nil {
		f.b.Fatal(err)
	}
}

func (f *filler) rows(head string, width, n int, row func(i int) []any) {
	f.b.Helper()
	tx, err := f.db.BeginTx(context.Background(), nil)
	if err != nil {
		f.b.Fatal(err)
	}
	const each = 500
	for from := 0; from < n; from += each {
		to := min(from+each, n)
		args := make([]any, 0, each*width)
		for i := from; i < to; i++ {
			args = append(args, row(i)...)
		}
		if _, err := tx.ExecContext(context.Background(), head+" VALUES "+f.tuples(to-from, width), args...); err != nil {
			f.b.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		f.b.Fatal(err)
	}
}

func (f *filler) tuples(n, width int) string {
	var b strings.Builder
	num := 0
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('(')
		for j := range width {
			if j > 0 {
				b.WriteByte(',')
			}
			if num++; f.numbered {
				b.WriteString("$" + strconv.Itoa(num))
				continue
			}
			b.WriteByte('?')
		}
		b.WriteByte(')')
	}
	return b.String()
}

// Settle tells the server's planner what there is, as it finds out by itself
// within a minute. The embedded engine plans without.
func (e *Engine) Settle(b testing.TB, cfg store.Config) {
	b.Helper()
	if e.server == nil {
		return
	}
	if _, err := e.Raw(b, cfg).ExecContext(context.Background(), "VACUUM ANALYZE"); err != nil {
		b.Fatal(err)
	}
}

// Latency asks again and again and prints the median and the 95th percentile;
// target, in milliseconds, stands in the name of the latter ("": there is none).
func Latency(b *testing.B, target string, ask func() error) {
	b.Helper()
	const round = 21
	var took []time.Duration
	if err := ask(); err != nil { // the first one reads the file
		b.Fatal(err)
	}
	for b.Loop() {
		for range round {
			began := time.Now()
			if err := ask(); err != nil {
				b.Fatal(err)
			}
			took = append(took, time.Since(began))
		}
	}
	ReportLatency(b, "", target, took)
}

// ReportLatency prints the percentiles of times that a benchmark took itself.
func ReportLatency(b *testing.B, name, target string, took []time.Duration) {
	b.Helper()
	slices.Sort(took)
	ms := func(percent int) float64 { return float64(took[len(took)*percent/100].Microseconds()) / 1000 }
	if target != "" {
		target = "<=" + target
	}
	b.ReportMetric(ms(50), name+"p50-ms")
	b.ReportMetric(ms(95), name+"p95-ms"+target)
	b.ReportMetric(0, "ns/op")
}

// CPU is what this process and the private server have used of the processor so
// far: on a machine that others use too, it says more than the clock.
func (e *Engine) CPU(b testing.TB) (process, server time.Duration) {
	b.Helper()
	var own syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &own); err != nil {
		b.Fatal(err)
	}
	process = time.Duration(own.Utime.Nano() + own.Stime.Nano())
	if e.server == nil {
		return process, 0
	}
	pid := strconv.Itoa(e.server.cmd.Process.Pid)
	ticks := ticksOf(pid, 4) // with those of its processes that have ended
	children, _ := os.ReadFile("/proc/" + pid + "/task/" + pid + "/children")
	for _, child := range strings.Fields(string(children)) {
		ticks += ticksOf(child, 2)
	}
	return process, time.Duration(ticks) * (time.Second / 100)
}

// ticksOf sums the first n of a process's times: its own in user and kernel
// mode, then its children's. One that is gone has none.
func ticksOf(pid string, n int) (sum int64) {
	stat, _ := os.ReadFile("/proc/" + pid + "/stat")
	_, after, _ := strings.Cut(string(stat), ") ") // the name may hold spaces
	fields := strings.Fields(after)
	if len(fields) < 15 {
		return 0
	}
	for _, f := range fields[11 : 11+n] {
		ticks, _ := strconv.ParseInt(f, 10, 64)
		sum += ticks
	}
	return sum
}

// RawInsert prints how many rows a second the engine itself takes, 1,000 to a
// durable commit: what no step can be faster than.
func RawInsert(b *testing.B, e *Engine) {
	f := filler{b: b, db: e.Raw(b, e.New(b)), numbered: e.Name == "postgres"}
	f.exec(`CREATE TABLE peer (id BIGINT NOT NULL PRIMARY KEY, a BIGINT NOT NULL, b TEXT NOT NULL)`)
	n := 0
	for b.Loop() {
		f.rows(`INSERT INTO peer (id, a, b)`, 3, 1000, func(i int) []any {
			return []any{n + i, i, "workload/Record//service"}
		})
		n += 1000
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(0, "ns/op")
}
