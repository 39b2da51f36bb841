import { useQuery } from '@tanstack/react-query'
import { answer, api } from '@/api/client'
import type { components } from '@/api/schema'
import { paths } from '@/app/paths'
import { count, percent } from '@/lib/format'
import { withoutLast } from '@/state/query-text'
import { Button, buttonLook } from '@/ui/button'
import { CopyButton } from '@/ui/copy-button'
import { EmptyState } from '@/ui/empty-state'
import { PageLink } from '@/ui/page-link'
import { ProblemNote } from '@/ui/problem-note'
import { Age } from '@/ui/time'
import { type Question, viewOf } from './ask'
import { keptCounts } from './keep'

type Overview = components['schemas']['Overview']

/** Which kind of nothing it is. */
export function kindOfNothing(overview: Pick<Overview, 'state' | 'standing'>, q: string, scoped: boolean): 'first-run' | 'filtered' | 'blind' | 'done' {
  if (overview.state === 'first-run') return 'first-run'
  if (scoped || viewOf(q) === undefined) return 'filtered'
  const unsure = overview.state === 'blind' || overview.standing.state === 'stale' || overview.standing.state === 'unknown'
  return unsure ? 'blind' : 'done'
}

interface Props {
  /** The query of the address, and the whole question with the scope. */
  q: string
  ask: Question
  all: number | undefined
  scoped: boolean
  onQuery: (q: string) => void
  onClear: () => void
}

const firstCommand = 'tidemark ingest sbom sbom.cdx.json'

/** Nothing to list, and why. */
export function NothingHere({ q, ask, all, scoped, onQuery, onClear }: Props) {
  const { data, error, refetch } = useQuery({
    queryKey: [...keptCounts, 'overview', ask.asOf],
    queryFn: async ({ signal }) => answer(await api.GET('/api/v1/overview', { params: { query: ask.asOf ? { as_of: ask.asOf } : {} }, signal })),
  })
  if (error) return <ProblemNote error={error} what="Why the list is empty" onRetry={() => void refetch()} />
  if (!data) return <div className="h-48" aria-busy="true" />
  const kind = kindOfNothing(data, q, scoped)
  if (kind === 'first-run') return <FirstRun />
  if (kind === 'filtered') return <Filtered q={ask.q} typed={q} all={all} onQuery={onQuery} onClear={onClear} />
  if (kind === 'blind') {
    return (
      <EmptyState kind="blind" title={`We cannot say: ${data.standing.sentence}`} actions={<PageLink to={paths.sources} className={buttonLook('primary')}>Open source health</PageLink>}>
        Nothing is listed, but not everything was looked at.
      </EmptyState>
    )
  }
  const { covered, workloads } = data.standing
  return (
    <EmptyState kind="done" title={viewOf(q)?.nothing ?? 'Nothing to act on now.'}
      actions={data.watched.count > 0 && q !== data.watched.query ? <Button onClick={() => onQuery(data.watched.query)}>See watched</Button> : undefined}>
      {count(data.watched.count)} exposures are under watch. Checked <Age at={data.as_of} />; {count(covered)} of {count(workloads)} workloads are covered ({percent(covered, workloads)}).
    </EmptyState>
  )
}

function FirstRun() {
  return (
    <EmptyState kind="first-run" title="Nothing is connected yet."
      actions={<PageLink to={paths.connect} className={buttonLook('primary')}>Connect a source</PageLink>}>
      <p>Push one SBOM and one deployment to see your first exposure.</p>
      <p className="mt-3 inline-flex items-center gap-1 rounded-md border border-edge bg-sunken pl-2.5"><code className="text-xs">{firstCommand}</code><CopyButton text={firstCommand} what="command" /></p>
    </EmptyState>
  )
}

function Filtered({ q, typed, all, onQuery, onClear }: { q: string; typed: string; all: number | undefined; onQuery: (q: string) => void; onClear: () => void }) {
  const of = all === undefined ? '' : ` of ${count(all)}`
  return (
    <EmptyState kind="filtered" title={`0${of} exposures match ${q}`}
      actions={<>{typed !== '' && <Button kind="primary" onClick={() => onQuery(withoutLast(typed))}>Remove last filter</Button>}<Button onClick={onClear}>Clear all</Button></>} />
  )
}
