import { count } from '@/lib/format'
import type { Sheet } from '@/lib/download'

interface Props {
  sheet: Sheet
  caption: string
}

/** The same items as a picture, as a plain table. */
export function SheetTable({ sheet, caption }: Props) {
  return (
    <div className="overflow-x-auto" role="region" aria-label={caption} tabIndex={0}>
      <table className="w-full text-sm" data-testid="sheet" data-rows={sheet.rows.length}>
        <caption className="sr-only">{caption}</caption>
        <thead>
          <tr className="border-b border-edge text-left text-xs text-faint">
            {sheet.head.map((name, i) => <th key={i} scope="col" className="py-1.5 pr-4 font-medium">{name}</th>)}
          </tr>
        </thead>
        <tbody>
          {sheet.rows.map((row, i) => (
            <tr key={i} className="border-b border-hairline last:border-0">
              {row.map((cell, j) => (
                <td key={j} className={`py-1.5 pr-4 foreign ${typeof cell === 'number' ? 'text-right' : ''}`}>
                  {typeof cell === 'number' ? (Number.isInteger(cell) ? count(cell) : String(cell)) : (cell ?? '–')}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
