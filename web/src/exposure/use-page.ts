import { useQuery } from '@tanstack/react-query'
import { answer, api } from '@/api/client'
import type { components } from '@/api/schema'
import { keptOne } from '@/exposures/keep'
import { useAsOf } from '@/state/view'

export interface Exception {
  state: string
  decision: string
  until: string | null
  by: string
  approved_by?: string
  reason: string
}

type Doc = components['schemas']['ExposurePageDoc']
export type PageDoc = Doc & {
  exposure: { owner?: string; owner_rule?: string; severity?: string; kev?: string; epss?: number | null }
  explanation: { exception?: Exception | null }
}

/** All that the page of an exposure shows, at the moment of the address. */
export function useExposurePage(id: string) {
  const at = useAsOf()
  const asOf = at?.toISOString() ?? ''
  return useQuery({
    queryKey: [...keptOne(id), asOf],
    queryFn: async ({ signal }) => answer(await api.GET('/api/v1/exposures/{id}/page', {
      params: { path: { id }, query: asOf ? { as_of: asOf } : {} }, signal,
    })) as PageDoc,
    placeholderData: (before) => (before?.exposure.id === id ? before : undefined),
  })
}
