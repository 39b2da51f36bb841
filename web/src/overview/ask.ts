import { useQuery, useQueryClient } from '@tanstack/react-query'
import { answer, api } from '@/api/client'
import { useEvents } from '@/api/events'
import type { components } from '@/api/schema'
import { scopeTerms } from '@/exposures/ask'
import { useAsOf, useScope } from '@/state/view'

export type OverviewDoc = components['schemas']['Overview']
export type Change = components['schemas']['Change']
export type Source = components['schemas']['Source']
export type Link = components['schemas']['Link']
export type Session = components['schemas']['Session']

/** The scope of the bar as the API takes it: a query and a moment. */
export function useAsked(): { q?: string; as_of?: string } {
  const [scope] = useScope()
  const at = useAsOf()
  const q = scopeTerms(scope)
  return { ...(q ? { q } : {}), ...(at ? { as_of: at.toISOString() } : {}) }
}

export function useOverview() {
  const query = useAsked()
  return useQuery({
    queryKey: ['overview', query],
    queryFn: async ({ signal }) => answer(await api.GET('/api/v1/overview', { params: { query }, signal })),
  })
}

/** The sources on their own, so that they still show when the numbers do not. */
export function useSources() {
  const { as_of } = useAsked()
  return useQuery({
    queryKey: ['sources', 'overview', as_of ?? ''],
    queryFn: async ({ signal }) => answer(await api.GET('/api/v1/sources', { params: { query: { limit: 200, ...(as_of ? { as_of } : {}) } }, signal })),
  })
}

export function useFirstRun(enabled = true) {
  return useQuery({
    queryKey: ['first-run'],
    enabled,
    queryFn: async ({ signal }) => answer(await api.GET('/api/v1/first-run', { signal })),
  })
}

/** Asks these again when the server says that something changed. */
export function useLive(...names: string[]): void {
  const client = useQueryClient()
  useEvents((event) => {
    if (event.kind !== 'changed' && event.kind !== 'poll' && event.kind !== 'drill') return
    for (const name of names) void client.invalidateQueries({ queryKey: [name] })
  })
}
