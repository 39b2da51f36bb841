import { useQuery, useQueryClient } from '@tanstack/react-query'
import { answer, api } from '@/api/client'
import { useEvents } from '@/api/events'
import { paths } from '@/app/paths'
import type { Search } from '@/state/search'
import { useAsOf } from '@/state/view'
import type { ThingPage } from '@/twin/wire'

/** Something in the twin as edges name it. */
export interface Ref {
  kind: string
  scope: string
  name: string
}

/** The page of it: where it is stands in the search. */
export function pageOf(ref: Ref): { to: string; search: Search } {
  if (ref.kind === 'Product') return { to: paths.product(ref.name), search: {} }
  return { to: paths.thing(ref.kind, ref.name), search: ref.scope === '' ? {} : { in: ref.scope } }
}

export function refKey(ref: Ref): string {
  return `${ref.kind}/${ref.scope}/${ref.name}`
}

/** One question for a thing, wherever it is asked. */
export function thingQuery(ref: Ref, at: Date | null) {
  const query = { ...(ref.scope ? { scope: ref.scope } : {}), ...(at ? { as_of: at.toISOString() } : {}) }
  return {
    queryKey: ['twin', 'thing', ref.kind, ref.name, query],
    queryFn: async ({ signal }: { signal: AbortSignal }): Promise<ThingPage> => answer(await api.GET('/api/v1/twin/things/{kind}/{id}', { params: { path: { kind: ref.kind, id: ref.name }, query }, signal })),
  }
}

export function useThing(ref: Ref) {
  return useQuery(thingQuery(ref, useAsOf()))
}

/** What the server learns of the twin shows by itself. */
export function useFollowTwin(): void {
  const client = useQueryClient()
  useEvents((event) => {
    if (event.kind === 'changed' || event.kind === 'poll') void client.invalidateQueries({ queryKey: ['twin'] })
  })
}
