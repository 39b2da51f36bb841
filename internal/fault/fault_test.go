package fault

import (
	"errors"
	"fmt"
	"io"
	"testing"
)

func TestKindAndHintAreFoundThroughWraps(t *testing.T) {
	t.Parallel()
	inner := New(NotFound, "no exposure %s", "EXP-1").WithHint("list them")
	cases := []struct {
		name string
		err  error
		kind Kind
		hint string
	}{
		{"nil", nil, "", ""},
		{"plain", io.EOF, Internal, ""},
		{"own", inner, NotFound, "list them"},
		{"wrapped", fmt.Errorf("show: %w", inner), NotFound, "list them"},
		{"the_outer_kind_wins", Wrap(Invalid, inner, "read the request"), Invalid, "list them"},
		{"joined", errors.Join(inner, io.EOF), NotFound, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := KindOf(c.err); got != c.kind {
				t.Errorf("kind %q, want %q", got, c.kind)
			}
			if got := HintOf(c.err); c.hint != "" && got != c.hint {
				t.Errorf("hint %q, want %q", got, c.hint)
			}
		})
	}
}

func TestWrapKeepsNilAndTheCause(t *testing.T) {
	t.Parallel()
	if err := Wrap(Invalid, nil, "nothing happened"); err != nil {
		t.Errorf("wrapping nil gave %v", err)
	}
	err := Wrap(Unavailable, io.ErrUnexpectedEOF, "read %s", "a.json")
	if !errors.Is(err, io.ErrUnexpectedEOF) || err.Error() != "read a.json: unexpected EOF" {
		t.Errorf("got %q, cause kept: %v", err, errors.Is(err, io.ErrUnexpectedEOF))
	}
}
