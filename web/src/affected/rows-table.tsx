import { paths } from '@/app/paths'
import { componentName, isLive, type Row } from '@/exposures/row'
import { answerOf, decisionOf } from '@/lib/decision'
import { DecisionChip } from '@/ui/mark'
import { PageLink } from '@/ui/page-link'
import { Time } from '@/ui/time'
import type { Workload } from './ask'
import { doorOf } from './spread'

interface Props {
  rows: Row[]
  workloads: Workload[]
}

/** Where it is: one line for each service and environment. */
export function RowsTable({ rows, workloads }: Props) {
  return (
    <div className="relative overflow-x-auto" role="region" aria-label="Where it is" tabIndex={0}>
      <table className="w-full min-w-[66rem] text-sm" data-testid="affected-rows" data-rows={rows.length}>
        <thead>
          <tr className="border-b border-edge text-left text-xs text-faint">
            {['Service', 'Environment', 'Version', 'Here since', 'Internet', 'Owner', 'Fix', 'Decision', 'Exposure'].map((h) => <th key={h} scope="col" className="px-4 py-2 font-medium whitespace-nowrap">{h}</th>)}
          </tr>
        </thead>
        <tbody>{rows.map((row) => <Line key={row.id} row={row} door={doorOf(row, workloads)} />)}</tbody>
      </table>
    </div>
  )
}

function Line({ row, door }: { row: Row; door: string | null }) {
  return (
    <tr className="border-b border-hairline last:border-0 hover:bg-hover [&>td]:px-4 [&>td]:py-1.5" data-testid="affected-row" data-exposure={row.id}>
      <td><PageLink to={paths.service(row.service)} className="row-link"><span className="max-w-48 truncate">{row.service}</span></PageLink></td>
      <td className="whitespace-nowrap">{row.environment === '(none)' ? <span className="text-dim">deployed nowhere</span> : row.environment}</td>
      <td className="min-w-32"><span className="font-medium foreign">{row.versions.filter(Boolean).join(', ') || 'no version'}</span> <span className="text-xs text-faint foreign">{componentName(row.component)}</span></td>
      <td><Time at={row.since ?? row.first_seen} none="not known" dateOnly /></td>
      <td className="min-w-40"><Internet row={row} door={door} /></td>
      <td className="min-w-28">{row.owner ? <span className="foreign">{row.owner}</span> : <PageLink to={paths.exposure(row.id)} className="link target text-left whitespace-nowrap">No owner — assign</PageLink>}</td>
      <td className="whitespace-nowrap">{row.fix ? <code className="text-xs">{row.fix}</code> : <span className="text-dim">none known</span>}</td>
      <td>{isLive(row) ? <DecisionChip decision={decisionOf(row.decision)} /> : <span className="first-letter:uppercase inline-block text-dim">{row.state}</span>}</td>
      <td className="whitespace-nowrap"><PageLink to={paths.exposure(row.id)} className="row-link text-xs">{row.id}</PageLink></td>
    </tr>
  )
}

/** A declared door, none, or that nothing says so. */
function Internet({ row, door }: { row: Row; door: string | null }) {
  const answer = answerOf(row.gates.reachable)
  if (answer === 'no') return <span className="text-dim">none found</span>
  if (door) return <span className="foreign" data-door={door}>through {door}</span>
  if (answer === 'yes') return <span>declared door</span>
  return <span className="inline-flex items-center gap-1.5 text-dim"><span aria-hidden="true" className="mark hatched size-3 rounded-full border border-control" />unknown</span>
}
