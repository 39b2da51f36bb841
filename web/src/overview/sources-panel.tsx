import { paths } from '@/app/paths'
import { cx } from '@/lib/class-names'
import { percent, plural } from '@/lib/format'
import { useAsOf } from '@/state/view'
import { PageLink } from '@/ui/page-link'
import { PanelFrame } from '@/ui/panel-frame'
import { Age } from '@/ui/time'
import { ageing } from '@/sources/model'
import { type OverviewDoc, type Source, useSources } from './ask'

const shown = 2
const order: Record<string, number> = { stale: 0, unknown: 1, fresh: 2 }

/** The worst first, and of those the longest silent. */
export function worstFirst(sources: Source[]): Source[] {
  return [...sources].sort((a, b) => (order[a.freshness] ?? 1) - (order[b.freshness] ?? 1) || (a.seen_at ?? '').localeCompare(b.seen_at ?? ''))
}

function titleOf(sources: Source[] | undefined): string {
  if (!sources) return 'Can this be trusted?'
  const heard = ageing(sources)
  const fresh = heard.filter((s) => s.freshness === 'fresh').length
  if (heard.length === 0) return sources.length === 0 ? 'No source has reported' : `${plural(sources.length, 'source')}, none of them ages`
  return fresh === heard.length ? 'Every run-time source is fresh' : `${fresh} of ${heard.length} run-time sources are fresh`
}

/** How far the page can be trusted: who reported when, and how much is covered. */
export function SourcesPanel({ doc }: { doc: OverviewDoc | undefined }) {
  const asked = useSources()
  const at = useAsOf()
  const sources = asked.data && worstFirst(asked.data.items)
  const standing = doc?.standing
  return (
    <PanelFrame
      id="standing" subject="Sources" title={titleOf(sources)} loading={asked.isPending} error={asked.data ? null : asked.error} onRetry={() => void asked.refetch()} busy={asked.isPlaceholderData}
      note={standing && `${standing.covered} of ${standing.workloads} workloads are covered (${percent(standing.covered, standing.workloads)})`} minHeight={40}
    >
      <div data-state={standing?.state ?? 'unknown'} data-testid="standing">
        <ul className="flex flex-wrap gap-x-4 gap-y-0.5 text-sm">
          {(sources ?? []).slice(0, shown).map((s) => (
            <li key={`${s.source} ${s.scope}`} className="flex items-center gap-2" data-freshness={s.freshness}>
              <span aria-hidden="true" className={cx('mark size-2.5 rounded-full', s.freshness === 'fresh' ? 'bg-ramp-2' : 'hatched border border-more')} />
              <PageLink to={paths.source(s.source)} className="row-link"><span className="max-w-40 truncate">{s.source}</span></PageLink>
              <span className="text-xs text-faint">{s.freshness !== 'fresh' && `${s.freshness}, `}<Age at={s.seen_at} from={at} /></span>
            </li>
          ))}
          {sources && sources.length > shown && <li><PageLink to={paths.sources} className="link target text-xs">{sources.length - shown} more</PageLink></li>}
        </ul>
      </div>
    </PanelFrame>
  )
}
