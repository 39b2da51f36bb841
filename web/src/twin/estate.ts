import { useQuery } from '@tanstack/react-query'
import { scopeTerms } from '@/exposures/ask'
import { type Decision } from '@/lib/decision'
import { useAsOf, useScope } from '@/state/view'
import { answer, api } from '@/api/client'
import type { Tree, TreeNode } from './wire'

const mostServices = 1000

/** Products with what runs in them. */
export function useEstate() {
  const [scope] = useScope()
  const at = useAsOf()
  const q = scopeTerms(scope)
  const query = { limit: mostServices, ...(q ? { q } : {}), ...(at ? { as_of: at.toISOString() } : {}) }
  return useQuery({ queryKey: ['twin', 'tree', query], queryFn: async ({ signal }) => answer(await api.GET('/api/v1/twin/tree', { params: { query }, signal })) })
}

export function productsOf(doc: Tree | undefined): TreeNode[] {
  return (doc?.nodes ?? []).filter((n) => n.depth === 0).sort((a, b) => b.workloads - a.workloads || a.label.localeCompare(b.label))
}

/** The most urgent decision below a node. */
export function worstBelow(node: TreeNode): Decision {
  const e = node.exposures
  if (!e) return 'unknown'
  if (e.act.count > 0) return 'act'
  if (e.schedule.count > 0) return 'schedule'
  if (e.watch.count > 0) return 'watch'
  return e.undecided.count > 0 ? 'unknown' : 'none'
}

export function liveBelow(node: TreeNode): number {
  const e = node.exposures
  return e ? e.act.count + e.schedule.count + e.watch.count + e.none.count + e.undecided.count : 0
}

/** What a product is called; the services of none stand together. */
export const nameOf = (n: TreeNode) => n.label || n.id || 'no product'

export function estateSheet(products: TreeNode[]) {
  return {
    head: ['product', 'owner', 'services', 'workloads', 'blind', 'act', 'schedule', 'watch', 'none', 'undecided', 'freshness'],
    rows: products.map((n) => [nameOf(n), n.owner, n.services, n.workloads, n.blind, n.exposures?.act.count ?? null, n.exposures?.schedule.count ?? null, n.exposures?.watch.count ?? null, n.exposures?.none.count ?? null, n.exposures?.undecided.count ?? null, n.freshness]),
  }
}
