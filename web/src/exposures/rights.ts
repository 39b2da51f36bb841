import { useQuery } from '@tanstack/react-query'
import { api } from '@/api/client'
import { useAsOf } from '@/state/view'

interface Session {
  name: string
  role: string
  may: string[]
}

/** Who is signed in, as far as decisions need it. */
export function useSession(): Session | undefined {
  const { data } = useQuery({
    queryKey: ['session'],
    queryFn: async ({ signal }) => {
      const ask = api.GET as unknown as (path: string, init: { signal: AbortSignal }) => Promise<{ data?: Session }>
      return (await ask('/api/v1/session', { signal })).data ?? null
    },
    staleTime: 60_000,
  })
  return data ?? undefined
}

/** Why this person cannot do it here and now; "" when nothing is known to be in the way. The server has the last word. */
export function useRefusal(verb: 'decide' | 'approve' = 'decide'): string {
  const session = useSession()
  const past = useAsOf()
  if (past) return 'You look at the past: return to now to decide.'
  if (session && Array.isArray(session.may) && !session.may.includes(verb)) return `As ${session.role} you may not ${verb}.`
  return ''
}
