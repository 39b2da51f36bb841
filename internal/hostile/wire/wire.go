// Package wire reads messages of Protocol Buffers field by field, without generated
// code, as https://protobuf.dev/programming-guides/encoding describes them.
//
// The model. A message is visited: what is not wanted is passed over and costs
// nothing, where generated code would build all of it first. A small message can name
// millions of parts.
//
// Invariants. No more is kept than what a visitor keeps: bytes of a field are those of
// the message. What is no message is refused, with what was visited until then.
package wire

import (
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/tidemark/tidemark/internal/fault"
)

// Field is one field of a message: Number is set for varints and fixed ones of 64
// bits, Bytes for what has a length.
type Field struct {
	ID     int
	Number uint64
	Bytes  []byte
}

// ErrMessage is the fault of what is no message.
var ErrMessage = fault.New(fault.Invalid, "no protobuf message")

// Fields visits the fields of a message, in their order. It ends with the first error
// of the visitor, or with ErrMessage.
func Fields(b []byte, visit func(Field) error) error {
	for len(b) > 0 {
		id, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return ErrMessage
		}
		b = b[n:]
		f := Field{ID: int(id)}
		switch kind {
		case protowire.VarintType:
			f.Number, n = protowire.ConsumeVarint(b)
		case protowire.Fixed64Type:
			f.Number, n = protowire.ConsumeFixed64(b)
		case protowire.BytesType:
			f.Bytes, n = protowire.ConsumeBytes(b)
		default:
			n = protowire.ConsumeFieldValue(id, kind, b)
		}
		if n < 0 {
			return ErrMessage
		}
		b = b[n:]
		if err := visit(f); err != nil {
			return err
		}
	}
	return nil
}
