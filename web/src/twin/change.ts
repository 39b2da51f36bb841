import { useQuery } from '@tanstack/react-query'
import { answer, api } from '@/api/client'
import { scopeTerms } from '@/exposures/ask'
import { useAsOf, useScope } from '@/state/view'
import type { DiffItem } from './wire'

/** How many came, went and changed. */
export interface Changed {
  added: number
  removed: number
  changed: number
}

export const changeDays = 7

/** "+2 −1 ~4". */
export function changeText({ added, removed, changed }: Changed): string {
  return [added > 0 && `+${added}`, removed > 0 && `−${removed}`, changed > 0 && `~${changed}`].filter(Boolean).join(' ') || 'no change'
}

export function counted(items: DiffItem[]): Changed {
  const of = (change: string) => items.filter((i) => i.change === change).length
  return { added: of('added'), removed: of('removed'), changed: of('changed') }
}

const most = 1000

/** What became different in the days before the moment that is looked at. */
export function useRecent(enabled: boolean, extra = '') {
  const [scope] = useScope()
  const at = useAsOf()
  // To the minute: another question every minute, not with every drawing.
  const to = at ?? new Date(Math.floor(Date.now() / 60_000) * 60_000)
  const from = new Date(to.getTime() - changeDays * 86_400_000)
  const q = [scopeTerms(scope), extra].filter(Boolean).join(' ')
  const query = { from: from.toISOString(), limit: most, ...(q ? { q } : {}), ...(at ? { as_of: at.toISOString() } : {}) }
  return useQuery({ queryKey: ['twin', 'recent', query], enabled, queryFn: async ({ signal }) => answer(await api.GET('/api/v1/twin/diff', { params: { query }, signal })) })
}
