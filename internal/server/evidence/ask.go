package evidence

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/access"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// Receipt says what became of evidence. Opened are the exposures that are live
// since, at the places of the artifact or in the environments that it speaks of,
// and were not when it came (new ones, and ones that came back); closed those
// that were and are not. Both compare what was believed when it came with what
// was believed when all of it was computed: what others sent for the same places
// in between is in it too. Null until then, and for those who may not see all.
func (d *Door) Receipt(ctx context.Context, who access.Principal, id string) (api.ReceiptStatus, error) {
	r, err := d.Store.FindReceipt(ctx, id)
	if err == nil && !whole(who) && r.By != who.Actor() {
		err = fault.New(fault.NotFound, "no receipt %s", id).WithHint("ask with what it was sent with")
	}
	if err != nil {
		return api.ReceiptStatus{}, err
	}
	out, err := withInputs(r)
	if err != nil || r.Computed.IsZero() || who.Products != nil || who.Role == access.Owner {
		return out, err
	}
	became, err := d.Store.BecameOf(ctx, r)
	if err != nil {
		return out, err
	}
	out.Opened, out.Closed = link(became.Opened), link(became.Closed)
	return out, nil
}

// whole reports whether a principal may see what others sent.
func whole(who access.Principal) bool {
	return who.May(access.Read) && who.Products == nil && who.Role != access.Owner
}

// longestQuery bounds the query of a link: what a list takes.
const longestQuery = 8192

// link counts exposures and lists them by their ids. Of more than a query can
// hold there is the number alone.
func link(ids []string) *api.Link {
	out := &api.Link{Count: len(ids)}
	if text := "id:" + strings.Join(ids, ","); len(ids) > 0 && len(text) <= longestQuery {
		out.Query = text
	}
	return out
}

func withInputs(r ctem.Receipt) (api.ReceiptStatus, error) {
	got := []api.Receipt{}
	if err := json.Unmarshal([]byte(r.Body), &got); err != nil {
		return api.ReceiptStatus{}, fmt.Errorf("read the receipt %s: %w", r.ID, err)
	}
	return status(r, got), nil
}

// Receipts lists what came in, newest first: one's own, for those who may not
// see all. What each opened and closed is on its own page.
func (d *Door) Receipts(ctx context.Context, who access.Principal, q api.Query) (api.List[api.ReceiptStatus], error) {
	out := api.List[api.ReceiptStatus]{Schema: api.SchemaReceipts, AsOf: d.Now().UTC(), Items: []api.ReceiptStatus{}}
	if q.Query != "" || q.Sort != "" {
		return out, fault.New(fault.Invalid, "receipts take no query and no order").WithHint("leave q and sort out")
	}
	by := ""
	if !whole(who) {
		by = who.Actor()
	}
	page, err := d.Store.ListReceipts(ctx, by, q.Cursor, q.Limit)
	if err != nil {
		return out, err
	}
	out.Total, out.Truncated = page.Total, page.Next != ""
	if page.Next != "" {
		out.Next = &page.Next
	}
	for _, r := range page.Items {
		item, err := withInputs(r)
		if err != nil {
			return out, err
		}
		out.Items = append(out.Items, item)
	}
	return out, nil
}

// FirstRun is the checklist of a new installation. Each step is done by what is
// in the store, not by a click.
func (d *Door) FirstRun(ctx context.Context, who access.Principal) (api.FirstRun, error) {
	out := api.FirstRun{Schema: api.SchemaFirstRun}
	feeds, err := d.Facts.Feeds(ctx, api.Query{})
	if err != nil {
		return out, err
	}
	sources, err := d.Facts.Sources(ctx, api.Query{})
	if err != nil {
		return out, err
	}
	heads, err := d.Facts.Heads(ctx)
	if err != nil {
		return out, err
	}
	documents, others := 0, 0
	for _, s := range sources.Items {
		if s.Source == twin.SourceSBOM {
			documents++
			continue
		}
		others++
	}
	out.Steps = []api.FirstRunStep{
		step("intel", "Load what the world knows about weaknesses", len(feeds.Items) > 0, fmt.Sprintf("%d feeds are loaded", len(feeds.Items))),
		step("sbom", "Say what an artifact is made of", documents > 0, "a bill of materials came in"),
		step("deployment", "Say what runs where", others > 0, saying(who, others)),
		step("scope", "Say what matters and who owns it", heads[ctem.StreamScope] > 0, "a scope is in force"),
	}
	out.Done = true
	for _, s := range out.Steps {
		out.Done = out.Done && s.Done
	}
	return out, nil
}

// saying counts the sources for those who may see all of them.
func saying(who access.Principal, n int) string {
	if !whole(who) {
		return "something says what runs"
	}
	return fmt.Sprintf("%d sources say what runs", n)
}

func step(name, title string, done bool, evidence string) api.FirstRunStep {
	if !done {
		evidence = "nothing has come yet"
	}
	return api.FirstRunStep{Step: name, Title: title, Done: done, Evidence: evidence}
}
