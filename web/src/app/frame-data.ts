import { useQuery } from '@tanstack/react-query'
import { answer, api } from '@/api/client'
import type { components } from '@/api/schema'
import type { FrameProps } from '@/frame/frame'
import { plural } from '@/lib/format'
import { useAsked, useOverview } from '@/overview/ask'
import type { Hit } from '@/palette/entries'
import type { Choice } from '@/ui/select'

type FrameData = Pick<FrameProps, 'choices' | 'standing' | 'badges' | 'search' | 'visible'>
type Facets = components['schemas']['Facets']

/** Choices change with the estate, not with each event. */
const choicesKeep = 5 * 60_000
const mostChoices = 200

/**
 * What the frame shows: the choices of the scope, how fresh the picture is,
 * what needs this person. It is the one place that asks for it. The standing is
 * the overview's, under its name, so that the two never disagree.
 */
export function useFrameData(): FrameData {
  const { data } = useOverview()
  const { as_of } = useAsked()
  const at = as_of ? { as_of } : {}
  const products = useQuery({
    queryKey: ['frame', 'products', as_of ?? ''],
    staleTime: choicesKeep,
    queryFn: async ({ signal }) => answer(await api.GET('/api/v1/products', { params: { query: { limit: mostChoices, ...at } }, signal })),
  })
  const facets = useQuery({
    queryKey: ['frame', 'facets', as_of ?? ''],
    staleTime: choicesKeep,
    queryFn: async ({ signal }) => answer(await api.GET('/api/v1/exposures/facets', { params: { query: { keys: 'env,owner', limit: mostChoices, ...at } }, signal })),
  })
  return {
    choices: {
      products: (products.data?.items ?? []).map((p) => ({ value: p.product, label: p.title || p.product })),
      environments: choicesOf(facets.data, 'env'),
      owners: choicesOf(facets.data, 'owner'),
    },
    standing: data?.standing,
    visible: data?.visible,
    badges: badgesOf(data?.standing.stale ?? []),
    search,
  }
}

/** The values of a facet by name, as they are looked for; the facet has them by count. */
export function choicesOf(facets: Facets | undefined, key: string): Choice[] {
  const values = facets?.items.find((f) => f.key === key)?.values ?? []
  return values.map((v) => ({ value: v.value, label: v.label || v.value })).sort((a, b) => a.label.localeCompare(b.label))
}

/** Only what a person has to do something about. */
export function badgesOf(stale: string[]): FrameProps['badges'] {
  return stale.length === 0 ? {} : { '/sources': `${plural(stale.length, 'source')} stale` }
}

async function search(text: string, signal: AbortSignal): Promise<Hit[]> {
  return answer(await api.GET('/api/v1/search', { params: { query: { text } }, signal })).items
}
