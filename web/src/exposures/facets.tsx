import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ApiError } from '@/api/problem'
import { asApiError } from '@/api/problem'
import { decisionOf, decisionShapes, severityOf, severityShapes } from '@/lib/decision'
import { toggleFacet } from '@/state/query-text'
import { type Facet, FacetPanel } from '@/table/facet-panel'
import { ShapeMark } from '@/ui/mark'
import { ProblemNote } from '@/ui/problem-note'
import { chosenFacet, facetNames, facetsOpenAtFirst, loadFacets, type Question } from './ask'
import { keptCounts } from './keep'

export interface Counted {
  facets: Facet[] | undefined
  total: number | undefined
  busy: boolean
  /** The refusal of the query itself: 400 and its like. */
  refusal: ApiError | null
  error: unknown
  retry: () => void
}

/** The counts of a question. They come with the verdict on whether the query can be read. */
export function useFacets(ask: Question): Counted {
  const { data, error, isPlaceholderData, refetch } = useQuery({
    queryKey: [...keptCounts, 'facets', ask.q, ask.asOf],
    queryFn: ({ signal }) => loadFacets(ask, Object.keys(facetNames), signal),
    placeholderData: keepPreviousData,
  })
  const problem = error ? asApiError(error) : null
  const refusal = problem && (problem.status === 400 || problem.status === 422) ? problem : null
  return { facets: data?.items, total: data?.total, busy: isPlaceholderData && !problem, refusal, error: refusal ? null : error, retry: () => void refetch() }
}

interface Props {
  counted: Counted
  ask: Question
  /** The query of the address, without the scope. */
  q: string
  onQuery: (q: string) => void
}

const decisionColours: Record<string, string> = { act: 'text-act', schedule: 'text-schedule', watch: 'text-watch', none: 'text-none', unknown: 'text-none' }
const severityColours: Record<string, string> = { critical: 'text-act', high: 'text-schedule', medium: 'text-watch', low: 'text-low', none: 'text-none', unknown: 'text-none' }

function mark(key: string, value: string) {
  if (key === 'decision') {
    const decision = decisionOf(value)
    return <ShapeMark shape={decisionShapes[decision]} className={decisionColours[decision] ?? ''} size={12} />
  }
  if (key === 'sev') {
    const severity = severityOf(value)
    return <ShapeMark shape={severityShapes[severity]} className={severityColours[severity] ?? ''} size={12} />
  }
  return null
}

/** The filters beside the list. What is searched for is asked of the server. */
export function Facets({ counted, ask, q, onQuery }: Props) {
  const [search, setSearch] = useState<{ key: string; text: string }>({ key: '', text: '' })
  const found = useQuery({
    queryKey: [...keptCounts, 'facet', ask.q, ask.asOf, search.key, search.text],
    queryFn: ({ signal }) => loadFacets(ask, [`${search.key}:${search.text.replaceAll(',', ' ').trim()}`], signal, 50),
    enabled: search.text.trim() !== '',
    placeholderData: undefined,
  })
  if (counted.error && !counted.facets) return <ProblemNote error={counted.error} what="The filters" onRetry={counted.retry} />
  if (!counted.facets) return <div className="late h-96" aria-hidden="true" />
  const wanted = found.data?.items[0]
  const facets = counted.facets.map((facet) => (wanted && search.text.trim() !== '' && facet.key === search.key ? wanted : facet))
  return (
    <FacetPanel
      facets={facets} names={facetNames} openAtFirst={facetsOpenAtFirst} busy={counted.busy} mark={mark}
      onSearch={(key, text) => setSearch({ key, text })}
      onToggle={(key, value, mode) => onQuery(mode === 'exclude' ? toggleFacet(q, key, value, 'exclude') : chosenFacet(q, key, value))}
    />
  )
}
