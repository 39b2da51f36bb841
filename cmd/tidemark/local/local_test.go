package local

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
)

func TestFloor(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC)
	if before, err := Floor(now, 48*time.Hour); err != nil || !before.Equal(now.AddDate(0, 0, -2)) {
		t.Errorf("%s, %v", before, err)
	}
	if _, err := Floor(now, time.Hour); fault.KindOf(err) != fault.Invalid {
		t.Errorf("an hour: %v", err)
	}
}

// What is changed is in the log before and after, also when it fails; a question
// leaves nothing there.
func TestWritingIsLogged(t *testing.T) {
	t.Parallel()
	dir, now := t.TempDir(), time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC)
	h := Home{Dir: func() (string, error) { return dir, nil }, Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler), Err: io.Discard}
	nothing := func(*Session) error { return nil }
	if err := h.Writing(t.Context(), Mutation{Verb: "try", Object: "one"}, nothing, nothing); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("it broke")
	err := h.Writing(t.Context(), Mutation{Verb: "try", Object: "two"}, func(*Session) error { return broken }, func(*Session) error {
		t.Error("a failure was followed by its result")
		return nil
	})
	if !errors.Is(err, broken) {
		t.Errorf("the failure: %v", err)
	}
	var got []string
	err = h.Reading(t.Context(), func(s *Session) error {
		page, err := s.DB.AuditLog(context.Background(), ctem.AuditQuery{Limit: 10})
		for _, e := range page.Items {
			got = append(got, e.Verb+" "+e.Object)
		}
		return err
	})
	if d := cmp.Diff([]string{"try two", "try two", "try one", "try one"}, got); err != nil || d != "" {
		t.Errorf("the log, %v:\n%s", err, d)
	}
}
