import { useQuery } from '@tanstack/react-query'
import { answer, api } from '@/api/client'
import type { components } from '@/api/schema'
import type { Row } from '@/exposures/row'
import { quoted } from '@/state/query-text'

export type AffectedDoc = Omit<components['schemas']['Affected'], 'items'> & { items: Row[] }
export type Workload = components['schemas']['Workload']

/** Rows of one answer; what is left out is said, with a link to the whole list. */
export const rowsShown = 200

/** The answer about one thing at one moment; null is now. It is about everything: the scope does not narrow it. */
export function useAffected(what: string, at: Date | null, enabled = true) {
  const query = { what, limit: rowsShown, ...(at ? { as_of: at.toISOString() } : {}) }
  return useQuery({
    queryKey: ['affected', query],
    enabled: enabled && what !== '',
    placeholderData: undefined,
    queryFn: async ({ signal }) => answer(await api.GET('/api/v1/affected', { params: { query }, signal })) as AffectedDoc,
  })
}

/** The services of the answer wherever they run: where they are not affected counts too. */
export function useWorkloads(services: string[], at: Date | null) {
  const query = { q: `service:${services.map(quoted).join(',')}`, limit: 500, ...(at ? { as_of: at.toISOString() } : {}) }
  return useQuery({
    queryKey: ['workloads', 'affected', query],
    enabled: services.length > 0 && services.length <= 100,
    queryFn: async ({ signal }) => answer(await api.GET('/api/v1/workloads', { params: { query }, signal })),
  })
}
