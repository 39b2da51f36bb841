import { useEventList, useFeeds, useFollowIntel, useNewsList } from '@/intel/ask'
import { eventsTitle, feedsSentence, newsTitle } from '@/intel/model'
import { EventDays, FeedTable, NewsDays } from '@/intel/parts'
import { count } from '@/lib/format'
import { useNow } from '@/state/now'
import { useView } from '@/state/view'
import { Button } from '@/ui/button'
import { EmptyState } from '@/ui/empty-state'
import { Page } from '@/ui/page'
import { PanelFrame } from '@/ui/panel-frame'
import { Segments } from '@/ui/segments'

const shows = [{ id: 'here', label: 'Events' }, { id: 'us', label: 'Touches us' }, { id: 'all', label: 'Everything' }]

export function Intel() {
  const [view, set] = useView({ show: 'here' })
  const show = shows.some((s) => s.id === view.show) ? view.show : 'here'
  const events = useEventList(show === 'here')
  const news = useNewsList(show === 'all', show !== 'here')
  const list = show === 'here' ? events : news
  const feeds = useFeeds()
  const now = useNow()
  useFollowIntel()
  const items = feeds.data?.items ?? []
  const older = list.more && (
    <p className="flex items-center gap-3 px-4 py-2 text-xs text-faint"><Button small onClick={list.more} disabled={list.fetching}>Show older ones</Button>{count(list.loaded)} of {count(list.total)}</p>
  )
  const others = (
    <div className="flex gap-2">
      {show === 'here' && <Button onClick={() => set({ show: 'us' })}>Show what touches us</Button>}
      <Button onClick={() => set({ show: 'all' })}>Show everything</Button>
    </div>
  )
  const empty = {
    here: <EmptyState kind="done" title="Nothing that changed in the world has concerned us since events are kept." actions={others}>{feeds.data && feedsSentence(items, now)}</EmptyState>,
    all: <EmptyState kind="first-run" title="Nothing changed in the feeds in the last 90 days.">Load them with <code>tidemark intel update</code>.</EmptyState>,
    us: <EmptyState kind="done" title="Nothing that changed in the last 90 days touches us." actions={others}>{feeds.data && feedsSentence(items, now)}</EmptyState>,
  }[show]
  return (
    <Page page="Intel" question="What changed in the world that touches us?" foot={{ asOf: list.asOf }} actions={<Segments label="Which changes" segments={shows} value={show} onChange={(show) => set({ show })} />}>
      <div className="panels">
        {show === 'here'
          ? (
            <PanelFrame key="events" id="events" subject="The events" title={eventsTitle(events.items, events.total)} flush minHeight={240} loading={events.loading} waiting="Reading what changed…" busy={events.busy} error={events.loaded === 0 ? events.error : undefined} onRetry={events.retry}
              sheet={{ head: ['at', 'known_at', 'kind', 'subject', 'sentence', 'opened', 'closed', 'raised', 'lowered', 'act_now'], rows: events.items.map((e) => [e.at, e.known_at, e.kind, e.subject, e.sentence, e.here.opened, e.here.closed, e.here.raised, e.here.lowered, e.here.act_now]) }}
              computed={<p>Each line was written when all that follows from it was computed, and is not changed later: its numbers were so then. “now” lists the exposures as they are.</p>}>
              {events.loaded === 0 ? empty : <EventDays list={events.items} />}
              {older}
            </PanelFrame>
          )
          : (
            <PanelFrame key="news" id="news" subject="The news" title={newsTitle(news.items, news.total, show === 'all')} flush minHeight={240} loading={news.loading} waiting="Reading what changed…" busy={news.busy} error={news.loaded === 0 ? news.error : undefined} onRetry={news.retry}
              sheet={{ head: ['at', 'kind', 'subject', 'sentence', 'touches'], rows: news.items.map((c) => [c.at, c.kind, c.subject, c.sentence, c.touches.count]) }}
              computed={<p>The number is the live exposures that the weakness concerns now, within the scope; the link lists exactly those.</p>}>
              {news.loaded === 0 ? empty : <NewsDays list={news.items} />}
              {older}
            </PanelFrame>
          )}
        {/* Below what grows when it comes, so that nothing jumps. */}
        {!list.loading && <PanelFrame id="feeds" subject="The feeds" minHeight={160} title={feeds.data ? feedsSentence(items, now) : 'Feeds'} flush loading={feeds.isLoading} error={feeds.data ? undefined : feeds.error} onRetry={() => void feeds.refetch()}
          sheet={{ head: ['feed', 'name', 'records', 'withdrawn', 'data_time', 'loaded_at', 'origin'], rows: items.map((f) => [f.kind, f.name, f.records, f.withdrawn, f.data_time, f.loaded_at, f.origin]) }}>
          <FeedTable feeds={items} />
        </PanelFrame>}
      </div>
    </Page>
  )
}
