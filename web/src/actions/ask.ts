import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { answer, api } from '@/api/client'
import { useEvents } from '@/api/events'
import { both, quoted } from '@/state/query-text'
import { useAsOf, useScope } from '@/state/view'
import { useKeyset } from '@/table/use-keyset'
import { scopeWithin } from '@/twin/ask'
import type { Action, ActionDetail, Move } from './model'

/** What the list of actions is asked beside its state. */
export function useActionQuestion(q: string) {
  const [scope] = useScope()
  const at = useAsOf()
  const within = scopeWithin(scope, ['env', 'owner'])
  return { q: both(q.trim(), within.q), asOf: at?.toISOString() ?? '', left: within.left }
}

type Question = ReturnType<typeof useActionQuestion>

/** Actions of one state, or of any, the most urgent first. */
export function useActions({ q, asOf }: Question, state: string, limit: number) {
  const text = both(state === '' ? '' : `state:${quoted(state)}`, q)
  return useKeyset<Action>({
    key: ['actions', text, asOf, limit],
    load: async (cursor, signal) => {
      const query = { limit, ...(text ? { q: text } : {}), ...(asOf ? { as_of: asOf } : {}), ...(cursor ? { cursor } : {}) }
      return answer(await api.GET('/api/v1/actions', { params: { query }, signal }))
    },
  })
}

export function useAction(id: string) {
  const at = useAsOf()
  const asOf = at?.toISOString() ?? ''
  return useQuery({
    queryKey: ['action', id, asOf],
    queryFn: async ({ signal }) => answer(await api.GET('/api/v1/actions/{id}', { params: { path: { id }, query: asOf ? { as_of: asOf } : {} }, signal })) as ActionDetail,
    placeholderData: (before) => (before?.id === id ? before : undefined),
  })
}

export interface Change {
  state?: Move
  owner?: string
  reason?: string
}

/** Changes an action; the lists are read again, whoever shows them. */
export function useChangeAction() {
  const client = useQueryClient()
  return useCallback(async (id: string, change: Change) => {
    const now = answer(await api.PATCH('/api/v1/actions/{id}', { params: { path: { id } }, body: change }))
    client.setQueryData(['action', id, ''], now)
    await Promise.all([client.invalidateQueries({ queryKey: ['actions'] }), client.invalidateQueries({ queryKey: ['action', id] }), client.invalidateQueries({ queryKey: ['audit'] })])
    return now
  }, [client])
}

/** New evidence moves actions: what is shown follows at once. */
export function useFollowActions(): void {
  const client = useQueryClient()
  useEvents((event) => {
    if (event.kind !== 'changed' && event.kind !== 'poll' && event.kind !== 'drill') return
    void client.invalidateQueries({ queryKey: ['actions'] })
    void client.invalidateQueries({ queryKey: ['action'] })
  })
}
