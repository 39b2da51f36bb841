import { useQuery } from '@tanstack/react-query'
import { answer, api } from '@/api/client'
import { scopeTerms } from '@/exposures/ask'
import { count } from '@/lib/format'
import { useAsOf, useScope, useView } from '@/state/view'
import type { Change } from '@/graph/model'
import type { Diff, DiffItem } from './wire'

/** How many came, went and changed. */
export interface Changed {
  added: number
  removed: number
  changed: number
}

const days = [1, 7, 30, 90]
export const sinceChoices = days.map((n) => ({ value: String(n), label: n === 1 ? 'since a day ago' : `since ${n} days ago` }))

/** How many days back the lens of change looks: kept in the address. */
export function useSince(): [number, (days: string) => void] {
  const [view, set] = useView({ since: '7' })
  return [days.find((n) => String(n) === view.since) ?? 7, (since) => set({ since })]
}

/** "of 7 days, the first 1,000 of 1,204". */
export function recentWords(since: number, doc: Diff | undefined): string {
  return `${since === 1 ? 'of one day' : `of ${since} days`}${doc?.truncated ? `, the first ${count(doc.items.length)} of ${count(doc.total)}` : ''}`
}

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
  const [since] = useSince()
  // To the minute: another question every minute, not with every drawing.
  const to = at ?? new Date(Math.floor(Date.now() / 60_000) * 60_000)
  const from = new Date(to.getTime() - since * 86_400_000)
  const q = [scopeTerms(scope), extra].filter(Boolean).join(' ')
  const query = { from: from.toISOString(), limit: most, ...(q ? { q } : {}), ...(at ? { as_of: at.toISOString() } : {}) }
  return useQuery({ queryKey: ['twin', 'recent', query], enabled, queryFn: async ({ signal }) => answer(await api.GET('/api/v1/twin/diff', { params: { query }, signal })) })
}

export type Changes = ReadonlyMap<string, Change>

/** What became of each thing, by what edges call it. */
export function changesOf(items: DiffItem[]): Changes {
  return new Map(items.map((i) => [`${i.kind}/${i.scope}/${i.id}`, i.change as Change]))
}
