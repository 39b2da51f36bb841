import { type QueryKey, useQueries } from '@tanstack/react-query'
import { useMemo, useRef, useState } from 'react'

export interface RowPage<R> {
  rows: R[]
  total: number
}

interface Options<R> {
  /** Names the list: everything that changes its rows (query, sort, scope). */
  key: QueryKey
  /** Rows from "first" on, at most "limit". */
  load: (first: number, limit: number, signal: AbortSignal) => Promise<RowPage<R>>
  limit?: number
}

export interface Rows<R> {
  total: number
  /** Undefined while that row is on its way. */
  row: (index: number) => R | undefined
  /** Tell which rows are in sight. */
  see: (first: number, last: number) => void
  /** No row has come yet. */
  loading: boolean
  /** Rows of the former query are shown. */
  busy: boolean
  error: unknown
  retry: () => void
}

interface Held<R> {
  name: string
  total: number
  pages: Map<number, R[]>
}

/**
 * A long list, loaded in pages as they come into sight. When its key changes,
 * the old rows stay until the first new ones are there, so nothing jumps.
 */
export function useRows<R>({ key, load, limit = 100 }: Options<R>): Rows<R> {
  const name = JSON.stringify(key)
  const [sight, setSight] = useState({ name, first: 0, last: 0 })
  const shown = sight.name === name ? sight : { name, first: 0, last: 0 }
  const from = Math.floor(shown.first / limit)
  const to = Math.floor(shown.last / limit)
  const numbers = Array.from({ length: to - from + 1 }, (_, i) => from + i)
  const results = useQueries({
    queries: numbers.map((n) => ({
      queryKey: [...key, 'rows', n, limit],
      queryFn: ({ signal }: { signal: AbortSignal }) => load(n * limit, limit, signal),
      placeholderData: undefined,
    })),
  })
  const held = useRef<Held<R>>({ name: '', total: 0, pages: new Map() })
  // Reading and writing here is on purpose: what is held is a cache of what was
  // shown, and a render that is thrown away leaves nothing wrong in it.
  const now = keep(held.current, name, numbers, results.map((r) => r.data))
  held.current = now
  const failed = results.find((r) => r.error && !r.data)
  return useMemo(
    () => ({
      total: now.total,
      row: (i: number) => now.pages.get(Math.floor(i / limit))?.[i % limit],
      see: (first: number, last: number) =>
        setSight((was) => (was.name === name && was.first === first && was.last === last ? was : { name, first, last })),
      loading: now.name === '' && !failed,
      busy: now.name !== name && !failed,
      error: failed?.error ?? null,
      retry: () => void failed?.refetch(),
    }),
    [now, name, limit, failed],
  )
}

function keep<R>(held: Held<R>, name: string, numbers: number[], pages: (RowPage<R> | undefined)[]): Held<R> {
  const come = numbers.flatMap((n, i) => (pages[i] ? [{ n, page: pages[i] }] : []))
  if (come.length === 0) return held
  const same = held.name === name
  if (same && come.every(({ n, page }) => held.pages.get(n) === page.rows && held.total === page.total)) return held
  const next = new Map(same ? held.pages : [])
  for (const { n, page } of come) next.set(n, page.rows)
  return { name, total: come.at(-1)?.page.total ?? 0, pages: next }
}
