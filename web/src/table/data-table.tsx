import { type ReactNode, useEffect, useLayoutEffect, useMemo, useRef } from 'react'
import { cx } from '@/lib/class-names'
import { useRowHeight } from '@/state/preferences'
import type { Column } from './columns'
import { TableHead } from './table-head'
import { type RowActs, TableRow } from './table-row'
import { recall, useRemembered, useTopWhenNew } from './remember'
import { useListKeys } from './list-keys'
import { useWindow } from './use-window'

export interface DataTableProps<R> {
  /** What the rows are, read aloud: "Exposures". */
  label: string
  columns: Column<R>[]
  total: number
  row: (index: number) => R | undefined
  rowKey: (row: R) => string
  /** Told which rows are in sight: useRows().see. */
  onSight?: (first: number, last: number) => void
  sort?: string
  onSort?: (sort: string) => void
  /** Which row has the cursor. */
  current: number
  onCurrent: (index: number) => void
  /** Enter and o; a click on a row. */
  onOpen?: (row: R) => void
  /** Shift-Enter. */
  onOpenPage?: (row: R) => void
  /** Chosen rows, by key. Without it there are no tick boxes. */
  chosen?: ReadonlySet<string>
  onChosen?: (chosen: ReadonlySet<string>) => void
  /** More keys on the row under the cursor: 1 to 4, a. */
  rowKeys?: Record<string, (row: R, index: number) => void>
  /** Escape, after the choice was cleared. */
  onEscape?: () => void
  busy?: boolean
  /** Shown in place of rows when there are none. */
  empty?: ReactNode
  /** Lines of a row: two give room for a second, smaller one. */
  lines?: 1 | 2
  /** Name for keeping scroll and cursor over Back: useHistoryKey(). */
  memory?: string
  /** Names the rows: query, sort, scope. When it changes, the list begins at its top. */
  rowsOf?: string
  className?: string
}

/** How much higher a row of two lines is. */
const secondLine = 16

/**
 * A list of any length in a window of its own. The server sorts and filters;
 * here are only the rows in sight, the one with the cursor, and their number.
 */
export function DataTable<R>(props: DataTableProps<R>) {
  const { label, columns, total, row, rowKey, onSight, current, busy = false, lines = 1, memory = '' } = props
  const scroller = useRef<HTMLDivElement>(null)
  const height = useRowHeight() + (lines - 1) * secondLine
  const body = useRef<HTMLDivElement>(null)
  const { indexes, first, last, show } = useWindow({ scroller, body, total, height, hold: current, start: recall(memory)?.top ?? 0 })
  useEffect(() => onSight?.(first, last), [onSight, first, last])
  useRemembered(memory, scroller, current)
  useTopWhenNew(props.rowsOf ?? '', scroller, props.onCurrent)
  const acts = useActs(props, useListKeys(props, show, scroller))
  const template = [props.chosen ? '2.25rem' : '', ...columns.map((c) => c.width)].join(' ')
  return (
    <div
      ref={scroller} data-testid="table-scroller"
      className={cx('relative min-h-0 grow overflow-auto rounded-xl border border-edge bg-surface', props.className)}
    >
      <div
        role="grid" aria-label={label} aria-rowcount={total + 1} aria-colcount={columns.length + (props.chosen ? 1 : 0)}
        aria-busy={busy} aria-multiselectable={props.chosen ? true : undefined} data-total={total} className="min-w-max"
      >
        <TableHead {...props} template={template} />
        <div ref={body} role="rowgroup" className={cx('relative', busy && 'opacity-55')} style={{ height: total * height }}>
          {indexes.map((index) => {
            const data = row(index)
            const name = data ? rowKey(data) : ''
            return (
              <TableRow
                key={name || `wait-${index}`} columns={columns} data={data} name={name} index={index} top={index * height} height={height} template={template}
                chosen={props.chosen?.has(name)} current={current === index} opens={props.onOpen !== undefined} acts={acts}
              />
            )
          })}
        </div>
      </div>
      {total === 0 && props.empty}
    </div>
  )
}


/** What rows do, always the same object: it asks the table as it is when something is done. */
function useActs<R>(props: DataTableProps<R>, focusRow: (index: number) => void): RowActs<R> {
  const table = useRef({ props, focusRow })
  useLayoutEffect(() => {
    table.current = { props, focusRow }
  })
  return useMemo(() => ({
    toggle: (row) => {
      const { chosen, onChosen, rowKey } = table.current.props
      const next = new Set(chosen)
      if (!next.delete(rowKey(row))) next.add(rowKey(row))
      onChosen?.(next)
    },
    open: (row, index) => {
      table.current.focusRow(index)
      table.current.props.onOpen?.(row)
    },
  }), [])
}
