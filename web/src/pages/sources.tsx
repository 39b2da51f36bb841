import { paths } from '@/app/paths'
import { useTwinCoverage } from '@/coverage/ask'
import { SourceLife } from '@/sources/life'
import { percent } from '@/lib/format'
import { useSession } from '@/overview/session'
import { useNow } from '@/state/now'
import { useAsOf } from '@/state/view'
import { useCoverage, useFollowSources, useSourceList } from '@/sources/ask'
import { isBlind, standingSentence } from '@/sources/model'
import { Receipts } from '@/sources/receipts'
import { SourceTable, sourceSheet } from '@/sources/table'
import { buttonLook } from '@/ui/button'
import { EmptyState } from '@/ui/empty-state'
import { Page } from '@/ui/page'
import { PageLink } from '@/ui/page-link'
import { PanelFrame } from '@/ui/panel-frame'
import { duration } from '@/lib/format'

export function Sources() {
  const asked = useSourceList()
  const life = useTwinCoverage()
  const present = useNow()
  const at = useAsOf()
  useFollowSources()
  const list = asked.data?.items ?? []
  const blind = isBlind(list)
  const connect = <><PageLink to={paths.coverage} className={buttonLook('plain')}>Coverage</PageLink><PageLink to={paths.connect} className={buttonLook('plain')}>Connect a source</PageLink></>
  return (
    <Page page="Sources" question="Can I trust today's picture?" actions={connect} foot={{ asOf: asked.data?.as_of ?? null, ...(asked.data ? { rows: list.length } : {}) }}>
      {asked.data && list.length === 0 ? (
        <EmptyState kind="first-run" title="No source has given evidence yet." actions={<PageLink to={paths.connect} className={buttonLook('primary')}>Connect the first one</PageLink>}>
          One deployment snapshot and one SBOM are enough to see the first exposure.
        </EmptyState>
      ) : (
        <div className="panels" data-state={blind ? 'blind' : asked.data ? 'ready' : 'loading'} data-testid="sources-page">
          {!asked.data && !asked.error && <p className="min-h-5" aria-hidden="true" />}
          {asked.data && <p data-testid="sentence" className={blind ? 'rounded-lg border border-amber-edge bg-amber px-4 py-2 text-base font-medium text-amber-ink foreign' : 'text-base font-medium text-pretty foreign'}>{blind && 'We cannot say what runs now. '}{standingSentence(list, at ?? present)}</p>}
          <PanelFrame key={asked.data ? 'told' : 'asked'} id="source-list" subject="The sources" title="Who gives evidence" note="What needs somebody comes first." flush minHeight={360} loading={asked.isLoading} error={asked.data ? undefined : asked.error} onRetry={() => void asked.refetch()} sheet={sourceSheet(list)}
            computed={<p>A source is stale when it was silent for longer than its expected interval, and too old to say anything after several intervals. Old evidence never closes an exposure: what was open becomes unknown.</p>}>
            <SourceTable list={list} busy={asked.isPlaceholderData} />
          </PanelFrame>
          {/* Below what grows when it comes, so that nothing jumps. */}
          {!asked.isLoading && !life.isLoading && <>{life.data && <SourceLife sources={life.data.sources} />}<Covered /><Receipts /></>}
        </div>
      )}
    </Page>
  )
}

/** How much of what runs the sources let us see. */
function Covered() {
  const session = useSession().data
  const whole = session?.all_products === true
  const asked = useCoverage(whole)
  const c = asked.data
  const title = c ? `The contents of ${c.with_sbom} of ${c.workloads} workloads are known (${percent(c.with_sbom, c.workloads)})` : 'What the picture rests on'
  const undecided = c ? Object.entries(c.undecided_by_reason).sort((a, b) => b[1] - a[1]) : []
  if (session && !whole) {
    return (
      <PanelFrame id="coverage" subject="The coverage" title="How much of it all is covered">
        <p className="text-sm text-dim">This is told of the whole estate, to those who see all of it; you see some of its products. How far those are covered stands in the frame, behind the dot.</p>
      </PanelFrame>
    )
  }
  return (
    <PanelFrame id="coverage" subject="The coverage" title={title} minHeight={124} loading={asked.isLoading} error={c ? undefined : asked.error} onRetry={() => void asked.refetch()}>
      {c && (
        <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-1.5 text-sm">
          <dt className="text-faint">Middle age of the evidence</dt><dd>{c.median_age === null ? 'no date' : duration(c.median_age)}</dd>
          <dt className="text-faint">Linked by name and tag only</dt><dd>{c.unproven}</dd>
          <dt className="text-faint">Without an SBOM</dt><dd className="foreign">{c.without_sbom.length === 0 ? 'none' : c.without_sbom.slice(0, 12).join(', ')}{c.without_sbom.length > 12 && `, and ${c.without_sbom.length - 12} more`}</dd>
          <dt className="text-faint">Components that cannot be judged</dt><dd className="foreign">{c.undecided_components}{undecided.length > 0 && `: ${undecided.map(([why, n]) => `${n} ${why}`).join(', ')}`}</dd>
        </dl>
      )}
    </PanelFrame>
  )
}
