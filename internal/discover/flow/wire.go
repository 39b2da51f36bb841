package flow

import (
	"context"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/tidemark/tidemark/internal/fault"
)

// The field numbers of opentelemetry/proto/collector/trace/v1 and what it
// imports: the little that is read. The generated code would build every span
// with its events and links in memory: a small message can name millions.
const (
	requestResourceSpans = 1

	resourceSpansResource = 1
	resourceSpansScopes   = 2
	resourceSpansOld      = 1000 // instrumentation_library_spans

	resourceAttributes = 1
	scopeSpansSpans    = 2

	spanTrace      = 1
	spanID         = 2
	spanParent     = 4
	spanKind       = 6
	spanStart      = 7
	spanEnd        = 8
	spanAttributes = 9

	keyValueKey   = 1
	keyValueValue = 2
	anyString     = 1
	anyInt        = 3
)

// field is one field of a message: number is set for varints and fixed ones,
// bytes for what has a length.
type field struct {
	id     int
	number uint64
	bytes  []byte
}

var errWire = fault.New(fault.Invalid, "no OTLP protobuf message")

// fields visits the fields of a message.
func fields(b []byte, visit func(field) error) error {
	for len(b) > 0 {
		id, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return errWire
		}
		b = b[n:]
		f := field{id: int(id)}
		switch kind {
		case protowire.VarintType:
			f.number, n = protowire.ConsumeVarint(b)
		case protowire.Fixed64Type:
			f.number, n = protowire.ConsumeFixed64(b)
		case protowire.BytesType:
			f.bytes, n = protowire.ConsumeBytes(b)
		default:
			n = protowire.ConsumeFieldValue(id, kind, b)
		}
		if n < 0 {
			return errWire
		}
		b = b[n:]
		if err := visit(f); err != nil {
			return err
		}
	}
	return nil
}

// protobuf reads an ExportTraceServiceRequest.
func (c *traces) protobuf(ctx context.Context, body []byte) error {
	return fields(body, func(f field) error {
		if f.id != requestResourceSpans {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		return c.resourceSpans(f.bytes)
	})
}

// resourceSpans reads spans with the resource that they come from, wherever in
// the message it stands.
func (c *traces) resourceSpans(b []byte) error {
	res := attributes{}
	err := fields(b, func(f field) error {
		if f.id != resourceSpansResource {
			return nil
		}
		return fields(f.bytes, func(f field) error {
			if f.id == resourceAttributes {
				return res.add(f.bytes)
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	from := c.origin(res)
	return fields(b, func(f field) error {
		if f.id != resourceSpansScopes && f.id != resourceSpansOld {
			return nil
		}
		return fields(f.bytes, func(f field) error {
			if f.id != scopeSpansSpans {
				return nil
			}
			return c.wireSpan(from, f.bytes)
		})
	})
}

func (c *traces) wireSpan(from origin, b []byte) error {
	s := span{attributes: attributes{}}
	err := fields(b, func(f field) error {
		switch f.id {
		case spanTrace:
			s.trace = string(f.bytes)
		case spanID:
			s.id = string(f.bytes)
		case spanParent:
			s.parent = string(f.bytes)
		case spanKind:
			s.kind = kind(f.number)
		case spanStart, spanEnd:
			s.nanos = max(s.nanos, f.number)
		case spanAttributes:
			return s.attributes.add(f.bytes)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.span(from, &s)
}

// add takes an attribute in its wire form, if it is one that is looked at.
func (a attributes) add(b []byte) error {
	var key string
	var value []byte
	err := fields(b, func(f field) error {
		switch f.id {
		case keyValueKey:
			key = string(f.bytes[:min(len(f.bytes), maxText)])
		case keyValueValue:
			value = f.bytes
		}
		return nil
	})
	if err != nil || !wanted(key) {
		return err
	}
	return fields(value, func(f field) error {
		switch f.id {
		case anyString:
			a.set(key, string(f.bytes))
		case anyInt:
			a.setInt(key, int64(f.number))
		}
		return nil
	})
}
