import { plural } from '@/lib/format'
import type { Workload } from '@/twin/ask'
import { PanelFrame } from '@/ui/panel-frame'

/** The doors of a workload. */
export function DoorsPanel({ workload }: { workload: Workload }) {
  const { doors } = workload
  const open = doors.filter((d) => d.public).length
  const title = doors.length === 0 ? (workload.reachable === 'no' ? 'It has no door' : 'No door is known') : `${plural(doors.length, 'door')}, ${open} from the internet`
  return (
    <PanelFrame id="doors" subject="Its doors" title={title} sheet={{ head: ['address', 'via', 'public'], rows: doors.map((d) => [d.address, d.via ?? '', d.public ? 'yes' : 'no']) }}>
      {doors.length === 0 && <p className="text-sm text-dim">{workload.reachable === 'no' ? 'The source names every door there is, and none leads here.' : 'No address leads here by what the sources said; there may be one.'}</p>}
      <ul className="flex flex-col text-sm">
        {doors.map((d, i) => (
          <li key={i} className="border-b border-hairline py-1 last:border-0">
            <span className="block font-medium foreign">{d.address}</span>
            <span className="text-xs text-faint foreign">{d.public ? 'from the internet' : 'from within'}{d.via && `, through ${d.via}`}</span>
          </li>
        ))}
      </ul>
    </PanelFrame>
  )
}
