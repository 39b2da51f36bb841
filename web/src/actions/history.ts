import { useQuery } from '@tanstack/react-query'
import { answer, api } from '@/api/client'
import type { TimelineEvent } from '@/evidence/timeline'
import { useSession } from '@/overview/session'
import { type ActionDetail, stateWords } from './model'

/** What people have done to the action, for those who may read the log. */
export function useActionLog(id: string) {
  const { data } = useSession()
  const may = data?.may.includes('read-audit') ?? false
  const log = useQuery({
    queryKey: ['audit', 'action', id],
    enabled: may,
    queryFn: async ({ signal }) => answer(await api.GET('/api/v1/audit', { params: { query: { object: id, limit: 100 } }, signal })),
  })
  return { may, log }
}

interface Entry {
  at: string
  actor: string
  verb: string
  reason?: string
  outcome?: string
}

/** The course of the action, from its creation to what is ahead. */
export function historyOf(action: ActionDetail, entries: Entry[]): TimelineEvent[] {
  const out: TimelineEvent[] = []
  if (action.created_at) out.push({ at: action.created_at, kind: 'planned', words: 'Planned by the rules' })
  for (const e of entries) {
    const refused = e.outcome && e.outcome !== 'ok' && e.outcome !== 'done' ? ` (${e.outcome})` : ''
    out.push({ at: e.at, kind: 'ruled', words: `${e.verb}${e.reason ? `: ${e.reason}` : ''}${refused}`, by: e.actor })
  }
  if (action.changed_at && action.changed_at !== action.created_at) {
    const words = stateWords[action.state] ?? action.state
    out.push({ at: action.changed_at, kind: action.state, words: action.reason ? `${words}: ${action.reason}` : `${words}, last change` })
  }
  if (action.due && action.state !== 'verified' && action.state !== 'rejected') out.push({ at: action.due, kind: 'due', words: 'Due' })
  return out
}
