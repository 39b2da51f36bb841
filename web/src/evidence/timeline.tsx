import { dateTime, utc } from '@/lib/format'
import { cx } from '@/lib/class-names'

/** What happened, as the API tells it. */
export interface TimelineEvent {
  at: string
  kind: string
  words: string
  by?: string
}

/** Good turns are filled in blue, what asks for work is in ink; the words say the rest. */
const good = new Set(['fixed', 'verified', 'retired', 'withdrawn'])
const ahead = new Set(['due'])

function look(kind: string): string {
  if (good.has(kind)) return 'border-fewer bg-fewer'
  return ahead.has(kind) ? 'border-dashed border-control bg-surface' : 'border-ink bg-surface'
}

/** Everything that happened, in order. Sorted here too, so that it cannot lie. */
export function Timeline({ events }: { events: TimelineEvent[] }) {
  const ordered = [...events].sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
  return (
    <ol data-chart="timeline" className="relative flex flex-col gap-3 before:absolute before:top-2 before:bottom-2 before:left-[0.3125rem] before:border-l before:border-edge">
      {ordered.map((event, i) => (
        <li key={i} data-kind={event.kind} className="relative grid grid-cols-[0.75rem_minmax(0,1fr)] gap-x-3">
          <span aria-hidden="true" className={cx('mark mt-1 size-[0.6875rem] rounded-full border-2', look(event.kind))} />
          <div className="flex flex-wrap items-baseline justify-between gap-x-4">
            <p className="text-sm foreign">{event.words}{event.by && <span className="text-faint"> · {event.by}</span>}</p>
            <time dateTime={new Date(event.at).toISOString()} title={utc(new Date(event.at))} className="text-xs whitespace-nowrap text-faint">{dateTime(new Date(event.at))}</time>
          </div>
        </li>
      ))}
    </ol>
  )
}
