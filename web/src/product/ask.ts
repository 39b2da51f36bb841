import { useQuery } from '@tanstack/react-query'
import { answer, api } from '@/api/client'
import type { components } from '@/api/schema'
import { useAsked } from '@/overview/ask'
import { useAsOf } from '@/state/view'

export type ProductRow = components['schemas']['Product']
export type ProductDoc = components['schemas']['ProductDetail']
export type MatrixCell = components['schemas']['MatrixCell']

export function useProducts() {
  const query = { ...useAsked(), limit: 200 }
  return useQuery({
    queryKey: ['products', query],
    queryFn: async ({ signal }) => answer(await api.GET('/api/v1/products', { params: { query }, signal })),
  })
}

export function useProduct(id: string) {
  const at = useAsOf()
  const query = at ? { as_of: at.toISOString() } : {}
  return useQuery({
    queryKey: ['product', id, query],
    queryFn: async ({ signal }) => answer(await api.GET('/api/v1/products/{id}', { params: { path: { id }, query }, signal })),
  })
}

/** The most exposed first; by name where they are equal. */
export function worstFirst(products: ProductRow[]): ProductRow[] {
  return [...products].sort((a, b) => b.act_now.count - a.act_now.count || b.score - a.score || a.product.localeCompare(b.product))
}

const tiers = ['', 'tier 1, lowest', 'tier 2', 'tier 3', 'tier 4', 'tier 5, highest']

/** How much it matters, as the scope says it. */
export function tierWords(tier: number): string {
  return tiers[tier] || 'no tier said'
}

/** The band of a score, which never stands without its word. */
export function bandWords(score: number): string {
  if (score >= 850) return 'Act now'
  if (score >= 700) return 'Schedule'
  return score >= 500 ? 'Watch' : 'No action'
}
