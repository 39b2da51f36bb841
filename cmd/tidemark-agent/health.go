package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark/tidemark/agent/send"
	"github.com/tidemark/tidemark/internal/fault"
)

// vital is what /healthz, /readyz and /metrics tell of an agent.
type vital interface {
	// State is a line for people, and whether everything was told once.
	State() (line string, ready bool)
	// Gauges writes what is particular to the agent.
	Gauges(m *metrics)
}

// sending says how it goes with what is sent: a *send.Sender.
type sending interface{ Stats() send.Stats }

// watch answers questions after the agent's health until ctx ends.
func watch(ctx context.Context, address string, v vital, s sending) error {
	if address == "" {
		<-ctx.Done()
		return nil
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "--listen")
	}
	const patience = 5 * time.Second
	server := &http.Server{Handler: healthHandler(v, s), ReadHeaderTimeout: patience, ReadTimeout: patience, WriteTimeout: patience}
	go func() {
		<-ctx.Done()
		_ = server.Close() // nobody waits for an answer of an agent that ends
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fault.Wrap(fault.Unavailable, err, "answer at %s", address)
	}
	return nil
}

// healthHandler: /healthz says that the process lives, whatever the server or
// the cluster do, since a restart would mend neither; /readyz that all was told once.
func healthHandler(v vital, s sending) http.Handler {
	mux := http.NewServeMux()
	text := func(w http.ResponseWriter, status int, body string) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(status)
		_, _ = fmt.Fprintln(w, body)
	}
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		line, _ := v.State()
		stats := s.Stats()
		body := "ok\n" + line + "\nsending: " + stats.String()
		if stats.Failure != "" {
			body += "\nthe server does not take it: " + masked(stats.Failure)
		}
		text(w, http.StatusOK, body)
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		line, ready := v.State()
		if !ready {
			text(w, http.StatusServiceUnavailable, line)
			return
		}
		text(w, http.StatusOK, "ok")
	})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		var m metrics
		m.sending(s.Stats())
		v.Gauges(&m)
		m.process()
		_, _ = w.Write(m.b.Bytes())
	})
	return mux
}

// metrics writes Prometheus' text format.
type metrics struct{ b bytes.Buffer }

// add writes one metric; labels are pairs of name and value.
func (m *metrics) add(name, kind, help string) {
	fmt.Fprintf(&m.b, "# HELP tidemark_agent_%s %s\n# TYPE tidemark_agent_%s %s\n", name, help, name, kind)
}

func (m *metrics) value(name string, v float64, labels ...string) {
	m.b.WriteString("tidemark_agent_" + name)
	for i := 0; i+1 < len(labels); i += 2 {
		sep := ","
		if i == 0 {
			sep = "{"
		}
		m.b.WriteString(sep + labels[i] + "=" + strconv.Quote(strings.ToValidUTF8(labels[i+1], "")))
	}
	if len(labels) > 0 {
		m.b.WriteByte('}')
	}
	m.b.WriteString(" " + strconv.FormatFloat(v, 'g', -1, 64) + "\n")
}

func (m *metrics) one(name, kind, help string, v float64) {
	m.add(name, kind, help)
	m.value(name, v)
}

func (m *metrics) sending(s send.Stats) {
	m.add("info", "gauge", "the version that runs")
	m.value("info", 1, "version", version)
	m.one("sent_total", "counter", "pieces of evidence that the server has taken", float64(s.Sent))
	m.one("batches_total", "counter", "batches that the server has taken", float64(s.Batches))
	m.one("rejected_total", "counter", "pieces that the server has refused by themselves", float64(s.Rejected))
	m.one("dropped_total", "counter", "pieces that were lost for want of room", float64(s.Dropped))
	m.one("aside_total", "counter", "pieces that were set aside", float64(s.Aside))
	m.one("pending", "gauge", "pieces that wait to be sent", float64(s.Pending))
	m.one("buffer_bytes", "gauge", "bytes on disk of what waits", float64(s.Bytes))
	m.one("clock_skew_seconds", "gauge", "how far the clock here is ahead of the server's", s.Skew.Seconds())
	m.one("last_success_timestamp_seconds", "gauge", "when the server took a batch last", seconds(s.Succeeded))
}

func (m *metrics) process() {
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	m.one("heap_bytes", "gauge", "bytes of the heap in use", float64(mem.HeapInuse))
	if rss := resident(); rss > 0 {
		m.one("resident_bytes", "gauge", "resident memory of the process", float64(rss))
	}
}

// resident is the process's resident memory, where the system tells.
func resident() int64 {
	raw, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(raw))
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}

func seconds(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}
