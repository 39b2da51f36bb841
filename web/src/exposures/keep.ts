import type { QueryClient } from '@tanstack/react-query'
import type { components } from '@/api/schema'
import type { RowPage } from '@/table/use-rows'
import type { Row } from './row'

/** The names under which exposures are kept in this browser. */
export const keptLists = ['exposures', 'list'] as const
export const keptCounts = ['exposures', 'counts'] as const
export const keptOne = (id: string) => ['exposure', id] as const

export type Detail = components['schemas']['ExposureDetail']

/**
 * Puts what became of an exposure into the lists that show it. The row stays
 * where it is, even where it no longer belongs, so that nothing moves under the
 * cursor; the counts are asked for again.
 */
export function putDetail(client: QueryClient, detail: Detail): void {
  client.setQueriesData<RowPage<Row>>({ queryKey: keptLists }, (page) => {
    if (!page?.rows.some((row) => row.id === detail.id)) return page
    return { ...page, rows: page.rows.map((row) => (row.id === detail.id ? { ...row, ...onlyRow(detail) } : row)) }
  })
  void client.invalidateQueries({ queryKey: keptOne(detail.id) })
}

/** A detail without what a list does not have. */
function onlyRow(detail: Detail): Row {
  const copy: Partial<Detail> = { ...detail }
  delete copy.instances
  delete copy.doors
  delete copy.history
  return copy as Row
}

export function recount(client: QueryClient): void {
  void client.invalidateQueries({ queryKey: keptCounts })
}

/** The row of an id, when any list has it. */
export function keptRow(client: QueryClient, id: string): Row | undefined {
  for (const [, page] of client.getQueriesData<RowPage<Row>>({ queryKey: keptLists })) {
    const found = page?.rows?.find((row) => row.id === id)
    if (found) return found
  }
  return undefined
}
