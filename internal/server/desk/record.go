package desk

import (
	"context"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/server/reply"
)

// ScopeHistory lists the versions of the scope, the newest first.
func (d measuring) ScopeHistory(ctx context.Context, q api.Query) (api.List[api.ScopeVersion], error) {
	out, err := reply.Envelope[api.ScopeVersion](ctx, d.Base, q, api.SchemaScopes)
	if err != nil {
		return out, err
	}
	if err := reply.PlainList(q, "versions of the scope"); err != nil {
		return out, err
	}
	page, err := d.Records.ScopeHistory(ctx, ctem.ListQuery{AsOf: d.Time(api.Moment{AsOf: q.AsOf, KnownAt: q.KnownAt}), Limit: q.Limit, After: q.Cursor})
	if err != nil {
		return out, err
	}
	reply.Paged(&out, page, func(v ctem.ScopeVersion) api.ScopeVersion {
		return api.ScopeVersion{Version: v.Version, At: v.At, By: v.By}
	})
	return out, nil
}

// Feeds lists how fresh each feed is.
func (d measuring) Feeds(ctx context.Context, q api.Query) (api.List[api.Feed], error) {
	out, err := reply.Envelope[api.Feed](ctx, d.Base, q, api.SchemaFeeds)
	if err != nil {
		return out, err
	}
	if err := reply.PlainList(q, "feeds"); err != nil {
		return out, err
	}
	feeds, err := d.Records.Feeds(ctx)
	if err != nil {
		return out, err
	}
	reply.Whole(&out, feeds, 0, func(f advisory.Feed) api.Feed { return feedAt(f, out.AsOf) })
	return out, nil
}

// feedAt is a feed with what follows from its age.
func feedAt(f advisory.Feed, at time.Time) api.Feed {
	item := FeedItems([]advisory.Feed{f})[0]
	item.Freshness = "fresh"
	if f.Stale(at) {
		item.Freshness, item.Effect = "stale", advisory.StaleEffect(f.Kind)
	}
	return item
}
