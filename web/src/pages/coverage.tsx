import { paths } from '@/app/paths'
import { useTwinCoverage } from '@/coverage/ask'
import { MeasuresPanel } from '@/coverage/measures'
import { MissingPanel, SeesPanel } from '@/coverage/sees'
import { useFollowSources } from '@/sources/ask'
import { SourceLife } from '@/sources/life'
import { buttonLook } from '@/ui/button'
import { EmptyState } from '@/ui/empty-state'
import { Page } from '@/ui/page'
import { PageLink } from '@/ui/page-link'
import { Skeleton } from '@/ui/panel-frame'
import { ProblemNote } from '@/ui/problem-note'

/** What the picture rests on, and what it leaves unknown. */
export function Coverage() {
  const asked = useTwinCoverage()
  useFollowSources()
  const doc = asked.data
  const blind = doc !== undefined && doc.sources.some((s) => s.every > 0) && doc.sources.filter((s) => s.every > 0).every((s) => s.freshness !== 'fresh')
  return (
    <Page page="Coverage" question="What do we see, and what does that leave unknown?" actions={<PageLink to={paths.sources} className={buttonLook('plain')}>The sources</PageLink>} foot={{ asOf: doc?.as_of ?? null }} arrived={!asked.isLoading}>
      {!doc && <div className="rounded-xl border border-edge bg-surface px-4 py-3">{asked.error ? <ProblemNote error={asked.error} what="The coverage" onRetry={() => void asked.refetch()} /> : <Skeleton lines={6} waiting="Counting what is known…" />}</div>}
      {doc && doc.sources.length === 0 && doc.workloads === 0 && (
        <EmptyState kind="first-run" title="Nothing is seen yet: no source has given evidence." actions={<PageLink to={paths.connect} className={buttonLook('primary')}>Connect a source</PageLink>}>An agent in a cluster sees what runs; a pipeline tells what it is made of.</EmptyState>
      )}
      {doc && (doc.sources.length > 0 || doc.workloads > 0) && (
        <div className="panels" data-state={blind ? 'blind' : 'ready'} data-testid="coverage-page">
          <p data-testid="sentence" className={blind ? 'rounded-lg border border-amber-edge bg-amber px-4 py-2 text-base font-medium text-amber-ink foreign' : 'text-base font-medium text-pretty foreign'}>{blind && 'We cannot say what runs now. '}{doc.sentence}</p>
          <MeasuresPanel doc={doc} />
          <SeesPanel doc={doc} />
          <SourceLife sources={doc.sources} />
          <MissingPanel list={doc.missing} />
        </div>
      )}
    </Page>
  )
}
