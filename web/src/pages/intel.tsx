import { useFeeds, useFollowIntel, useNewsList } from '@/intel/ask'
import { feedsSentence, newsTitle } from '@/intel/model'
import { FeedTable, NewsDays } from '@/intel/parts'
import { count } from '@/lib/format'
import { useNow } from '@/state/now'
import { useView } from '@/state/view'
import { Button } from '@/ui/button'
import { EmptyState } from '@/ui/empty-state'
import { Page } from '@/ui/page'
import { PanelFrame } from '@/ui/panel-frame'
import { Segments } from '@/ui/segments'

const shows = [{ id: 'us', label: 'Touches us' }, { id: 'all', label: 'Everything' }]

export function Intel() {
  const [view, set] = useView({ show: 'us' })
  const all = view.show === 'all'
  const list = useNewsList(all)
  const feeds = useFeeds()
  const now = useNow()
  useFollowIntel()
  const items = feeds.data?.items ?? []
  const older = list.more && (
    <p className="flex items-center gap-3 px-4 py-2 text-xs text-faint"><Button small onClick={list.more} disabled={list.fetching}>Show older ones</Button>{count(list.loaded)} of {count(list.total)}</p>
  )
  const empty = all
    ? <EmptyState kind="first-run" title="Nothing changed in the feeds in the last 90 days.">Load them with <code>tidemark intel update</code>.</EmptyState>
    : <EmptyState kind="done" title="Nothing that changed in the last 90 days touches us." actions={<Button onClick={() => set({ show: 'all' })}>Show everything</Button>}>{feeds.data && feedsSentence(items, now)}</EmptyState>
  return (
    <Page page="Intel" question="What changed in the world that touches us?" foot={{ asOf: list.asOf }} actions={<Segments label="Which changes" segments={shows} value={all ? 'all' : 'us'} onChange={(show) => set({ show })} />}>
      <div className="panels">
        <PanelFrame id="news" subject="The news" title={newsTitle(list.items, list.total, all)} flush minHeight={240} loading={list.loading} waiting="Reading what changed…" busy={list.busy} error={list.loaded === 0 ? list.error : undefined} onRetry={list.retry}
          sheet={{ head: ['at', 'kind', 'subject', 'sentence', 'touches'], rows: list.items.map((c) => [c.at, c.kind, c.subject, c.sentence, c.touches.count]) }}
          computed={<p>The number is the live exposures that the weakness concerns now, within the scope; the link lists exactly those.</p>}>
          {list.loaded === 0 ? empty : <NewsDays list={list.items} />}
          {older}
        </PanelFrame>
        {/* Below what grows when it comes, so that nothing jumps. */}
        {!list.loading && <PanelFrame id="feeds" subject="The feeds" minHeight={160} title={feeds.data ? feedsSentence(items, now) : 'Feeds'} flush loading={feeds.isLoading} error={feeds.data ? undefined : feeds.error} onRetry={() => void feeds.refetch()}
          sheet={{ head: ['feed', 'name', 'records', 'withdrawn', 'data_time', 'loaded_at', 'origin'], rows: items.map((f) => [f.kind, f.name, f.records, f.withdrawn, f.data_time, f.loaded_at, f.origin]) }}>
          <FeedTable feeds={items} />
        </PanelFrame>}
      </div>
    </Page>
  )
}
