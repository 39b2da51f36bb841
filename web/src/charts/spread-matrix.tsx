import type { ReactNode } from 'react'
import { cx } from '@/lib/class-names'

export interface SpreadRow<C> {
  name: string
  /** The name as a link, when it is one. */
  head?: ReactNode
  cells: C[]
}

interface Props<C> {
  /** What the table is about: "Where CVE-2021-44228 is". */
  label: string
  rowsAre: string
  columns: string[]
  rows: SpreadRow<C>[]
  cell: (cell: C, row: string, column: string) => ReactNode
  /** What the marks mean. */
  legend?: ReactNode
}

/** Services by environments. The first column stays while the others scroll. */
export function SpreadMatrix<C>({ label, rowsAre, columns, rows, cell, legend }: Props<C>) {
  return (
    <div data-chart="spread-matrix">
      <div className="relative overflow-x-auto" role="region" aria-label={label} tabIndex={0}>
        <table className="w-full border-separate border-spacing-0 text-sm">
          <caption className="sr-only">{label}</caption>
          <thead>
            <tr>
              <th scope="col" className="sticky left-0 z-1 bg-surface py-1.5 pr-4 text-left text-xs font-medium text-faint">{rowsAre}</th>
              {columns.map((name) => <th key={name} scope="col" className="px-3 py-1.5 text-left text-xs font-medium whitespace-nowrap text-faint">{name}</th>)}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.name} className="group">
                <th scope="row" className="sticky left-0 z-1 max-w-56 truncate border-t border-hairline bg-surface py-1 pr-4 text-left font-medium group-hover:bg-hover">{row.head ?? row.name}</th>
                {row.cells.map((c, i) => (
                  <td key={columns[i] ?? i} className={cx('h-9 border-t border-hairline px-3 py-1 whitespace-nowrap group-hover:bg-hover')}>{cell(c, row.name, columns[i] ?? '')}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {legend && <div className="mt-2 text-xs text-faint">{legend}</div>}
    </div>
  )
}
