package newsdb

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

const hookColumns = `id, name, url, secret, kinds, private, created_by, created_at, told, delivered, last_at, failures, last_error, next_at`

// AddWebhook adds an address with its entry in the log, unless there are as many
// as there may be. It is told of what comes from now on.
func (db *Store) AddWebhook(ctx context.Context, w ctem.Webhook, most int, e ctem.AuditEntry) error {
	kinds, err := json.Marshal(w.Kinds)
	if err != nil {
		return fmt.Errorf("write webhook %s: %w", w.ID, err)
	}
	return db.write(ctx, func(t *tx) error {
		if err := sqldb.LockAudit(t.Tx); err != nil { // who adds waits for who adds
			return err
		}
		var have int
		if _, err := t.Get(`SELECT COUNT(*) FROM webhook`, nil, &have); err != nil {
			return err
		}
		if have >= most {
			return fault.New(fault.Conflict, "there are %d webhooks, and no more are served", have).WithHint("remove one: tidemark webhook list")
		}
		if _, err := t.Get(`SELECT seq FROM stream WHERE name = ?`, []any{string(ctem.StreamEvent)}, &w.Told); err != nil {
			return err
		}
		err := t.Insert(`INSERT INTO webhook (`+hookColumns+`) VALUES`, 14, []any{
			w.ID, w.Name, string(w.URL), string(w.Secret), string(kinds), sqldb.BoolCode(w.Private), w.CreatedBy, sqldb.Micros(w.CreatedAt),
			w.Told, 0, 0, 0, "", 0,
		}, "")
		if err != nil {
			return err
		}
		return sqldb.AppendAudit(t.Tx, e)
	})
}

// Webhooks lists all of them, by id.
func (db *Store) Webhooks(ctx context.Context) (list []ctem.Webhook, err error) {
	err = db.read(ctx, func(t *tx) error {
		list = nil
		return t.Query(`SELECT `+hookColumns+` FROM webhook ORDER BY id`, scanWebhooks(&list))
	})
	return list, err
}

// Webhook returns one by its id.
func (db *Store) Webhook(ctx context.Context, id string) (w ctem.Webhook, err error) {
	err = db.read(ctx, func(t *tx) error {
		w, err = t.webhook(id)
		return err
	})
	return w, err
}

func (t *tx) webhook(id string) (ctem.Webhook, error) {
	var list []ctem.Webhook
	err := t.Query(`SELECT `+hookColumns+` FROM webhook WHERE id = ?`, scanWebhooks(&list), id)
	if err != nil {
		return ctem.Webhook{}, err
	}
	if len(list) == 0 {
		return ctem.Webhook{}, fault.New(fault.NotFound, "no webhook %q", id).WithHint("tidemark webhook list shows them")
	}
	return list[0], nil
}

func scanWebhooks(to *[]ctem.Webhook) func(sqldb.Scanner) error {
	return func(s sqldb.Scanner) error {
		var w ctem.Webhook
		var kinds string
		var private, created, last, next int64
		if err := s.Scan(&w.ID, &w.Name, (*string)(&w.URL), (*string)(&w.Secret), &kinds, &private, &w.CreatedBy, &created,
			&w.Told, &w.Delivered, &last, &w.Failures, &w.LastError, &next); err != nil {
			return err
		}
		w.Private, w.CreatedAt, w.LastAt, w.NextAt = private != 0, sqldb.FromMicros(created), sqldb.FromMicros(last), sqldb.FromMicros(next)
		*to = append(*to, w)
		return json.Unmarshal([]byte(kinds), &(*to)[len(*to)-1].Kinds)
	}
}

// RemoveWebhook ends an address with its entry in the log, and returns it.
func (db *Store) RemoveWebhook(ctx context.Context, id string, e ctem.AuditEntry) (w ctem.Webhook, err error) {
	err = db.write(ctx, func(t *tx) error {
		if w, err = t.webhook(id); err != nil {
			return err
		}
		if _, err := t.Exec(`DELETE FROM webhook WHERE id = ?`, id); err != nil {
			return err
		}
		return sqldb.AppendAudit(t.Tx, e)
	})
	return w, err
}

// NoteDelivery stores how far an address has been told. Without an answer of ok
// another process has told it meanwhile, or it is gone.
func (db *Store) NoteDelivery(ctx context.Context, before, after ctem.Webhook) (ok bool, err error) {
	err = db.write(ctx, func(t *tx) error {
		n, err := t.Exec(`UPDATE webhook SET told = ?, delivered = ?, last_at = ?, failures = ?, last_error = ?, next_at = ? WHERE id = ? AND told = ?`,
			after.Told, after.Delivered, sqldb.Micros(after.LastAt), after.Failures, after.LastError, sqldb.Micros(after.NextAt), before.ID, before.Told)
		ok = n == 1
		return err
	})
	return ok, err
}
