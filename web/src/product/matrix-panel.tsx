import { paths } from '@/app/paths'
import { SpreadMatrix } from '@/charts/spread-matrix'
import { decisionOf, decisionWords } from '@/lib/decision'
import { plural } from '@/lib/format'
import { DecisionChip, ShapeMark } from '@/ui/mark'
import { PageLink } from '@/ui/page-link'
import { PanelFrame } from '@/ui/panel-frame'
import { StatNumber } from '@/ui/stat-number'
import type { MatrixCell, ProductDoc } from './ask'

function said(c: MatrixCell): string {
  if (c.running === '') return 'not there'
  return c.exposures.count === 0 ? 'nothing' : `${c.exposures.count}, ${decisionWords[decisionOf(c.decision)]}`
}

/** The services of the product by environments. */
export function MatrixPanel({ doc }: { doc: ProductDoc }) {
  const { environments, rows } = doc.matrix
  return (
    <PanelFrame
      id="matrix" subject="Services" title={`${plural(rows.length, 'service')} in ${plural(environments.length, 'environment')}`} note="The most urgent decision, and live exposures."
      sheet={{ head: ['Service', ...environments], rows: rows.map((r) => [r.service, ...r.cells.map(said)]) }}
    >
      {rows.length === 0 ? <p className="text-sm text-dim">Nothing of this product has been seen.</p> : (
        <SpreadMatrix
          label={`Services of ${doc.product}`} rowsAre="Service" columns={environments}
          rows={rows.map((r) => ({ name: r.service, cells: r.cells, head: <PageLink to={paths.service(r.service)} className="row-link"><span className="truncate">{r.service}</span></PageLink> }))}
          cell={(c, service, environment) => <Cell cell={c} name={`${service} in ${environment}`} />}
          legend="A dot: not there. Hatched: nothing says what it is made of, or its source is silent."
        />
      )}
    </PanelFrame>
  )
}

function Cell({ cell, name }: { cell: MatrixCell; name: string }) {
  if (cell.running === '') return <span className="text-faint">·<span className="sr-only">not there</span></span>
  const blind = cell.sbom !== 'yes' || cell.freshness === 'stale'
  return (
    <span className="inline-flex items-center gap-2">
      {cell.exposures.count > 0 && <DecisionChip decision={decisionOf(cell.decision)} short />}
      {cell.exposures.count > 0 || !blind
        ? <StatNumber count={cell.exposures.count} to={paths.exposures} search={{ q: cell.exposures.query }} label={`exposures of ${name}`} />
        : null}
      {blind && <span className="inline-flex items-center gap-1 text-xs text-dim"><ShapeMark shape="hatched" className="text-none" size={12} />{cell.sbom !== 'yes' ? 'no SBOM' : 'stale'}</span>}
      {cell.reachable === 'yes' && <span className="text-xs text-faint">internet</span>}
    </span>
  )
}
