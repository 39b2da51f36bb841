import type { MouseEvent } from 'react'
import { cx } from '@/lib/class-names'
import type { DataTableProps } from './data-table'

interface Props<R> {
  table: DataTableProps<R>
  data: R | undefined
  index: number
  top: number
  height: number
  template: string
  onFocusRow: (index: number) => void
}

/** One row in its place. A row that has not come yet keeps the place. */
export function TableRow<R>({ table, data, index, top, height, template, onFocusRow }: Props<R>) {
  const { columns, chosen, onChosen, rowKey, current, onOpen } = table
  const key = data ? rowKey(data) : ''
  const isChosen = chosen?.has(key) ?? false
  const isCurrent = current === index
  const toggle = () => {
    const next = new Set(chosen)
    if (!next.delete(key)) next.add(key)
    onChosen?.(next)
  }
  const click = (event: MouseEvent<HTMLElement>) => {
    if (!data || (event.target as HTMLElement).closest('a, button, input, label')) return
    onFocusRow(index)
    onOpen?.(data)
  }
  return (
    <div
      role="row" aria-rowindex={index + 2} aria-selected={chosen ? isChosen : undefined} aria-current={isCurrent ? 'true' : undefined}
      tabIndex={isCurrent ? 0 : -1} data-row={index} data-key={key || undefined} data-testid="row" onClick={click}
      style={{ top, height, gridTemplateColumns: template }}
      className={cx(
        'absolute inset-x-0 grid items-center border-b border-hairline px-2 text-sm -outline-offset-2',
        onOpen && 'cursor-default', isChosen ? 'bg-chosen' : 'hover:bg-hover', isCurrent && 'shadow-[inset_2px_0_0_var(--focus)]',
      )}
    >
      {chosen && (
        <div role="gridcell" className="flex justify-center">
          {data && <input type="checkbox" tabIndex={-1} checked={isChosen} onChange={toggle} aria-label={`Select ${key}`} className="size-4 accent-ramp-1" />}
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
