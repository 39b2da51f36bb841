import { GateStrip, gateCells, gateLetters } from '@/evidence/gate-strip'
import type { Column } from '@/table/columns'
import { DecisionChip } from '@/ui/mark'
import { PageLink } from '@/ui/page-link'
import { Age } from '@/ui/time'
import type { MadeUp } from './made-up'

const letters = <span className="flex gap-1.5">{gateLetters.map(([l]) => <span key={l} className="w-3 text-center">{l}</span>)}</span>

export const columns: Column<MadeUp>[] = [
  { id: 'decision', head: 'Decision', name: 'Decision', width: '7rem', sort: 'decision', fixed: true, cell: (r) => <DecisionChip decision={r.decision} /> },
  { id: 'score', head: 'Score', name: 'Score', width: '4.25rem', align: 'right', sort: 'score', cell: (r) => r.score },
  { id: 'exposure', head: 'Exposure', name: 'Exposure', width: 'minmax(22rem, 1fr)', fixed: true, cell: (r) => <span className="flex items-center gap-2"><PageLink to={`/exposures/${r.id}`} className="row-link shrink-0">{r.weakness}</PageLink><span className="truncate text-dim">{r.component}</span></span> },
  { id: 'where', head: 'Where', name: 'Service and environment', width: '10rem', cell: (r) => <span className="block truncate">{r.service} <span className="text-faint">{r.environment}</span></span> },
  { id: 'gates', head: letters, name: 'Gates', width: '6.75rem', cell: (r) => <GateStrip cells={gateCells(r.gates, r.fix)} /> },
  { id: 'because', head: 'Because', name: 'Because', width: '11rem', cell: (r) => <span className="block truncate text-dim">{r.because.join(' · ') || '–'}</span> },
  { id: 'owner', head: 'Owner', name: 'Owner', width: '7rem', sort: 'owner', cell: (r) => (r.owner ? <span className="block truncate">{r.owner}</span> : <span className="text-faint italic">no owner</span>) },
  { id: 'due', head: 'Due', name: 'Due', width: '5.5rem', sort: 'due', cell: (r) => <Age at={r.due} /> },
]
