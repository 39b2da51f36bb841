import { useQuery, useQueryClient } from '@tanstack/react-query'
import { answer, api } from '@/api/client'
import { useEvents } from '@/api/events'
import { useAsOf } from '@/state/view'
import { useKeyset } from '@/table/use-keyset'
import type { Receipt } from './model'

export function useSourceList() {
  const at = useAsOf()
  const query = { limit: 1000, ...(at ? { as_of: at.toISOString() } : {}) }
  return useQuery({ queryKey: ['sources', query], queryFn: async ({ signal }) => answer(await api.GET('/api/v1/sources', { params: { query }, signal })) })
}

/** Told of the whole estate, and so only to those who see all of it. */
export function useCoverage(enabled: boolean) {
  const at = useAsOf()
  const query = at ? { as_of: at.toISOString() } : {}
  return useQuery({ queryKey: ['sources', 'coverage', query], enabled, queryFn: async ({ signal }) => answer(await api.GET('/api/v1/measures/coverage', { params: { query }, signal })) })
}

const receiptsAtOnce = 30

export function useReceipts() {
  return useKeyset<Receipt>({
    key: ['sources', 'receipts'],
    load: async (cursor, signal) => answer(await api.GET('/api/v1/receipts', { params: { query: { limit: receiptsAtOnce, ...(cursor ? { cursor } : {}) } }, signal })),
  })
}

/** What it opened and closed is told by the receipt itself. */
export function useReceipt(id: string, enabled: boolean) {
  return useQuery({ queryKey: ['sources', 'receipt', id], enabled, queryFn: async ({ signal }) => answer(await api.GET('/api/v1/receipts/{id}', { params: { path: { id } }, signal })) })
}

export function useFollowSources(): void {
  const client = useQueryClient()
  useEvents((event) => {
    if (event.kind === 'changed' || event.kind === 'poll') void client.invalidateQueries({ queryKey: ['sources'] })
  })
}
