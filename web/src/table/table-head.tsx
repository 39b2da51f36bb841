import { ArrowDown, ArrowUp } from 'lucide-react'
import { cx } from '@/lib/class-names'
import { type Column, direction, nextSort } from './columns'
import type { DataTableProps } from './data-table'

type Props<R> = DataTableProps<R> & { template: string }

/** The head stays in sight. Sorting is asked of the server. */
export function TableHead<R>({ columns, template, chosen, onChosen, total, row, rowKey, sort = '', onSort }: Props<R>) {
  const loaded = () => Array.from({ length: total }, (_, i) => row(i)).filter((r) => r !== undefined).map((r) => rowKey(r))
  const all = chosen !== undefined && chosen.size > 0
  return (
    <div role="rowgroup" className="sticky top-0 z-10 border-b border-edge bg-surface">
      <div role="row" aria-rowindex={1} className="grid h-9 items-center px-2" style={{ gridTemplateColumns: template }}>
        {chosen && (
          <div role="columnheader" className="flex justify-center">
            <input type="checkbox" aria-label={all ? 'Clear the selection' : 'Select all loaded rows'} checked={all} className="size-4 accent-ramp-1"
              onChange={() => onChosen?.(new Set(all ? [] : loaded()))} />
          </div>
        )}
        {columns.map((c) => <HeadCell key={c.id} column={c} sort={sort} {...(onSort ? { onSort } : {})} />)}
      </div>
    </div>
  )
}

function HeadCell<R>({ column, sort, onSort }: { column: Column<R>; sort: string; onSort?: (sort: string) => void }) {
  const towards = direction(sort, column.sort)
  const Sign = towards === 'ascending' ? ArrowUp : ArrowDown
  const look = cx('flex min-w-0 px-2 text-xs font-medium text-faint', column.align === 'right' && 'justify-end')
  if (column.sort === undefined || !onSort) {
    return <div role="columnheader" title={column.name} className={look}><span className="truncate">{column.head}</span></div>
  }
  const key = column.sort
  return (
    <div role="columnheader" aria-sort={towards} className={look}>
      <button type="button" title={`Sort by ${column.name}`} onClick={() => onSort(nextSort(sort, key))}
        className={cx('target min-w-6 gap-1 rounded hover:text-ink', towards !== 'none' && 'text-ink')}>
        <span className="truncate">{column.head}</span>
        {towards !== 'none' && <Sign size={12} aria-hidden="true" />}
      </button>
    </div>
  )
}
