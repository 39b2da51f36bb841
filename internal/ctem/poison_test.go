package ctem

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
)

func TestUnreadable(t *testing.T) {
	t.Parallel()
	var number struct{ N int }
	for _, tc := range []struct {
		name string
		err  error
		want bool
	}{
		{"none", nil, false},
		{"disk", errors.New("disk I/O error"), false},
		{"raced", ErrRaced, false},
		{"stated", fmt.Errorf("record 7: %w", ErrUnreadable), true},
		{"cut", fmt.Errorf("read: %w", json.Unmarshal([]byte(`{"N":`), &number)), true},
		{"other_type", json.Unmarshal([]byte(`{"N":"x"}`), &number), true},
	} {
		if got := Unreadable(tc.err); got != tc.want {
			t.Errorf("%s: %v", tc.name, got)
		}
	}
}

func TestNarrowFindsTheOne(t *testing.T) {
	t.Parallel()
	at, aside := int64(0), []int64(nil)
	run := func(limit int) (int, error) {
		to := min(at+int64(limit), 100)
		if at < 42 && to >= 42 {
			return 0, Aside("s", Move{Stream: "x", From: at, To: to}, ErrUnreadable)
		}
		n := int(to - at)
		at = to
		return n, nil
	}
	for at < 100 {
		_, err := Narrow(64, run)
		if bad, ok := errors.AsType[*Poison](err); ok {
			aside = append(aside, bad.From, bad.To)
			at = bad.To
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if len(aside) != 2 || aside[0] != 41 || aside[1] != 42 {
		t.Errorf("set aside %v, want 42 alone", aside)
	}
	full := errors.New("disk full")
	if _, err := Narrow(64, func(int) (int, error) { return 0, full }); !errors.Is(err, full) {
		t.Errorf("another error became %v", err)
	}
}
