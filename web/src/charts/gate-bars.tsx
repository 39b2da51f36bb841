import type { Sheet } from '@/lib/download'
import { StatNumber } from '@/ui/stat-number'

/** A number and the query that lists what it counts. */
export interface Counted {
  count: number
  query: string
}

/** One gate, as the API tells it: yes and unknown go through, no drops out. */
export interface GateBar {
  gate: string
  in: number
  yes: Counted
  unknown: Counted
  no: Counted
  through: Counted
}

const names: Record<string, string> = {
  found: 'Found', running: 'Running', reachable: 'Reachable', exploitable: 'Exploitable', matters: 'Matters', 'act now': 'Act now',
}
const losses: Record<string, string> = {
  running: 'not running', reachable: 'not reachable', exploitable: 'not exploitable', matters: 'no harm to the business', 'act now': 'may wait',
}

interface Props {
  bars: GateBar[]
  /** Where the numbers lead. */
  to?: string
}

/** What survives each gate: yes filled, unknown hatched, and what dropped out between. */
export function GateBars({ bars, to = '/exposures' }: Props) {
  const all = Math.max(1, bars[0]?.through.count ?? 0)
  return (
    <ol data-chart="gate-bars" className="grid grid-cols-[auto_minmax(0,1fr)_auto_auto] items-center gap-x-3 text-sm max-bar:grid-cols-[auto_minmax(0,1fr)_auto]">
      {bars.map((bar) => <GateRow key={bar.gate} bar={bar} all={all} to={to} />)}
    </ol>
  )
}

function GateRow({ bar, all, to }: { bar: GateBar; all: number; to: string }) {
  const name = names[bar.gate] ?? bar.gate
  return (
    <li className="contents" data-gate={bar.gate} data-in={bar.in} data-yes={bar.yes.count} data-unknown={bar.unknown.count} data-no={bar.no.count}>
      {bar.no.count === 0 && bar.gate !== 'found' && <span className="col-span-full h-1.5" aria-hidden="true" />}
      {bar.no.count > 0 && (
        <p className="col-span-full col-start-2 flex h-6 items-center text-xs text-faint">
          <span aria-hidden="true">−</span>
          <StatNumber count={bar.no.count} to={to} search={{ q: bar.no.query }} label={losses[bar.gate] ?? 'dropped out'} className="min-w-0! text-xs font-normal!" />
          <span aria-hidden="true">&nbsp;{losses[bar.gate] ?? 'dropped out'}</span>
        </p>
      )}
      <span className="font-medium">{name}</span>
      <span className="bar flex h-6 min-w-0" aria-hidden="true">
        <Stretch part={bar.yes.count} all={all} look="bg-ramp-1" />
        <Stretch part={bar.unknown.count} all={all} look="hatched border border-control/50" />
      </span>
      <StatNumber count={bar.through.count} to={to} search={{ q: bar.through.query }} label={`${name}, yes or unknown`} className="min-w-12" />
      <span className="min-w-24 text-xs text-faint max-bar:hidden">
        {bar.unknown.count > 0 && (
          <><StatNumber count={bar.unknown.count} to={to} search={{ q: bar.unknown.query }} label={`${name} unknown`} className="text-xs" /> unknown</>
        )}
      </span>
    </li>
  )
}

/** A bar that is there is never thinner than can be seen. */
function Stretch({ part, all, look }: { part: number; all: number; look: string }) {
  if (part === 0) return null
  return <span className={`first:rounded-l-sm last:rounded-r-sm ${look}`} style={{ width: `${(100 * part) / all}%`, minWidth: 3 }} />
}

export function gateSheet(bars: GateBar[]): Sheet {
  return {
    head: ['Gate', 'In', 'Yes', 'Unknown', 'No', 'Through'],
    rows: bars.map((b) => [names[b.gate] ?? b.gate, b.in, b.yes.count, b.unknown.count, b.no.count, b.through.count]),
  }
}
