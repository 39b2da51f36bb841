package flow

import (
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
)

// otlpRequest is an ExportTraceServiceRequest in JSON.
type otlpRequest struct {
	ResourceSpans []struct {
		Resource struct {
			Attributes []otlpAttribute `json:"attributes"`
		} `json:"resource"`
		Scopes []otlpScope `json:"scopeSpans"`
		Old    []otlpScope `json:"instrumentationLibrarySpans"`
	} `json:"resourceSpans"`
}

type otlpScope struct {
	Spans []otlpSpan `json:"spans"`
}

type otlpSpan struct {
	Trace      string          `json:"traceId"`
	ID         string          `json:"spanId"`
	Parent     string          `json:"parentSpanId"`
	Kind       otlpNumber      `json:"kind"`
	Start      otlpNumber      `json:"startTimeUnixNano"`
	End        otlpNumber      `json:"endTimeUnixNano"`
	Attributes []otlpAttribute `json:"attributes"`
}

type otlpAttribute struct {
	Key   string `json:"key"`
	Value struct {
		String *string     `json:"stringValue"`
		Int    *otlpNumber `json:"intValue"`
	} `json:"value"`
}

// otlpNumber is a number, also as a string, or the name of a kind.
type otlpNumber string

// UnmarshalJSON keeps what is written.
func (n *otlpNumber) UnmarshalJSON(b []byte) error {
	*n = otlpNumber(strings.Trim(string(b), `"`))
	return nil
}

func (n otlpNumber) uint() uint64 {
	v, err := strconv.ParseUint(string(n), 10, 64)
	if err != nil {
		return 0
	}
	return v
}

func (n otlpNumber) kind() kind {
	switch n {
	case "SPAN_KIND_SERVER":
		return kindServer
	case "SPAN_KIND_CLIENT":
		return kindClient
	case "SPAN_KIND_PRODUCER":
		return kindProducer
	case "SPAN_KIND_CONSUMER":
		return kindConsumer
	}
	return kind(n.uint())
}

// otlp reads one request in JSON.
func (c *traces) otlp(raw json.RawMessage) error {
	var r otlpRequest
	if err := json.Unmarshal(raw, &r); err != nil {
		return err
	}
	for _, from := range r.ResourceSpans {
		at := c.origin(attributesOf(from.Resource.Attributes))
		for _, scope := range append(from.Scopes, from.Old...) {
			if err := c.list(at, scope.Spans); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *traces) list(at origin, spans []otlpSpan) error {
	for i := range spans {
		if err := c.span(at, spans[i].span()); err != nil {
			return err
		}
	}
	return nil
}

func (s *otlpSpan) span() *span {
	return &span{
		trace: idOf(s.Trace), id: idOf(s.ID), parent: idOf(s.Parent), kind: s.Kind.kind(),
		nanos: max(s.Start.uint(), s.End.uint()), attributes: attributesOf(s.Attributes),
	}
}

// idOf is an id as the wire has it, so that halves match in whatever form they come.
func idOf(s string) string {
	if b, err := hex.DecodeString(s); err == nil {
		return string(b)
	}
	return s
}

func attributesOf(list []otlpAttribute) attributes {
	out := attributes{}
	for _, a := range list {
		switch {
		case !wanted(a.Key):
		case a.Value.String != nil:
			out.set(a.Key, *a.Value.String)
		case a.Value.Int != nil:
			out.set(a.Key, string(*a.Value.Int))
		}
	}
	return out
}
