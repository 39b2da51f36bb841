import { answer, api } from '@/api/client'
import type { components } from '@/api/schema'
import { both, quoted, terms } from '@/state/query-text'
import type { Scope } from '@/state/search'
import type { RowPage } from '@/table/use-rows'
import type { Row } from './row'

export type Facets = components['schemas']['Facets']
export type Group = components['schemas']['Group']

/** What a list is asked: the question of the address with the scope of the bar. */
export interface Question {
  q: string
  sort: string
  /** RFC 3339, or "" for now. */
  asOf: string
}

/** The order of a list that is not told one: the most urgent first. */
export const defaultSort = '-decision,-score'

/** The scope of the bar as terms of a query. */
export function scopeTerms(scope: Pick<Scope, 'product' | 'env' | 'owner'>): string {
  const parts = [['product', scope.product], ['env', scope.env], ['owner', scope.owner]] as const
  return parts.filter(([, value]) => value !== '').map(([key, value]) => `${key}:${value.split(',').map(quoted).join(',')}`).join(' ')
}

export function question(q: string, sort: string, scope: Scope, at: Date | null): Question {
  return { q: both(q.trim(), scopeTerms(scope)), sort, asOf: at ? at.toISOString() : '' }
}

/** As parameters of the API: what is empty stays away. */
export function asked({ q, sort, asOf }: Question): { q?: string; sort?: string; as_of?: string } {
  return { ...(q ? { q } : {}), ...(sort ? { sort } : {}), ...(asOf ? { as_of: asOf } : {}) }
}

export interface ListPage extends RowPage<Row> {
  asOf: string
}

export async function loadWindow(ask: Question, offset: number, limit: number, signal?: AbortSignal): Promise<ListPage> {
  const list = answer(await api.GET('/api/v1/exposures/window', {
    params: { query: { ...asked(ask), offset, limit } }, ...(signal ? { signal } : {}),
  }))
  return { rows: list.items, total: list.total, asOf: list.as_of }
}

/** The facets of the list, in their order; the first few stand open. */
export const facetNames: Record<string, string> = {
  decision: 'Decision', sla: 'Deadline', reach: 'Reachable', exploit: 'Exploitable', kev: 'Known exploited', attack: 'Attack seen here', env: 'Environment', owner: 'Owner',
  product: 'Product', service: 'Service', fix: 'Fix', running: 'Running', matters: 'Matters', sev: 'Severity', age: 'Age', data: 'Data',
  source: 'Source', state: 'State',
}
export const facetsOpenAtFirst = ['decision', 'sla', 'reach', 'kev', 'env', 'owner']

export async function loadFacets(ask: Question, keys: string[], signal: AbortSignal, limit = 10): Promise<Facets> {
  return answer(await api.GET('/api/v1/exposures/facets', {
    params: { query: { ...asked({ ...ask, sort: '' }), keys: keys.join(','), limit } }, signal,
  }))
}

export const groupings = [
  ['fix', 'Fix'], ['weakness', 'Weakness'], ['service', 'Service'], ['owner', 'Owner'], ['environment', 'Environment'], ['product', 'Product'],
] as const
export type Grouping = (typeof groupings)[number][0]

export function groupingOf(text: string): Grouping | null {
  return groupings.find(([key]) => key === text)?.[0] ?? null
}

export interface View {
  id: string
  name: string
  q: string
  /** What it means that there is nothing: the work is done, or there is no match. */
  nothing: string
}

/** The views that are built in. The first one has the clean address. */
export const views: View[] = [
  { id: 'all', name: 'All', q: '', nothing: 'Nothing is exposed now.' },
  { id: 'act', name: 'Act now', q: 'decision:act', nothing: 'Nothing to act on now.' },
  { id: 'triage', name: 'To triage', q: 'is:new decision:act,schedule', nothing: 'Nothing new to triage.' },
  { id: 'new', name: 'New this week', q: 'is:new', nothing: 'Nothing new this week.' },
  { id: 'unowned', name: 'No owner', q: 'is:unowned', nothing: 'Everything has an owner.' },
  { id: 'reach', name: 'Unknown reachability', q: 'reach:unknown', nothing: 'The reachability of everything is known.' },
  { id: 'fix', name: 'Fix available', q: 'fix:yes', nothing: 'Nothing waits for a fix that exists.' },
  { id: 'regressed', name: 'Regressed', q: 'is:regressed', nothing: 'Nothing came back after a fix.' },
  { id: 'late', name: 'Late', q: 'is:late', nothing: 'Nothing is late.' },
  { id: 'excepted', name: 'Excepted', q: 'is:excepted', nothing: 'Nothing is excepted.' },
]

/** The view that this query is, whatever the order of its terms. */
export function viewOf(q: string): View | undefined {
  const same = (text: string) => terms(text).sort().join(' ')
  return views.find((v) => same(v.q) === same(q))
}

/** Other names of the facets' keys in the query language. */
const otherNames: Record<string, string[]> = {
  env: ['environment'], sev: ['severity'], service: ['svc'], state: ['is'],
}

export type Choice = 'only' | 'more' | 'exclude'

/**
 * A click on a value of a facet. "only" puts the value in place of the query's
 * own terms of the key, so that the number beside it is the number of rows that
 * come; the value alone again takes it away.
 */
export function chosenFacet(q: string, key: string, value: string): string {
  const heads = [key, ...(key === 'state' ? [] : (otherNames[key] ?? []))].flatMap((name) => [`${name}:`, `-${name}:`])
  const own = (term: string) => heads.some((head) => term.toLowerCase().startsWith(head))
  const word = `${key}:${quoted(value)}`
  const all = terms(q)
  const mine = all.filter(own)
  const rest = all.filter((term) => !own(term))
  if (mine.length === 1 && mine[0] === word) return rest.join(' ')
  return [...rest, word].join(' ')
}
