package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/store"
	"github.com/tidemark/tidemark/internal/store/storetest"
)

// TestAuditLog lists the log of mutations on both engines.
func TestAuditLog(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		t.Parallel()
		db := e.Fresh(t)
		for i, x := range [][3]string{
			{"os:ann", "ingest deploy", "prod"},
			{"os:ann", "ingest sbom", "shop"},
			{"os:bob", "ingestion", "shop"},
			{"user:cyd", "decide", "EXP-1"},
			{"os:ann", "ingest", "50% of shop_1"},
		} {
			entry := ctem.AuditEntry{At: hour(i), Actor: x[0], Verb: x[1], Object: x[2], Detail: `{"outcome":"done","detail":{"n":1}}`}
			if err := db.Audit(context.Background(), entry); err != nil {
				t.Fatal(err)
			}
		}
		for name, c := range map[string]struct {
			q    ctem.AuditQuery
			want []int64
		}{
			"all":        {ctem.AuditQuery{}, []int64{5, 4, 3, 2, 1}},
			"actor":      {ctem.AuditQuery{Actor: "os:ann"}, []int64{5, 2, 1}},
			"first_word": {ctem.AuditQuery{Verb: "ingest"}, []int64{5, 2, 1}},
			"verb":       {ctem.AuditQuery{Verb: "ingest sbom"}, []int64{2}},
			"object":     {ctem.AuditQuery{Object: "shop"}, []int64{5, 3, 2}},
			"no_pattern": {ctem.AuditQuery{Object: "% of"}, []int64{5}},
			"from_to":    {ctem.AuditQuery{From: hour(1), To: hour(3)}, []int64{3, 2}},
			"together":   {ctem.AuditQuery{Actor: "os:ann", Object: "shop", To: hour(4)}, []int64{2}},
			"nothing":    {ctem.AuditQuery{Actor: "nobody"}, nil},
		} {
			if got := seqs(t, db, c.q, len(c.want)); !cmp.Equal(c.want, got) {
				t.Errorf("%s: %v, want %v", name, got, c.want)
			}
			c.q.Limit = 2
			if got := seqs(t, db, c.q, len(c.want)); !cmp.Equal(c.want, got) {
				t.Errorf("%s in pages: %v, want %v", name, got, c.want)
			}
		}
		for _, bad := range []string{"x", "0", "-1"} {
			if _, err := db.AuditLog(context.Background(), ctem.AuditQuery{After: bad}); fault.KindOf(err) != fault.Invalid {
				t.Errorf("after %q: %v", bad, err)
			}
		}
		if v, err := db.VerifyAudit(context.Background()); err != nil || v.Broken != 0 || v.Entries != 5 {
			t.Errorf("%+v, %v", v, err)
		}
	})
}

// seqs reads all pages of a query and holds their total against what is due.
func seqs(t *testing.T, db *store.DB, q ctem.AuditQuery, total int) (out []int64) {
	t.Helper()
	for {
		page, err := db.AuditLog(context.Background(), q)
		if err != nil {
			t.Fatal(err)
		}
		if page.Total != total || q.Limit > 0 && len(page.Items) > q.Limit {
			t.Errorf("%d items of %d, want %d in all", len(page.Items), page.Total, total)
		}
		for _, e := range page.Items {
			out = append(out, e.Seq)
		}
		if q.After = page.Next; q.After == "" {
			return out
		}
	}
}

// What an entry says is read in the form of any version; the chain of entries
// that an older one wrote holds, and goes on.
func TestAuditDetail(t *testing.T) {
	t.Parallel()
	full := ctem.AuditDetail{Outcome: "done", Before: "watch", After: "act", Reason: "seen", RequestID: "r1", Detail: json.RawMessage(`{"n":1}`)}
	text, err := full.Text()
	if err != nil {
		t.Fatal(err)
	}
	for detail, want := range map[string]ctem.AuditDetail{
		text:                                full,
		`{"outcome":"begun"}`:               {Outcome: "begun"},
		`{"outcome":"done","detail":"old"}`: {Outcome: "done", Detail: json.RawMessage(`"old"`)},
		`by hand`:                           {Detail: json.RawMessage(`"by hand"`)},
		`[1]`:                               {Detail: json.RawMessage(`"[1]"`)},
	} {
		if diff := cmp.Diff(want, ctem.AuditEntry{Detail: detail}.Parsed()); diff != "" {
			t.Errorf("%s: %s", detail, diff)
		}
	}
	db := openAudit(t)
	ctx := context.Background()
	for i, detail := range []string{`{"outcome":"begun","detail":{"b":1}}`, text, "by hand"} {
		if err := db.Audit(ctx, ctem.AuditEntry{At: start.Add(time.Duration(i)), Actor: "a", Verb: "v", Object: fmt.Sprint(i), Detail: detail}); err != nil {
			t.Fatal(err)
		}
	}
	if v, err := db.VerifyAudit(ctx); err != nil || v.Entries != 3 || v.Broken != 0 {
		t.Errorf("%+v, %v", v, err)
	}
}

func openAudit(t *testing.T) *store.DB {
	t.Helper()
	db, err := store.Open(context.Background(), store.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}
