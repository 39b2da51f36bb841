import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { answer, api } from '@/api/client'
import { useMedium } from '@/exposures/use-narrow'
import { both, toggleFacet } from '@/state/query-text'
import { useAsOf, useScope } from '@/state/view'
import { type Facet, FacetPanel } from '@/table/facet-panel'
import { ProblemNote } from '@/ui/problem-note'
import { scopeWithin } from './ask'
import { facetWords } from './words'

const names: Record<string, string> = {
  env: 'Environment', product: 'Product', owner: 'Owner', kind: 'Kind', reachable: 'From the internet', running: 'Running', fresh: 'Evidence', class: 'Known',
  sbom: 'Contents', provenance: 'Built by', source: 'Source',
}
const openAtFirst = ['env', 'product', 'reachable', 'fresh']
const values = 10
const valuesFound = 50

/** What the list of workloads can be narrowed by, counted for this very query. */
export function WorkloadFacets({ q, onQuery }: { q: string; onQuery: (q: string) => void }) {
  const [scope] = useScope()
  const at = useAsOf()
  const medium = useMedium()
  const [search, setSearch] = useState({ key: '', text: '' })
  const text = both(q.trim(), scopeWithin(scope, ['product', 'env', 'owner']).q)
  const asOf = at?.toISOString() ?? ''
  const load = async (keys: string, limit: number, signal: AbortSignal) =>
    answer(await api.GET('/api/v1/workloads/facets', { params: { query: { keys, limit, ...(text ? { q: text } : {}), ...(asOf ? { as_of: asOf } : {}) } }, signal }))
  const all = useQuery({ queryKey: ['twin', 'facets', text, asOf], queryFn: ({ signal }) => load(Object.keys(names).join(','), values, signal), placeholderData: keepPreviousData })
  const wanted = search.text.replaceAll(',', ' ').trim()
  const found = useQuery({ queryKey: ['twin', 'facet', text, asOf, search.key, wanted], queryFn: ({ signal }) => load(`${search.key}:${wanted}`, valuesFound, signal), enabled: wanted !== '' })
  const worded = (f: Facet): Facet => ({ ...f, values: f.values.map((v) => ({ ...v, label: facetWords[f.key]?.[v.value] ?? v.label })) })
  const shown = all.data?.items.map((f) => worded(wanted !== '' && f.key === search.key && found.data?.items[0] ? found.data.items[0] : f))
  if (all.error && !shown) return <ProblemNote error={all.error} what="The filters" onRetry={() => void all.refetch()} />
  const panel = shown ? (
    <FacetPanel facets={shown} names={names} openAtFirst={openAtFirst} busy={all.isPlaceholderData} onSearch={(key, typed) => setSearch({ key, text: typed })}
      onToggle={(key, value, mode) => onQuery(toggleFacet(q, key, value, mode))} />
  ) : <div className="late h-96" aria-hidden="true" />
  return medium ? <details className="mb-2"><summary className="target w-fit text-sm text-link">Narrow the list</summary>{panel}</details> : panel
}
