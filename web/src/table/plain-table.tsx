import type { ReactNode } from 'react'
import { cx } from '@/lib/class-names'
import { useNarrow } from '@/exposures/use-narrow'

/** A column of a short list. The first one names the row. */
export interface PlainColumn<R> {
  id: string
  head: string
  align?: 'left' | 'right'
  /** Takes the room that is left. */
  grow?: boolean
  cell: (row: R) => ReactNode
}

interface Props<R> {
  label: string
  columns: PlainColumn<R>[]
  rows: R[]
  rowKey: (row: R) => string
  busy?: boolean
  /** Marks a row for tests and for the eye. */
  state?: (row: R) => string
  testId?: string
}

/** A list that needs no window: a table, and cards where the screen is a phone's. */
export function PlainTable<R>(props: Props<R>) {
  return useNarrow() ? <Cards {...props} /> : <Lines {...props} />
}

function Lines<R>({ label, columns, rows, rowKey, busy = false, state, testId }: Props<R>) {
  return (
    <div className="overflow-x-auto" role="region" aria-label={label} tabIndex={0}>
      <table className={cx('w-full text-sm', busy && 'opacity-60')} aria-busy={busy} data-testid={testId} data-total={rows.length}>
        <caption className="sr-only">{label}</caption>
        <thead>
          <tr className="border-b border-edge text-xs text-faint">
            {columns.map((c) => (
              <th key={c.id} scope="col" className={cx('px-3 py-2 font-medium whitespace-nowrap first:pl-4 last:pr-4', c.align === 'right' ? 'text-right' : 'text-left', c.grow && 'w-1/2')}>{c.head}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)} data-testid="row" data-key={rowKey(row)} data-state={state?.(row)} className="border-b border-hairline last:border-0 hover:bg-hover">
              {columns.map((c, i) => {
                const look = cx('px-3 py-1.5 align-middle first:pl-4 last:pr-4', c.align === 'right' ? 'text-right' : 'min-w-24')
                return i === 0
                  ? <th key={c.id} scope="row" data-col={c.id} className={cx(look, 'min-w-44 text-left font-medium')}>{c.cell(row)}</th>
                  : <td key={c.id} data-col={c.id} className={look}>{c.cell(row)}</td>
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Cards<R>({ label, columns, rows, rowKey, busy = false, state, testId }: Props<R>) {
  const [first, ...rest] = columns
  return (
    <ul aria-label={label} aria-busy={busy} data-testid={testId} data-total={rows.length} className={cx(busy && 'opacity-60')}>
      {rows.map((row) => (
        <li key={rowKey(row)} data-testid="row" data-key={rowKey(row)} data-state={state?.(row)} className="border-b border-hairline px-4 py-2.5 last:border-0">
          <div className="text-sm font-medium">{first?.cell(row)}</div>
          <dl className="mt-1 grid grid-cols-[8rem_minmax(0,1fr)] gap-x-3 gap-y-0.5 text-sm">
            {rest.map((c) => (
              <div key={c.id} data-col={c.id} className="contents">
                <dt className="py-0.5 text-xs text-faint">{c.head}</dt>
                <dd className="min-w-0">{c.cell(row)}</dd>
              </div>
            ))}
          </dl>
        </li>
      ))}
    </ul>
  )
}
