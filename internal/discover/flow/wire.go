package flow

import (
	"context"

	"github.com/tidemark/tidemark/internal/hostile/wire"
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

// protobuf reads an ExportTraceServiceRequest.
func (c *traces) protobuf(ctx context.Context, body []byte) error {
	return wire.Fields(body, func(f wire.Field) error {
		if f.ID != requestResourceSpans {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		return c.resourceSpans(f.Bytes)
	})
}

// resourceSpans reads spans with the resource that they come from, wherever in
// the message it stands.
func (c *traces) resourceSpans(b []byte) error {
	res := attributes{}
	err := wire.Fields(b, func(f wire.Field) error {
		if f.ID != resourceSpansResource {
			return nil
		}
		return wire.Fields(f.Bytes, func(f wire.Field) error {
			if f.ID == resourceAttributes {
				return res.add(f.Bytes)
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	from := c.origin(res)
	return wire.Fields(b, func(f wire.Field) error {
		if f.ID != resourceSpansScopes && f.ID != resourceSpansOld {
			return nil
		}
		return wire.Fields(f.Bytes, func(f wire.Field) error {
			if f.ID != scopeSpansSpans {
				return nil
			}
			return c.wireSpan(from, f.Bytes)
		})
	})
}

func (c *traces) wireSpan(from origin, b []byte) error {
	s := span{attributes: attributes{}}
	err := wire.Fields(b, func(f wire.Field) error {
		switch f.ID {
		case spanTrace:
			s.trace = string(f.Bytes)
		case spanID:
			s.id = string(f.Bytes)
		case spanParent:
			s.parent = string(f.Bytes)
		case spanKind:
			s.kind = kind(f.Number)
		case spanStart, spanEnd:
			s.nanos = max(s.nanos, f.Number)
		case spanAttributes:
			return s.attributes.add(f.Bytes)
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
	err := wire.Fields(b, func(f wire.Field) error {
		switch f.ID {
		case keyValueKey:
			key = string(f.Bytes[:min(len(f.Bytes), maxText)])
		case keyValueValue:
			value = f.Bytes
		}
		return nil
	})
	if err != nil || !wanted(key) {
		return err
	}
	return wire.Fields(value, func(f wire.Field) error {
		switch f.ID {
		case anyString:
			a.set(key, string(f.Bytes))
		case anyInt:
			a.setInt(key, int64(f.Number))
		}
		return nil
	})
}
