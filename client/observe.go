package client

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/tidemark/tidemark/api"
)

// SendObservations gives what an agent sees, compressed; plainly to a server
// that does not know that. The same batch again changes nothing.
func (c evidence) SendObservations(ctx context.Context, batch api.Observations) (api.Observed, error) {
	k, err := change(http.MethodPost, "evidence/observations", batch)
	if err != nil {
		return api.Observed{}, err
	}
	k.kind = "application/octet-stream"
	k.within, k.secret = sendTime, true // the sender tries again, and each batch is known by its sequence
	small, err := packed(k)
	out, err := ask[api.Observed](ctx, c.conn, small, err)
	if e, ok := errors.AsType[*Error](err); ok && e.Status == http.StatusUnsupportedMediaType {
		return ask[api.Observed](ctx, c.conn, k, nil)
	}
	return out, err
}

// SendFlows gives flows as they are gathered all the time, one JSON value a line
// (docs/flows.md), to the receiver of traces. Who sends them tries again.
func (c evidence) SendFlows(ctx context.Context, environment string, body []byte) error {
	v := url.Values{}
	if environment != "" {
		v.Set("environment", environment)
	}
	k, err := packed(call{method: http.MethodPost, path: "traces", query: v, body: body, kind: "application/json", within: sendTime, secret: true})
	_, err = ask[struct{}](ctx, c.conn, k, err)
	return err
}

// packed is a call with its body compressed.
func packed(k call) (call, error) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(k.body); err != nil {
		return k, err
	}
	if err := w.Close(); err != nil {
		return k, err
	}
	k.body, k.encoding = b.Bytes(), "gzip"
	return k, nil
}

// RetryAfter is how long the server asks to wait before it is asked again; 0
// where it does not say.
func (e *Error) RetryAfter() time.Duration { return e.after }
