import { useNow } from '@/state/now'
import { age, dateTime, day, utc } from '@/lib/format'

type Moment = Date | string | null | undefined

function dateOf(at: Moment): Date | null {
  if (at === null || at === undefined || at === '') return null
  const t = at instanceof Date ? at : new Date(at)
  return Number.isNaN(t.getTime()) ? null : t
}

interface Props {
  at: Moment
  /** What stands there when there is no time. */
  none?: string
}

/** A time on the clock of the reader, with UTC as its title. */
export function Time({ at, none = '–', dateOnly = false }: Props & { dateOnly?: boolean }) {
  const t = dateOf(at)
  if (!t) return <span className="text-faint">{none}</span>
  return (
    <time dateTime={t.toISOString()} title={utc(t)} className="whitespace-nowrap">
      {dateOnly ? day(t) : dateTime(t)}
    </time>
  )
}

/** How long ago, or how long yet. Hand in "from" where the page shows another moment than now. */
export function Age({ at, none = 'no date', from }: Props & { from?: Date | null }) {
  const now = useNow()
  const t = dateOf(at)
  if (!t) return <span className="text-faint">{none}</span>
  return (
    <time dateTime={t.toISOString()} title={`${dateTime(t)} · ${utc(t)}`} className="whitespace-nowrap">
      {age(t, from ?? now)}
    </time>
  )
}
