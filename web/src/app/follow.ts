import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { type ServerEvent, useEvents } from '@/api/events'
import { keptLists } from '@/exposures/keep'

/** While much comes in at once, the frame looks again at most this often. */
const breath = 2_000

/** Whether what the server tells means that lists may be different. */
export function moves({ kind, data }: ServerEvent): boolean {
  if (kind === 'job') return data['ended'] === true
  return kind !== 'heartbeat'
}

/**
 * Marks what is kept as old, so that a page that is opened next asks again.
 * Nothing that is on the screen is read again here: rows that move under the
 * cursor are decided by mistake. A page that can follow says so with useEvents;
 * the frame itself follows. The rows of the exposures are read when one asks.
 */
export function markOld(client: QueryClient): void {
  const rows = (key: readonly unknown[]) => keptLists.every((part, i) => key[i] === part)
  const apart = new Set<unknown>(['session', 'frame'])
  void client.invalidateQueries({ predicate: (q) => !rows(q.queryKey) && !apart.has(q.queryKey[0]), refetchType: 'none' })
  void client.invalidateQueries({ queryKey: ['overview'] })
}

/** Runs at once, and again after the breath when it was asked for meanwhile. */
export function gathered(run: () => void, ms = breath): { ask: () => void; stop: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined
  let again = false
  const turn = () => {
    again = false
    run()
    timer = setTimeout(() => {
      timer = undefined
      if (again) turn()
    }, ms)
  }
  return {
    ask: () => {
      again = true
      if (timer === undefined) turn()
    },
    stop: () => clearTimeout(timer),
  }
}

/** Mounted once, in the shell. */
export function useFollow(enabled: boolean): void {
  const client = useQueryClient()
  const turns = useRef<ReturnType<typeof gathered>>(null)
  useEffect(() => {
    const mine = gathered(() => markOld(client))
    turns.current = mine
    return () => mine.stop()
  }, [client])
  useEvents((event) => {
    if (moves(event)) turns.current?.ask()
  }, enabled)
}
