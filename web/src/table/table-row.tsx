import { memo, type MouseEvent, type ReactNode } from 'react'
import { cx } from '@/lib/class-names'
import type { Column } from './columns'

/** What a row does. It stays the same object, so that rows are not drawn again when only the list around them changes. */
export interface RowActs<R> {
  toggle: (row: R) => void
  open: (row: R, index: number) => void
}

interface Props<R> {
  columns: Column<R>[]
  data: R | undefined
  /** The key of the data; "" while it is on its way. */
  name: string
  index: number
  top: number
  height: number
  template: string
  /** Undefined where rows cannot be chosen. */
  chosen: boolean | undefined
  current: boolean
  opens: boolean
  acts: RowActs<R>
}

/** One row in its place. A row that has not come yet keeps the place. */
function Row<R>({ columns, data, name, index, top, height, template, chosen, current, opens, acts }: Props<R>) {
  const click = (event: MouseEvent<HTMLElement>) => {
    if (!data || (event.target as HTMLElement).closest('a, button, input, label')) return
    acts.open(data, index)
  }
  return (
    <div
      role="row" aria-rowindex={index + 2} aria-selected={chosen} aria-current={current ? 'true' : undefined}
      tabIndex={current ? 0 : -1} data-row={index} data-key={name || undefined} data-testid="row" onClick={click}
      style={{ top: 0, transform: `translateY(${top}px)`, height, gridTemplateColumns: template }}
      className={cx(
        'absolute inset-x-0 grid items-center border-b border-hairline px-2 text-sm -outline-offset-2 contain-strict',
        opens && 'cursor-default', chosen ? 'bg-chosen' : 'hover:bg-hover', current && 'shadow-[inset_2px_0_0_var(--focus)]',
      )}
    >
      {chosen !== undefined && (
        <div role="gridcell" className="flex justify-center">
          {data && <input type="checkbox" tabIndex={-1} checked={chosen} onChange={() => acts.toggle(data)} aria-label={`Select ${name}`} className="size-4 accent-ramp-1" />}
        </div>
      )}
      {columns.map((c) => (
        <div key={c.id} role="gridcell" data-col={c.id} className={cx('min-w-0 overflow-hidden px-2', c.align === 'right' && 'text-right')}>
          {data ? c.cell(data) : <span className="block h-3 w-2/3 rounded bg-sunken" />}
        </div>
      ))}
    </div>
  )
}

export const TableRow = memo(Row) as <R>(props: Props<R>) => ReactNode
