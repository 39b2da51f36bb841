package server

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/access"
	"github.com/tidemark/tidemark/internal/fault"
)

// anyAPI begins the address of everything that is no page, of whatever version.
const anyAPI = "/api/"

// plainRoutes are outside of the API: health, and the user interface.
func plainRoutes(s *Server) {
	s.mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { writeText(w, "ok\n") })
	s.mux.HandleFunc(anyAPI, func(w http.ResponseWriter, r *http.Request) {
		s.refuse(w, r, fault.New(fault.NotFound, "no route %s %s", r.Method, r.URL.Path).WithHint("see /openapi.json"))
	})
	s.mux.HandleFunc("GET "+eventsPath, func(w http.ResponseWriter, r *http.Request) {
		who := principal(r.Context())
		switch {
		case !who.May(access.Read):
			s.refuse(w, r, refused(who, Route{Summary: "follow events", Verb: access.Read}))
		case s.cfg.Doors.Events == nil:
			s.refuse(w, r, notOffered("events"))
		default:
			if err := s.cfg.Doors.Events.Serve(w, r, who); err != nil {
				s.refuse(w, r, err)
			}
		}
	})
	s.mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) { ready(s, w, r) })
	metricsRoute(s)
	s.mux.Handle("/", pages{s.cfg.UI, s})
}

// ready says whether requests are answered well now, and if not, why.
func ready(s *Server, w http.ResponseWriter, r *http.Request) {
	var reasons []string
	if s.cfg.Ready != nil {
		ctx, stop := context.WithTimeout(r.Context(), readyTime)
		defer stop()
		reasons = s.cfg.Ready(ctx)
	}
	if len(reasons) == 0 {
		writeText(w, "ready\n")
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(http.StatusServiceUnavailable)
	for _, reason := range reasons {
		_, _ = fmt.Fprintln(w, fault.Mask(reason)) // the asker went away: nothing is lost
	}
}

// readyTime is how long the parts have to say that they are ready.
const readyTime = 3 * time.Second

func writeText(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte(text)) // the asker went away: nothing is lost
}

// duration reads 90d, 12h, 30m; "" is none.
func duration(s string) (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	text := s
	if days, ok := strings.CutSuffix(s, "d"); ok {
		hours, err := time.ParseDuration(days + "h")
		if err == nil && hours > 0 && hours <= 36500*time.Hour {
			return 24 * hours, nil
		}
		text = ""
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, fault.New(fault.Invalid, "%q is not a duration", s).WithHint("use for example 30m, 8h or 7d")
	}
	return d, nil
}
