import { useQuery } from '@tanstack/react-query'
import { answer, api } from '@/api/client'
import type { components } from '@/api/schema'
import { scopeTerms } from '@/exposures/ask'
import { both } from '@/state/query-text'
import type { Scope } from '@/state/search'
import { useAsOf, useScope } from '@/state/view'
import { type KeysetPage, useKeyset } from '@/table/use-keyset'

type Schemas = components['schemas']
export type Workload = Schemas['Workload']
export type Artifact = Schemas['Artifact']
export type Component = Schemas['Component']
export type Service = Schemas['Service']
export type Matrix = Schemas['Matrix']
export type MatrixRow = Schemas['MatrixRow']
export type MatrixCell = Schemas['MatrixCell']

/** Part of the scope bar that a list understands. */
export type ScopePart = 'product' | 'env' | 'owner'

/** The scope as far as a list takes it, and what of it had to be left out. */
export function scopeWithin(scope: Scope, takes: readonly ScopePart[]): { q: string; left: ScopePart[] } {
  const kept = { product: '', env: '', owner: '' }
  const left: ScopePart[] = []
  for (const key of ['product', 'env', 'owner'] as const) {
    if (scope[key] === '') continue
    if (takes.includes(key)) kept[key] = scope[key]
    else left.push(key)
  }
  return { q: scopeTerms(kept), left }
}

export const pageSize = 200

interface Params {
  q?: string
  as_of?: string
  cursor?: string
  limit: number
}

type Kind = 'workloads' | 'artifacts' | 'components'

/** What each list understands of the scope bar. */
const whole: readonly ScopePart[] = ['product', 'env', 'owner']
const understands: Record<Kind | 'services', readonly ScopePart[]> = { workloads: whole, services: whole, artifacts: whole, components: whole }

type Load<R> = (query: Params, signal: AbortSignal) => Promise<KeysetPage<R>>

/** A list of the twin: its own text, the scope bar and the moment. */
function useTwinList<R>(kind: Kind, q: string, load: Load<R>) {
  const [scope] = useScope()
  const at = useAsOf()
  const within = scopeWithin(scope, understands[kind])
  const text = both(q.trim(), within.q)
  const asOf = at?.toISOString() ?? ''
  const list = useKeyset<R>({
    key: ['twin', kind, text, asOf],
    load: (cursor, signal) => load({ limit: pageSize, ...(text ? { q: text } : {}), ...(asOf ? { as_of: asOf } : {}), ...(cursor ? { cursor } : {}) }, signal),
  })
  return { list, left: within.left, text, asOf }
}

export function useWorkloads(q: string) {
  return useTwinList<Workload>('workloads', q, async (query, signal) => answer(await api.GET('/api/v1/workloads', { params: { query }, signal })))
}

export function useArtifacts(q: string) {
  return useTwinList<Artifact>('artifacts', q, async (query, signal) => answer(await api.GET('/api/v1/artifacts', { params: { query }, signal })))
}

export function useComponents(q: string) {
  return useTwinList<Component>('components', q, async (query, signal) => answer(await api.GET('/api/v1/components', { params: { query }, signal })))
}

/** Services have no pages: the server gives as many as it may. */
export function useServices(q: string) {
  const [scope] = useScope()
  const at = useAsOf()
  const within = scopeWithin(scope, understands.services)
  const text = both(q.trim(), within.q)
  const query = { limit: 1000, ...(text ? { q: text } : {}), ...(at ? { as_of: at.toISOString() } : {}) }
  const asked = useQuery({
    queryKey: ['twin', 'services', query],
    queryFn: async ({ signal }) => answer(await api.GET('/api/v1/services', { params: { query }, signal })),
  })
  return { asked, left: within.left }
}

/** Services by environments, a page of services at a time. */
export function useMatrix(q: string) {
  const [scope] = useScope()
  const at = useAsOf()
  const text = both(q.trim(), scopeTerms(scope))
  const asOf = at?.toISOString() ?? ''
  const list = useKeyset<MatrixRow & { environments: string[] }>({
    key: ['twin', 'matrix', text, asOf],
    load: async (cursor, signal) => {
      const query = { limit: 50, ...(text ? { q: text } : {}), ...(asOf ? { as_of: asOf } : {}), ...(cursor ? { cursor } : {}) }
      const doc = answer(await api.GET('/api/v1/matrix', { params: { query }, signal }))
      return { items: doc.rows.map((row) => ({ ...row, environments: doc.environments })), total: doc.total, next: doc.next, as_of: doc.as_of }
    },
  })
  return list
}
