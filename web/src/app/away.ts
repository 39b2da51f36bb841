import { type QueryCacheNotifyEvent, type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useState } from 'react'
import { asApiError } from '@/api/problem'

/** The server gives no answer since then; "last" is when it last gave one. */
export interface Away {
  last: Date | null
}

const noAnswer = new Set([0, 502, 504])
/** One lost answer is an accident. */
const certain = 2
/** How often it is tried again by itself. */
const pause = 10_000

/** What an event of the cache says of the server: it answers, it does not, or nothing. */
export function newsOf(event: QueryCacheNotifyEvent): 'answers' | 'away' | null {
  if (event.type !== 'updated') return null
  const { action } = event
  if (action.type === 'success') return action.manual ? null : 'answers'
  if (action.type === 'failed') return noAnswer.has(asApiError(action.error).status) && action.failureCount >= certain ? 'away' : null
  // A refusal is an answer.
  if (action.type === 'error') return noAnswer.has(asApiError(action.error).status) ? 'away' : 'answers'
  return null
}

function askAgain(client: QueryClient): Promise<void> {
  return client.refetchQueries({ type: 'active', predicate: (q) => q.state.status === 'error' || q.state.fetchFailureCount > 0 })
}

/** Whether the server answers, told from what the page asks anyway. */
export function useAway(): { away: Away | null; retry: () => void } {
  const client = useQueryClient()
  const [away, setAway] = useState<Away | null>(null)
  useEffect(() => {
    let last: Date | null = null
    return client.getQueryCache().subscribe((event) => {
      const news = newsOf(event)
      if (news === 'answers') last = new Date()
      if (news === 'away') setAway((was) => was ?? { last })
      if (news === 'answers') setAway(null)
    })
  }, [client])
  const retry = useCallback(() => void client.refetchQueries({ queryKey: ['session'] }), [client])
  const lost = away !== null
  useEffect(() => {
    if (!lost) return
    const timer = setInterval(retry, pause)
    return () => {
      clearInterval(timer)
      // It is back: what failed meanwhile is asked once more.
      void askAgain(client)
    }
  }, [client, lost, retry])
  return { away, retry }
}
