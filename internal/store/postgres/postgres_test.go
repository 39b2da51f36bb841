package postgres

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tidemark/tidemark/internal/fault"
)

func TestRebind(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want string }{
		{"SELECT 1", "SELECT 1"},
		{"SELECT a FROM b WHERE c = ? AND d = ?", "SELECT a FROM b WHERE c = $1 AND d = $2"},
		{"SELECT '?', 'it''s ?' WHERE a = ?", "SELECT '?', 'it''s ?' WHERE a = $1"},
		{"(?,?),(?,?)", "($1,$2),($3,$4)"},
	} {
		if got := Rebind(c.in); got != c.want {
			t.Errorf("%q became %q, want %q", c.in, got, c.want)
		}
	}
}

func TestBusy(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]bool{"40001": true, "40P01": true, "55P03": true, "23505": false, "42601": false} {
		if got := Busy(errors.Join(errors.New("commit"), &pgconn.PgError{Code: code})); got != want {
			t.Errorf("%s: %v, want %v", code, got, want)
		}
	}
}

func TestThePasswordStaysOutOfErrors(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"postgres://me:geheim@127.0.0.1:1/x", "postgres://me:geheim@[::1"} {
		_, err := Open(context.Background(), url)
		if err == nil || strings.Contains(err.Error(), "geheim") || fault.KindOf(err) == fault.Internal {
			t.Errorf("%v", err)
		}
	}
}
