import { useQuery } from '@tanstack/react-query'
import { answer, api } from '@/api/client'

/** Who is signed in, and what they may do. */
export function useSession() {
  return useQuery({
    queryKey: ['session'],
    staleTime: 60_000,
    queryFn: async ({ signal }) => answer(await api.GET('/api/v1/session', { signal })),
  })
}
