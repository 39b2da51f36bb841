package login

import (
	"context"
	"encoding/json"

	"github.com/tidemark/tidemark/internal/access"
	"github.com/tidemark/tidemark/internal/ctem"
)

// changed says what the log keeps of a change of a user.
type changed = func(before, after access.User) (ctem.AuditEntry, error)

// entry is what the log says of a deed. The store keeps it in the transaction of
// the deed.
func (g *ground) entry(ctx context.Context, p access.Principal, d ctem.Deed) (ctem.AuditEntry, error) {
	d.By = ctem.Signature{Actor: p.Actor(), RequestID: g.named(ctx)}
	return d.Entry(g.now())
}

// noting is entry for a change of one's own, of which the log keeps no more.
func (g *ground) noting(ctx context.Context, p access.Principal, d ctem.Deed) changed {
	return func(access.User, access.User) (ctem.AuditEntry, error) { return g.entry(ctx, p, d) }
}

// comparing is entry with the user before and after.
func (g *ground) comparing(ctx context.Context, p access.Principal, d ctem.Deed) changed {
	return func(before, after access.User) (ctem.AuditEntry, error) {
		d.Before, d.After = brief(userItem(before)), brief(userItem(after))
		return g.entry(ctx, p, d)
	}
}

// brief is a document for the log, as one line.
func brief(doc any) string {
	b, err := json.Marshal(doc)
	if err != nil {
		return err.Error()
	}
	return string(b)
}
