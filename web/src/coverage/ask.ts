import { useQuery } from '@tanstack/react-query'
import { answer, api } from '@/api/client'
import { useAsOf } from '@/state/view'

/** What the twin rests on, source by source. */
export function useTwinCoverage() {
  const at = useAsOf()
  const query = at ? { as_of: at.toISOString() } : {}
  return useQuery({ queryKey: ['sources', 'twin-coverage', query], queryFn: async ({ signal }) => answer(await api.GET('/api/v1/twin/coverage', { params: { query }, signal })) })
}
