import { ChevronDown, History } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { cx } from '@/lib/class-names'
import { utc } from '@/lib/format'
import { momentOf } from '@/state/search'
import { useScope } from '@/state/view'
import { Button } from '@/ui/button'
import { Popover } from '@/ui/popover'

const back = [
  ['Yesterday', 1],
  ['A week ago', 7],
  ['Four weeks ago', 28],
  ['A quarter ago', 91],
] as const

function daysAgo(days: number): string {
  return new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10)
}

/** Which moment is looked at. Days are UTC and mean their end. */
export function AsOfPick() {
  const [scope, setScope] = useScope()
  const [open, setOpen] = useState(false)
  const moment = momentOf(scope.asof)
  const take = (asof: string) => {
    setOpen(false)
    setScope({ asof })
  }
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    take(String(new FormData(event.currentTarget).get('day') ?? ''))
  }
  const trigger = (
    <button type="button" data-testid="as-of-pick" className={cx('inline-flex h-8 items-center gap-1.5 rounded-md px-2 text-sm hover:bg-hover', moment && 'bg-amber text-amber-ink')}>
      <History size={14} aria-hidden="true" className="bar:hidden" />
      <span className={cx('max-bar:sr-only', moment ? '' : 'text-faint')}>As of</span>
      <span className={cx('font-medium', moment && 'max-bar:sr-only')}>{moment ? utc(moment).slice(0, 10) : 'now'}</span>
      <ChevronDown size={14} aria-hidden="true" className="shrink-0 text-faint" />
    </button>
  )
  return (
    <Popover trigger={trigger} label="As of" open={open} onOpenChange={setOpen}>
      <ul className="w-56">
        {[['Now', ''] as const, ...back.map(([name, days]) => [name, daysAgo(days)] as const)].map(([name, asof]) => (
          <li key={name}>
            <button type="button" onClick={() => take(asof)} className="flex h-8 w-full items-center justify-between rounded-md px-2 hover:bg-pointed">
              {name}<span className="text-xs text-faint">{asof}</span>
            </button>
          </li>
        ))}
      </ul>
      <form onSubmit={submit} className="mt-1 flex items-end gap-2 border-t border-hairline p-2">
        <label className="grow text-xs text-faint">End of this day, UTC
          <input type="date" name="day" required max={daysAgo(0)} defaultValue={scope.asof.slice(0, 10)} className="field mt-1 w-full" />
        </label>
        <Button type="submit">Go</Button>
      </form>
    </Popover>
  )
}

/** Says that this is the past, on every page, until one returns. */
export function AsOfStrip() {
  const [scope, setScope] = useScope()
  if (scope.asof === '') return null
  const moment = momentOf(scope.asof)
  return (
    <div role="status" data-testid="as-of-strip" className="flex flex-wrap items-center justify-center gap-x-2 border-b border-amber-edge bg-amber px-4 py-1 text-sm text-amber-ink">
      {moment ? <span>You see <b className="font-semibold">{utc(moment)}</b>. Nothing can be changed here.</span> : <span className="foreign">“{scope.asof}” is not a date. You see now.</span>}
      <button type="button" onClick={() => setScope({ asof: '' })} className="target rounded px-1 font-medium underline underline-offset-2">Return to now</button>
    </div>
  )
}
