package host

import (
	"cmp"
	"context"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/cmd/tidemark/local"
	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/server"
	"github.com/tidemark/tidemark/internal/twin"
)

// Document reads and appends a document about things.
func (d documents) Document(ctx context.Context, q server.Document, before func() error) (api.Receipt, error) {
	in := d.told(before)
	r, err := in.IngestDocument(ctx, discover.DocumentInput{
		Kind: q.Kind, Name: "the document", Body: q.Body, Source: q.Source, Environment: q.Environment, Service: q.Service,
	})
	return local.ReceiptItem(r), err
}

// Observations appends what an agent sees.
func (d documents) Observations(ctx context.Context, q api.Observations) (api.Observed, error) {
	b := discover.Batch{
		Source: q.Source, Epoch: q.Epoch, SentAt: q.SentAt, Every: time.Duration(q.Every) * time.Second,
		Items: make([]twin.Observation, 0, len(q.Items)),
	}
	if q.Scopes != nil {
		b.Scopes, b.HasScopes = *q.Scopes, true
	}
	if q.Trouble != nil {
		b.Trouble = make([]twin.Rejection, 0, len(q.Trouble))
	}
	for _, t := range q.Trouble {
		b.Trouble = append(b.Trouble, twin.Rejection(t))
	}
	for i := range q.Items {
		b.Items = append(b.Items, observation(&q.Items[i]))
	}
	got, err := d.in.Observe(ctx, b)
	out := api.Observed{
		Accepted: got.Accepted, Unchanged: got.Unchanged, Rejected: make([]api.Rejection, 0, len(got.Rejected)),
		Epoch: got.Epoch, Seq: got.Seq, Ended: got.Ended, Skew: got.Skew.Milliseconds(),
	}
	for _, r := range got.Rejected {
		out.Rejected = append(out.Rejected, api.Rejection(r))
	}
	return out, err
}

func observation(o *api.Observation) twin.Observation {
	return twin.Observation{
		SourceSeq: o.Seq, Kind: twin.Kind(o.Kind), Class: twin.Class(cmp.Or(o.Class, string(twin.Observed))), Scope: o.Scope,
		Subject: o.Subject, Media: twin.Media(o.Media), ObservedAt: o.ObservedAt, Snapshot: o.Snapshot, Count: o.Count, Ref: o.Ref, Body: o.Body,
	}
}
