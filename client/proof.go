package client

import (
	"context"
	"net/url"

	"github.com/tidemark/tidemark/api"
)

// proofs are the questions about who reaches what, and what may be done.
type proofs struct{ *conn }

// Doors lists what comes in through the doors of workloads ("": of all services).
func (c proofs) Doors(ctx context.Context, service string, q api.Query) (api.List[api.Proof], error) {
	return c.list(ctx, "twin/doors", param{"service", service}, q)
}

// Access lists what the accounts that something runs as may do ("": all accounts).
func (c proofs) Access(ctx context.Context, account string, q api.Query) (api.List[api.Proof], error) {
	return c.list(ctx, "twin/access", param{"account", account}, q)
}

// Facts lists what workloads may do to their host, and who may reach them ("": of
// all services).
func (c proofs) Facts(ctx context.Context, service string, q api.Query) (api.List[api.Proof], error) {
	return c.list(ctx, "twin/facts", param{"service", service}, q)
}

// param is a parameter beside those of every list.
type param struct{ name, value string }

func (c proofs) list(ctx context.Context, path string, p param, q api.Query) (api.List[api.Proof], error) {
	v := url.Values{}
	if p.value != "" {
		v.Set(p.name, p.value)
	}
	return pagesOf[api.Proof](ctx, c.conn, get(path, v), q)
}

// Reach says whether one end reaches another at a port.
func (c proofs) Reach(ctx context.Context, r api.ReachAsk) (api.List[api.Reach], error) {
	v := momentOf(r.Moment)
	for name, value := range map[string]string{"from": r.From, "to": r.To, "port": r.Port, "environment": r.Environment} {
		if value != "" {
			v.Set(name, value)
		}
	}
	return ask[api.List[api.Reach]](ctx, c.conn, get("twin/reach", v), nil)
}
