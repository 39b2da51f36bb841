package server

import (
	"context"
	"io"
	"mime"
	"net/http"

	"github.com/tidemark/tidemark/internal/access"
	"github.com/tidemark/tidemark/internal/fault"
)

// Traces takes spans all the time: who talks to whom.
type Traces interface {
	Traces(ctx context.Context, who access.Principal, in Spans) error
}

// Spans is one request of an exporter: an ExportTraceServiceRequest of OTLP.
type Spans struct {
	Source      string
	Environment string // of what does not say where it is
	Body        []byte
}

// tracesPath is where exporters of OTLP/HTTP send spans whose endpoint is this
// server's /api.
const tracesPath = apiPath + "traces"

// The forms in which spans come; the answer has the same.
const (
	formProtobuf = "application/x-protobuf"
	formJSON     = "application/json"
)

// tracesRoute takes spans. It is no operation of the API's description: what is
// sent and answered is what OTLP says.
func tracesRoute(s *Server) {
	s.mux.HandleFunc("POST "+tracesPath, func(w http.ResponseWriter, r *http.Request) {
		form, err := exporters{s}.take(w, r)
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		w.Header().Set("Content-Type", form)
		w.WriteHeader(http.StatusOK)
		if form == formJSON {
			_, _ = io.WriteString(w, "{}") // the asker went away: nothing is lost
		}
	})
}

// exporters are who sends spans.
type exporters struct{ *Server }

func (s exporters) take(w http.ResponseWriter, r *http.Request) (form string, err error) {
	who := principal(r.Context())
	if !who.May(access.Ingest) {
		return "", refused(who, Route{Summary: "give spans", Verb: access.Ingest})
	}
	if s.cfg.Doors.Traces == nil {
		return "", notOffered("a receiver of traces")
	}
	form, _, err = mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || form != formProtobuf && form != formJSON {
		return "", fault.New(fault.Invalid, "spans as %.100q", r.Header.Get("Content-Type")).WithHint("send them as %s or %s", formProtobuf, formJSON)
	}
	body, err := s.packed(w, r)
	if err != nil {
		return "", err
	}
	return form, s.cfg.Doors.Traces.Traces(r.Context(), who, Spans{Environment: r.URL.Query().Get("environment"), Body: body})
}

// packed reads a body, which may be packed, within the bounds of a document.
func (s exporters) packed(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	limit := s.cfg.Limits.document()
	// Where the connection knows no deadline, the whole request has one.
	_ = http.NewResponseController(w).SetReadDeadline(s.cfg.Now().Add(s.cfg.Limits.bodyTime()))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "read the spans")
	}
	switch encoding := r.Header.Get("Content-Encoding"); encoding {
	case "", "identity":
		return body, nil
	case "gzip":
		return unpacked(body, limit)
	default:
		return nil, fault.New(fault.Invalid, "spans packed as %.100q", encoding).WithHint("send them packed with gzip, or plain")
	}
}
