import type { ReactNode } from 'react'

/** A column of a list. Its id is what the address and the saved view keep. */
export interface Column<R> {
  id: string
  /** The head. Short; the whole name goes into title. */
  head: ReactNode
  /** The whole name: for the menu of columns and as the title of the head. */
  name: string
  /** As CSS grid takes it: "7rem", "minmax(16rem, 1fr)". */
  width: string
  align?: 'left' | 'right'
  /** The key of the server's sort; without it the column does not sort. */
  sort?: string
  /** Whether it shows at first. */
  shown?: boolean
  /** Whether it can be hidden. */
  fixed?: boolean
  cell: (row: R) => ReactNode
}

/** The columns of a list in "cols=a,b" of the address; empty means those that show at first. */
export function shownColumns<R>(columns: Column<R>[], cols: string): Column<R>[] {
  if (cols === '') return columns.filter((c) => c.fixed || c.shown !== false)
  const wanted = new Set(cols.split(','))
  return columns.filter((c) => c.fixed || wanted.has(c.id))
}

/** The address's word for one column more or less; empty again when it is the first set. */
export function toggledColumns<R>(columns: Column<R>[], cols: string, id: string): string {
  const now = new Set(shownColumns(columns, cols).map((c) => c.id))
  if (!now.delete(id)) now.add(id)
  const next = columns.filter((c) => !c.fixed && now.has(c.id)).map((c) => c.id)
  const first = columns.filter((c) => !c.fixed && c.shown !== false).map((c) => c.id)
  if (next.join() === first.join()) return ''
  return next.join(',') || '-'
}

/** What a click on a head asks for: first descending for numbers, then turned round. */
export function nextSort(sort: string, key: string): string {
  return sort === `-${key}` ? key : `-${key}`
}

export function direction(sort: string, key: string | undefined): 'ascending' | 'descending' | 'none' {
  const first = sort.split(',')[0] ?? ''
  if (key === undefined) return 'none'
  if (first === key) return 'ascending'
  return first === `-${key}` ? 'descending' : 'none'
}
