package wire

import (
	"errors"
	"slices"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

func message() []byte {
	b := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), 300)
	b = protowire.AppendFixed64(protowire.AppendTag(b, 2, protowire.Fixed64Type), 7)
	b = protowire.AppendFixed32(protowire.AppendTag(b, 3, protowire.Fixed32Type), 8)
	return protowire.AppendString(protowire.AppendTag(b, 4, protowire.BytesType), "text")
}

func TestFields(t *testing.T) {
	t.Parallel()
	var ids []int
	var numbers []uint64
	var text string
	err := Fields(message(), func(f Field) error {
		ids, numbers, text = append(ids, f.ID), append(numbers, f.Number), string(f.Bytes)
		return nil
	})
	if err != nil || !slices.Equal(ids, []int{1, 2, 3, 4}) || !slices.Equal(numbers, []uint64{300, 7, 0, 0}) || text != "text" {
		t.Errorf("got %v %v %q: %v", ids, numbers, text, err)
	}
	enough := errors.New("enough")
	if err := Fields(message(), func(Field) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("a visitor cannot stop: %v", err)
	}
	for name, bad := range map[string][]byte{"cut": message()[:len(message())-1], "tag": {0x80}, "length": {0x22, 0xff, 0x01}, "group": {0x0c}} {
		if err := Fields(bad, func(Field) error { return nil }); !errors.Is(err, ErrMessage) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzFields(f *testing.F) {
	f.Add(message())
	f.Add([]byte{0x0b, 0x0c})
	f.Fuzz(func(t *testing.T, b []byte) {
		seen := 0
		_ = Fields(b, func(x Field) error {
			seen += len(x.Bytes)
			return nil
		})
		if seen > len(b) {
			t.Errorf("%d bytes out of %d", seen, len(b))
		}
	})
}
