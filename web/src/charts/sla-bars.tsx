import type { Sheet } from '@/lib/download'
import { StatNumber } from '@/ui/stat-number'
import type { Counted } from './gate-bars'

/** The clocks of one owner, as the API tells them. */
export interface OwnerClocks {
  owner: string
  on_time: Counted
  soon: Counted
  late: Counted
}

function total(o: OwnerClocks): number {
  return o.on_time.count + o.soon.count + o.late.count
}

interface Props {
  owners: OwnerClocks[]
  to?: string
}

/** Who is late: on time, due soon, late, one bar for each owner. */
export function SlaBars({ owners, to = '/exposures' }: Props) {
  const most = Math.max(1, ...owners.map(total))
  return (
    <div data-chart="sla-bars">
      <ul className="flex flex-col gap-1">
        {owners.map((o) => (
          <li key={o.owner} className="grid min-h-8 grid-cols-[7.5rem_minmax(0,1fr)_auto] items-center gap-x-3 text-sm">
            <span className={o.owner === '' ? 'truncate text-dim italic' : 'truncate'}>{o.owner || 'No owner'}</span>
            <span className="bar flex h-4 min-w-0" aria-hidden="true">
              <Piece part={o.on_time.count} most={most} look="bg-ramp-4" />
              <Piece part={o.soon.count} most={most} look="bg-ramp-2" />
              <Piece part={o.late.count} most={most} look="bg-more" />
            </span>
            <span className="grid grid-cols-[1.75rem_auto_1.75rem_auto] items-center gap-x-1 text-xs text-faint">
              <StatNumber count={o.late.count} to={to} search={{ q: o.late.query }} label={`late, ${o.owner || 'no owner'}`} className={o.late.count > 0 ? 'text-xs text-more' : 'text-xs'} /> <span>late</span>
                <StatNumber count={o.soon.count} to={to} search={{ q: o.soon.query }} label={`due within 7 days, ${o.owner || 'no owner'}`} className="text-xs" /> <span>soon</span>
            </span>
          </li>
        ))}
      </ul>
      <p className="mt-2 flex flex-wrap gap-x-4 text-xs text-faint">
        <Key look="bg-ramp-4" word="on time" /><Key look="bg-ramp-2" word="due within 7 days" /><Key look="bg-more" word="late" />
      </p>
    </div>
  )
}

function Piece({ part, most, look }: { part: number; most: number; look: string }) {
  if (part === 0) return null
  return <span className={`border-r border-surface last:rounded-r-sm first:rounded-l-sm ${look}`} style={{ width: `${(100 * part) / most}%`, minWidth: 4 }} />
}

function Key({ look, word }: { look: string; word: string }) {
  return <span className="inline-flex items-center gap-1.5"><span className={`bar size-2.5 rounded-xs ${look}`} />{word}</span>
}

export function slaSheet(owners: OwnerClocks[]): Sheet {
  return {
    head: ['Owner', 'On time', 'Due within 7 days', 'Late'],
    rows: owners.map((o) => [o.owner || 'no owner', o.on_time.count, o.soon.count, o.late.count]),
  }
}
