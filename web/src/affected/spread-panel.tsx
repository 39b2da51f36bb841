import { Check } from 'lucide-react'
import { paths } from '@/app/paths'
import { SpreadMatrix } from '@/charts/spread-matrix'
import type { Row } from '@/exposures/row'
import { decisionWords } from '@/lib/decision'
import { plural } from '@/lib/format'
import { DecisionChip, ShapeMark } from '@/ui/mark'
import { PageLink } from '@/ui/page-link'
import { PanelFrame } from '@/ui/panel-frame'
import type { Workload } from './ask'
import { type Cell, spreadOf } from './spread'

interface Props {
  what: string
  rows: Row[]
  workloads: Workload[]
}

function said(cell: Cell): string {
  if (cell.kind === 'affected') return decisionWords[cell.decision]
  return { fixed: 'fixed', 'not-found': 'not found', unknown: 'no evidence', absent: 'not there' }[cell.kind]
}

/** Environments by services, at a glance. */
export function SpreadPanel({ what, rows, workloads }: Props) {
  const spread = spreadOf(rows, workloads)
  const hit = spread.rows.filter((r) => r.cells.some((c) => c.kind === 'affected')).length
  return (
    <PanelFrame
      id="spread" subject="Where it is" title={`In ${plural(hit, 'service')}, ${plural(spread.environments.length, 'environment')}`}
      sheet={{ head: ['Service', ...spread.environments], rows: spread.rows.map((r) => [r.name, ...r.cells.map(said)]) }}
    >
      <SpreadMatrix
        label={`Where ${what} is`} rowsAre="Service" columns={spread.environments}
        rows={spread.rows.map((r) => ({ ...r, head: <PageLink to={paths.service(r.name)} className="row-link"><span className="truncate">{r.name}</span></PageLink> }))}
        cell={(cell) => <Mark cell={cell} />} legend={<Legend />}
      />
    </PanelFrame>
  )
}

function Mark({ cell }: { cell: Cell }) {
  if (cell.kind === 'affected') {
    const [first] = cell.rows
    return <span className="inline-flex items-center gap-2"><PageLink to={paths.exposure(first?.id ?? '')} className="row-link"><DecisionChip decision={cell.decision} /></PageLink><span className="text-xs text-faint">{[...new Set(cell.rows.flatMap((r) => r.versions))].slice(0, 2).join(', ')}</span></span>
  }
  if (cell.kind === 'fixed') return <span className="inline-flex items-center gap-1.5 text-dim"><Check size={14} aria-hidden="true" className="text-fewer" />fixed</span>
  if (cell.kind === 'unknown') return <span className="inline-flex items-center gap-1.5 text-dim"><ShapeMark shape="hatched" className="text-none" />no evidence</span>
  return <span className="text-faint">{cell.kind === 'absent' ? '·' : 'not found'}<span className="sr-only">{cell.kind === 'absent' && 'not there'}</span></span>
}

function Legend() {
  return <span>A dot: the service is not there. Hatched: it is there, and nothing says what it is made of.</span>
}
