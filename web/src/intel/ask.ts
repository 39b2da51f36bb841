import { useQuery, useQueryClient } from '@tanstack/react-query'
import { answer, api } from '@/api/client'
import { useEvents } from '@/api/events'
import { useAsked } from '@/overview/ask'
import { useKeyset } from '@/table/use-keyset'
import type { Change, Happened } from './model'

const atOnce = 100

export function useNewsList(all: boolean, enabled = true) {
  const asked = useAsked()
  return useKeyset<Change>({
    key: ['intel', 'changes', asked, all],
    enabled,
    load: async (cursor, signal) => {
      const query = { ...asked, limit: atOnce, ...(all ? { all } : {}), ...(cursor ? { cursor } : {}) }
      return answer(await api.GET('/api/v1/intel/changes', { params: { query }, signal }))
    },
  })
}

export function useEventList(enabled: boolean) {
  const { as_of } = useAsked()
  return useKeyset<Happened>({
    key: ['intel', 'events', as_of],
    enabled,
    load: async (cursor, signal) => {
      const query = { as_of, limit: atOnce, ...(cursor ? { cursor } : {}) }
      return answer(await api.GET('/api/v1/intel/events', { params: { query }, signal }))
    },
  })
}

export function useFeeds() {
  return useQuery({ queryKey: ['intel', 'feeds'], queryFn: async ({ signal }) => answer(await api.GET('/api/v1/intel/feeds', { params: { query: {} }, signal })) })
}

export function useFollowIntel(): void {
  const client = useQueryClient()
  useEvents((event) => {
    if (event.kind === 'changed' || event.kind === 'intel' || event.kind === 'poll' || event.kind === 'drill') void client.invalidateQueries({ queryKey: ['intel'] })
  })
}
