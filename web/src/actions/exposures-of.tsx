import { useQuery } from '@tanstack/react-query'
import { answer, api } from '@/api/client'
import { paths } from '@/app/paths'
import { useAsOf } from '@/state/view'
import { decisionOf } from '@/lib/decision'
import { count } from '@/lib/format'
import { DecisionChip } from '@/ui/mark'
import { PageLink } from '@/ui/page-link'
import { PanelFrame } from '@/ui/panel-frame'
import { PlainTable } from '@/table/plain-table'
import { type Row } from '@/exposures/row'
import { Time } from '@/ui/time'
import { type ActionDetail, exposuresSearch } from './model'

const most = 100

const columns = [
  { id: 'id', head: 'Exposure', cell: (e: Row) => <PageLink to={paths.exposure(e.id)} className="row-link">{e.weakness}<span className="sr-only"> {e.id}</span></PageLink> },
  { id: 'env', head: 'Environment', cell: (e: Row) => e.environment },
  { id: 'versions', head: 'Version', cell: (e: Row) => <span className="foreign">{e.versions.join(', ') || '–'}</span> },
  { id: 'decision', head: 'Decision', cell: (e: Row) => <DecisionChip decision={decisionOf(e.decision)} /> },
  { id: 'state', head: 'State', cell: (e: Row) => <span className="inline-block first-letter:uppercase">{e.state}</span> },
  { id: 'since', head: 'First seen', cell: (e: Row) => <Time at={e.first_seen} dateOnly /> },
  { id: 'score', head: 'Score', align: 'right' as const, cell: (e: Row) => e.score },
]

/** The place that so many rows and their head take. */
function rowsHeight(rows: number): number {
  const [head, row] = [32, 37]
  return head + row * Math.min(rows, most)
}

/** The exposures of an action, whatever has become of them. */
export function ExposuresOf({ action }: { action: ActionDetail }) {
  const at = useAsOf()
  const q = exposuresSearch(action)
  const query = { q, limit: most, ...(at ? { as_of: at.toISOString() } : {}) }
  const asked = useQuery({
    queryKey: ['action', action.id, 'exposures', query],
    enabled: action.exposures.length > 0,
    queryFn: async ({ signal }) => answer(await api.GET('/api/v1/exposures', { params: { query }, signal })),
  })
  const rows = asked.data?.items ?? []
  const total = asked.data?.total ?? action.exposures.length
  const title = `${count(total)} ${total === 1 ? 'exposure' : 'exposures'} that this fix closes`
  return (
    <PanelFrame
      id="action-exposures" subject="Its exposures" title={title} flush minHeight={rowsHeight(action.exposures.length)} loading={asked.isLoading} error={asked.data ? undefined : asked.error} onRetry={() => void asked.refetch()}
      sheet={{ head: ['id', 'weakness', 'environment', 'decision', 'state', 'score'], rows: rows.map((e) => [e.id, e.weakness, e.environment, e.decision, e.state, e.score]) }}
    >
      {rows.length === 0 ? <p className="px-4 pb-4 text-sm text-dim">It closes none at this time.</p> : <PlainTable label="Its exposures" columns={columns} rows={rows} rowKey={(e) => e.id} state={(e) => e.state} />}
      {total > rows.length && rows.length > 0 && <p className="px-4 py-2 text-xs text-faint">Showing {rows.length} of {count(total)}. <PageLink to={paths.exposures} search={{ q }} className="link target">Open all</PageLink></p>}
    </PanelFrame>
  )
}
