import { paths } from '@/app/paths'
import { percent } from '@/lib/format'
import type { CoveredBy, TwinCoverage } from '@/twin/wire'
import { PanelFrame } from '@/ui/panel-frame'
import { StatNumber } from '@/ui/stat-number'

const parts = [
  { key: 'yes', word: 'yes', look: 'bg-ramp-2' }, { key: 'partial', word: 'partly', look: 'bg-ramp-4' }, { key: 'no', word: 'no', look: 'bg-sunken' }, { key: 'unknown', word: 'not known', look: 'hatched bg-surface' },
] as const

/** Of how many workloads what is known. Each number lists exactly the workloads that it counts. */
export function MeasuresPanel({ doc }: { doc: TwinCoverage }) {
  return (
    <PanelFrame
      id="measures" subject="The coverage of workloads" title={`What is known of ${doc.workloads} workloads`} note="Each number lists exactly the workloads that it counts."
      sheet={{ head: ['what', 'yes', 'partial', 'no', 'unknown'], rows: doc.measures.map((m) => [m.title, m.yes.count, m.partial.count, m.no.count, m.unknown.count]) }}
    >
      <ul className="flex flex-col" data-chart="coverage">{doc.measures.map((m) => <Measure key={m.what} measure={m} all={doc.workloads} />)}</ul>
      <p className="mt-2 flex flex-wrap gap-x-4 text-xs text-faint">{parts.map((p) => <span key={p.key} className="inline-flex items-center gap-1.5"><span aria-hidden="true" className={`bar size-2.5 rounded-xs border border-edge ${p.look}`} />{p.word}</span>)}</p>
    </PanelFrame>
  )
}

function Measure({ measure: m, all }: { measure: CoveredBy; all: number }) {
  return (
    <li data-measure={m.what} className="grid grid-cols-[minmax(0,1fr)] gap-x-5 gap-y-1 border-b border-hairline py-2 last:border-0 bar:grid-cols-[minmax(0,17rem)_minmax(0,1fr)_auto] bar:items-center">
      <span className="text-sm"><span className="font-medium first-letter:uppercase">{m.title}</span> <span className="text-faint">{percent(m.yes.count, all)}</span></span>
      <span className="bar flex h-4 overflow-hidden rounded-sm border border-edge bg-surface" aria-hidden="true">
        {parts.map((p) => m[p.key].count > 0 && <span key={p.key} className={`border-r border-surface last:border-0 ${p.look}`} style={{ width: `${(100 * m[p.key].count) / Math.max(1, all)}%`, minWidth: 3 }} />)}
      </span>
      <span className="flex flex-wrap gap-x-3 text-xs text-faint">
        {parts.map((p) => (m[p.key].count > 0 || p.key === 'yes') && <span key={p.key} className="inline-flex items-center gap-1"><StatNumber count={m[p.key].count} to={paths.twin} search={{ kind: 'workloads', q: m[p.key].query }} label={`workloads ${m.title}: ${p.word}`} className="text-xs" />{p.word}</span>)}
      </span>
    </li>
  )
}
