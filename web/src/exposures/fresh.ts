import { useCallback, useRef, useState } from 'react'
import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { type ServerEvent, useEvents } from '@/api/events'
import type { RowPage } from '@/table/use-rows'
import { keptLists, recount } from './keep'
import type { Row } from './row'

/** How long after a change of one's own the news of it is no news. */
const ownEcho = 5_000

/** Which reading of the lists is shown. It outlives the page, so that Back finds the same rows. */
let reading = { number: 0, at: 0 }
const oldAfter = 60_000

function readAgain(client: QueryClient): number {
  reading = { number: reading.number + 1, at: Date.now() }
  client.removeQueries({ queryKey: keptLists, type: 'inactive' })
  return reading.number
}

/** Whether the server has other rows now than those that are shown. */
async function isOther(client: QueryClient): Promise<boolean> {
  for (const query of client.getQueryCache().findAll({ queryKey: keptLists, type: 'active' })) {
    const { queryFn } = query.options
    if (typeof queryFn !== 'function' || query.state.data === undefined) continue
    const context = { client, queryKey: query.queryKey, meta: query.meta, signal: new AbortController().signal }
    const now: unknown = await Promise.resolve(queryFn(context)).catch(() => query.state.data)
    if (rowsIn(now) !== rowsIn(query.state.data)) return true
  }
  return false
}

/** What of a page of rows is news when it is another. */
export function rowsIn(page: unknown): string {
  const { total, rows } = page as RowPage<Row>
  return JSON.stringify([total, rows.map((r) => [r.id, r.state, r.decision, r.score, r.owner, r.deadline, r.treatment])])
}

export interface News {
  /** Part of the key of the list: another number reads all rows again. */
  reading: number
  /** Exposures that began since the list was read; 0 with "moved": something else changed. */
  fresh: number
  moved: boolean
  show: () => void
  /** This person has changed something: what the server tells now is known here. */
  own: () => void
}

/**
 * The list does not follow the server by itself: rows that move under the cursor
 * are decided by mistake. It says that there is something new, and waits.
 */
export function useNews(enabled: boolean): News {
  const client = useQueryClient()
  const [number, setNumber] = useState(() => {
    // Rows are read once, and again when they are asked for.
    client.setQueryDefaults(keptLists, { staleTime: Infinity })
    return Date.now() - reading.at > oldAfter ? readAgain(client) : reading.number
  })
  const [news, setNews] = useState({ fresh: 0, moved: false })
  const mine = useRef(0)
  const revision = useRef('')
  const hear = useCallback(({ kind, data }: ServerEvent) => {
    if (kind === 'heartbeat' || kind === 'job') return
    if (kind === 'poll') {
      // The line was opened again, as it is every few minutes: that alone is no news.
      void isOther(client).then((other) => {
        if (!other) return
        recount(client)
        setNews((was) => ({ ...was, moved: true }))
      })
      return
    }
    const told = data['revision']
    if (typeof told === 'string' && told === revision.current) return
    if (typeof told === 'string') revision.current = told
    const begun = typeof data['new'] === 'number' ? data['new'] : 0
    recount(client)
    if (begun === 0 && Date.now() - mine.current < ownEcho) return
    setNews((was) => ({ fresh: was.fresh + begun, moved: true }))
  }, [client])
  useEvents(hear, enabled)
  const show = useCallback(() => {
    setNews({ fresh: 0, moved: false })
    setNumber(readAgain(client))
    recount(client)
  }, [client])
  const own = useCallback(() => {
    mine.current = Date.now()
  }, [])
  return { reading: number, ...news, show, own }
}
