import { type QueryKey, useInfiniteQuery } from '@tanstack/react-query'
import { useCallback, useMemo } from 'react'

/** One page of a list that is read from its beginning on. */
export interface KeysetPage<R> {
  items: R[]
  total: number
  next: string | null
  as_of?: string
}

interface Options<R> {
  key: QueryKey
  load: (cursor: string | undefined, signal: AbortSignal) => Promise<KeysetPage<R>>
  enabled?: boolean
}

/** How many rows before the end of what is there the next page is asked for. */
const ahead = 40
/** Grey rows at the end, that say that there is more. */
const waiting = 8

/**
 * A list whose pages follow each other: the server knows only what comes next,
 * so the window grows as it is scrolled. Fits into DataTable.
 */
export function useKeyset<R>({ key, load, enabled = true }: Options<R>) {
  const asked = useInfiniteQuery({
    queryKey: [...key, 'keyset'],
    enabled,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) => load(pageParam, signal),
    getNextPageParam: (page: KeysetPage<R>) => page.next ?? undefined,
  })
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = asked
  const pages = asked.data?.pages
  const items = useMemo(() => pages?.flatMap((p) => p.items) ?? [], [pages])
  const total = asked.data?.pages.at(-1)?.total ?? 0
  const loaded = items.length
  const see = useCallback(
    (_first: number, last: number) => {
      if (last >= loaded - ahead && hasNextPage && !isFetchingNextPage) void fetchNextPage()
    },
    [loaded, hasNextPage, isFetchingNextPage, fetchNextPage],
  )
  return {
    items,
    total,
    loaded,
    /** Rows of the table: what is there, and a few that are on their way. */
    rows: hasNextPage ? Math.min(Math.max(total, loaded + 1), loaded + waiting) : loaded,
    see,
    more: hasNextPage ? () => void fetchNextPage() : undefined,
    loading: asked.isLoading,
    busy: asked.isPlaceholderData,
    fetching: isFetchingNextPage,
    error: asked.error,
    asOf: asked.data?.pages[0]?.as_of ?? null,
    retry: () => void asked.refetch(),
  }
}

export type Keyset<R> = ReturnType<typeof useKeyset<R>>
