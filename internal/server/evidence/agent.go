package evidence

import (
	"context"
	"strconv"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/access"
	"github.com/tidemark/tidemark/internal/server"
)

// Document takes a document about things. A source that does not say who it is
// gets the name of whoever sends it.
func (d *Door) Document(ctx context.Context, who access.Principal, in server.Document) (api.ReceiptStatus, error) {
	if in.Source == "" && who.Role == access.Source {
		in.Source = who.Source
	}
	if !who.MayIngest(in.Source) {
		return api.ReceiptStatus{}, foreign(who, in.Source)
	}
	x := d.deed(who, in.Kind, in.Service, map[string]string{"environment": in.Environment, "source": in.Source, "service": in.Service})
	got, err := d.Ingest.Document(ctx, in, func() error {
		if x.begun { // a document may be stored in more than one part
			return nil
		}
		return d.begin(ctx, x)
	})
	if err != nil {
		return api.ReceiptStatus{}, d.failed(ctx, x, err)
	}
	if !x.begun { // nothing in it was to be stored
		if err := d.begin(ctx, x); err != nil {
			return api.ReceiptStatus{}, err
		}
	}
	for _, s := range got.Snapshots {
		x.receipt.Environments = append(x.receipt.Environments, s.Environment)
	}
	return d.stored(ctx, x, []api.Receipt{got})
}

// Observations takes a batch of an agent. Batches come all the time: each is
// evidence with its source, epoch and sequence, which is its record; the log of
// mutations has the first of each epoch, when an agent began.
func (d *Door) Observations(ctx context.Context, who access.Principal, in api.Observations) (api.Observed, error) {
	if in.Source == "" && who.Role == access.Source {
		in.Source = who.Source
	}
	if !who.MayIngest(in.Source) {
		return api.Observed{}, foreign(who, in.Source)
	}
	if len(in.Items) > 0 && in.Items[0].Seq == 1 {
		x := d.deed(who, "observations", in.Source, map[string]string{"source": in.Source, "epoch": strconv.FormatInt(in.Epoch, 10)})
		if err := d.audit(ctx, x, "begun"); err != nil {
			return api.Observed{}, err
		}
	}
	got, err := d.Ingest.Observations(ctx, in)
	if err == nil && got.Accepted > 0 {
		d.Wake()
	}
	return got, err
}
