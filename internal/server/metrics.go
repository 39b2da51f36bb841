package server

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tidemark/tidemark/internal/access"
	"github.com/tidemark/tidemark/internal/fault"
)

// bounds are the upper ends of the buckets of a histogram, in seconds.
func bounds() []float64 { return []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10} }

// meters are what /metrics tells, in the text format of Prometheus (0.0.4).
// It holds few numbers: routes and statuses are bounded sets.
type meters struct {
	mu      sync.Mutex
	counts  map[[2]string]int64 // route, status
	seconds map[string]*spread  // route
	active  int64
	gauges  []gauge
}

// spread is a histogram.
type spread struct {
	buckets []int64
	sum     float64
	count   int64
}

type gauge struct {
	name, help string
	read       func() float64
}

func newMeters() *meters {
	m := &meters{counts: map[[2]string]int64{}, seconds: map[string]*spread{}}
	m.gauges = []gauge{
		{"tidemark_goroutines", "Goroutines of the process.", func() float64 { return float64(runtime.NumGoroutine()) }},
		{"tidemark_heap_bytes", "Memory in use by the program's own data.", func() float64 {
			var stats runtime.MemStats
			runtime.ReadMemStats(&stats)
			return float64(stats.HeapAlloc)
		}},
	}
	return m
}

// Gauge adds a number of another part of the process to what /metrics tells. It
// is for the wiring, before the server serves.
func (s *Server) Gauge(name, help string, read func() float64) {
	s.meters.gauges = append(s.meters.gauges, gauge{name, help, read})
}

func (m *meters) begin() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.active++
}

func (m *meters) end(route, status string, took time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.active--
	m.counts[[2]string{route, status}]++
	h := m.seconds[route]
	if h == nil {
		h = &spread{buckets: make([]int64, len(bounds()))}
		m.seconds[route] = h
	}
	h.sum += took.Seconds()
	h.count++
	for i, up := range bounds() {
		if took.Seconds() <= up {
			h.buckets[i]++
		}
	}
}

// write tells all of it. What is written to is a buffer, which takes everything.
func (m *meters) write(w *bytes.Buffer, version string) {
	head := func(name, kind, help string) {
		_, _ = fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
	}
	head("tidemark_build_info", "gauge", "Always 1; the version is a label.")
	_, _ = fmt.Fprintf(w, "tidemark_build_info{version=%q} 1\n", version)
	for _, g := range m.gauges {
		head(g.name, "gauge", g.help)
		_, _ = fmt.Fprintf(w, "%s %g\n", g.name, g.read())
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	head("tidemark_http_requests_active", "gauge", "Requests that are being served.")
	_, _ = fmt.Fprintf(w, "tidemark_http_requests_active %d\n", m.active)
	head("tidemark_http_requests_total", "counter", "Requests by route and status.")
	for _, k := range slices.SortedFunc(maps.Keys(m.counts), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		_, _ = fmt.Fprintf(w, "tidemark_http_requests_total{route=%q,status=%q} %d\n", k[0], k[1], m.counts[k])
	}
	head("tidemark_http_request_seconds", "histogram", "How long requests took, by route.")
	for _, route := range slices.Sorted(maps.Keys(m.seconds)) {
		h := m.seconds[route]
		for i, up := range bounds() {
			_, _ = fmt.Fprintf(w, "tidemark_http_request_seconds_bucket{route=%q,le=\"%g\"} %d\n", route, up, h.buckets[i])
		}
		_, _ = fmt.Fprintf(w, "tidemark_http_request_seconds_bucket{route=%q,le=\"+Inf\"} %d\n", route, h.count)
		_, _ = fmt.Fprintf(w, "tidemark_http_request_seconds_sum{route=%q} %g\n", route, h.sum)
		_, _ = fmt.Fprintf(w, "tidemark_http_request_seconds_count{route=%q} %d\n", route, h.count)
	}
}

// metricsRoute is for whoever may read: what the numbers tell is about the estate.
func metricsRoute(s *Server) {
	s.mux.HandleFunc("GET "+metricsPath, func(w http.ResponseWriter, r *http.Request) {
		if who := principal(r.Context()); !who.May(access.Read) {
			s.refuse(w, r, refused(who, Route{Summary: "read metrics", Verb: access.Read}))
			return
		}
		var text bytes.Buffer
		s.meters.write(&text, s.cfg.Version)
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		_, _ = w.Write(text.Bytes()) // the asker went away: nothing is lost
	})
}

// watched counts and logs each request: its path without the query, for what
// people search for is their own affair.
func watched(s *Server, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := s.cfg.Now()
		s.meters.begin()
		seen := &seenWriter{ResponseWriter: w}
		next.ServeHTTP(seen, r)
		took, route := s.cfg.Now().Sub(start), routeOf(s, r)
		s.meters.end(route, strconv.Itoa(seen.code()), took)
		logRequest(s, r, seen, took)
	})
}

func logRequest(s *Server, r *http.Request, seen *seenWriter, took time.Duration) {
	t, _ := r.Context().Value(keyTrace).(*trace)
	if t == nil {
		return
	}
	s.cfg.Slog.InfoContext(r.Context(), "request", "request", t.id, "method", r.Method, "path", fault.Mask(r.URL.Path),
		"status", seen.code(), "bytes", seen.bytes, "took", took.Round(time.Microsecond), "actor", t.actor)
}

// routeOf is the pattern that served a request: few values, whatever is asked for.
func routeOf(s *Server, r *http.Request) string {
	_, pattern := s.mux.Handler(r)
	if pattern == "" {
		return "none"
	}
	if method, path, ok := strings.Cut(pattern, " "); ok {
		return method + " " + path
	}
	return pattern
}

// seenWriter remembers what was answered. What lies below is reached through
// Unwrap: deadlines and flushing.
type seenWriter struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// WriteHeader remembers the status.
func (w *seenWriter) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write counts.
func (w *seenWriter) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

// Unwrap is for http.ResponseController.
func (w *seenWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *seenWriter) code() int {
	if w.status == 0 {
		return http.StatusOK
	}
	return w.status
}
