package client

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"net/http"
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
