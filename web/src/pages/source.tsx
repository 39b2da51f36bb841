import { useParams } from '@tanstack/react-router'
import { paths } from '@/app/paths'
import { useNow } from '@/state/now'
import { quoted } from '@/state/query-text'
import { useAsOf } from '@/state/view'
import { useFollowSources, useSourceList } from '@/sources/ask'
import { effectWords, expectedWords, silence, type Source as SourceRow, sourceKey, stateWords } from '@/sources/model'
import { useTwinCoverage } from '@/coverage/ask'
import { SourceLife } from '@/sources/life'
import { TellsPanel } from '@/sources/tells'
import { Receipts } from '@/sources/receipts'
import { FreshMark } from '@/twin/marks'
import { EmptyState } from '@/ui/empty-state'
import { Page } from '@/ui/page'
import { PageLink } from '@/ui/page-link'
import { PanelFrame, Skeleton } from '@/ui/panel-frame'
import { ProblemNote } from '@/ui/problem-note'
import { Time } from '@/ui/time'

export function Source() {
  const { name = '' } = useParams({ strict: false })
  const asked = useSourceList()
  const life = useTwinCoverage()
  useFollowSources()
  const told = life.data?.sources.find((s) => s.source === name)
  const mine = (asked.data?.items ?? []).filter((s) => s.source === name)
  return (
    <Page page="Sources" object={name} question="What did it tell us last, and what depends on it?" foot={{ asOf: asked.data?.as_of ?? null }} arrived={!asked.isLoading && !life.isLoading}>
      {(asked.isLoading || life.isLoading) && <Skeleton lines={5} waiting="Reading the source…" />}
      {asked.error && !asked.data && <ProblemNote error={asked.error} what="The source" onRetry={() => void asked.refetch()} />}
      {asked.data && mine.length === 0 && <EmptyState kind="filtered" title={`No source is called “${name}”.`} actions={<PageLink to={paths.sources} className="link target">All sources</PageLink>} />}
      {!life.isLoading && <div className="panels">
        {mine.map((s) => <Part key={sourceKey(s)} source={s} />)}
        {told && <SourceLife sources={[told]} />}
        {told && <TellsPanel source={told} />}
        {mine.length > 0 && <Receipts source={name} />}
      </div>}
    </Page>
  )
}

/** A source in one environment: it may speak for several. */
function Part({ source: s }: { source: SourceRow }) {
  const present = useNow()
  const at = useAsOf()
  const now = at ?? present
  const title = s.freshness === 'fresh' ? `It speaks for ${s.scope || 'every environment'}` : `${s.scope || s.source} ${silence(s, now)}`
  return (
    <PanelFrame id={`source-${s.scope || 'all'}`} subject={s.scope || s.source} title={title} aside={<FreshMark value={s.freshness} word={stateWords(s.freshness)} />}>
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] max-phone:grid-cols-[minmax(0,1fr)] gap-x-6 gap-y-1.5 text-sm" data-testid="source-facts" data-fresh={s.freshness}>
        <dt className="text-faint">Says</dt><dd>{s.class === 'observed' ? 'what it has seen running (observed)' : s.class === 'declared' ? 'what should run (declared)' : s.class === 'detected' ? 'what its sensors saw (detected)' : s.class || '–'}</dd>
        <dt className="text-faint">Last heard</dt><dd><Time at={s.seen_at} none="never" /></dd>
        <dt className="text-faint">First heard</dt><dd><Time at={s.since} none="never" /></dd>
        <dt className="text-faint">Expected</dt><dd>{expectedWords(s, now)}</dd>
        <dt className="text-faint">Refused replays</dt><dd>{s.rejected}</dd>
        <dt className="text-faint">Set aside, unreadable</dt><dd>{s.quarantined}</dd>
        {s.class === 'detected' && <><dt className="text-faint">Seen nowhere we know</dt><dd data-testid="unplaced">{s.unplaced}</dd></>}
        <dt className="text-faint">What its silence breaks</dt><dd>{effectWords(s)}</dd>
      </dl>
      {s.unplaced_like.length > 0 && (
        <ul className="mt-3 flex flex-col text-sm">
          {s.unplaced_like.map((u, i) => <li key={i} className="border-b border-hairline py-1.5 last:border-0 foreign">{u.where}: <span className="text-dim">{u.reason}</span></li>)}
        </ul>
      )}
      <p className="mt-3 flex flex-wrap gap-x-4 text-sm">
        <PageLink to={paths.twin} search={{ kind: 'workloads', q: `source:${quoted(s.source)}` }} className="link target">Its workloads</PageLink>
        <PageLink to={paths.exposures} search={{ q: `source:${quoted(s.source)}` }} className="link target">Exposures that stand on it</PageLink>
      </p>
    </PanelFrame>
  )
}
