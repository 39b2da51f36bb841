import { useQuery } from '@tanstack/react-query'
import { answer, api } from '@/api/client'
import type { components } from '@/api/schema'
import { Account } from '@/frame/account'
import type { FrameProps } from '@/frame/frame'
import type { Standing } from '@/frame/freshness'
import { useLive, useOverview } from '@/overview/ask'
import { DrillStrip } from '@/overview/drill-strip'
import { useSession } from '@/overview/session'
import type { Choice } from '@/ui/select'
import { paths } from './paths'

type FrameData = Omit<FrameProps, 'children'>
type Facets = components['schemas']['Facets']

const most = 200

/** The names that exposures have: what can be chosen is what is there. */
function useChoices() {
  return useQuery({
    queryKey: ['scope-choices'],
    staleTime: 60_000,
    queryFn: async ({ signal }) => answer(await api.GET('/api/v1/exposures/facets', { params: { query: { keys: 'product,env,owner', limit: most } }, signal })),
  })
}

function choicesOf(facets: Facets | undefined, key: string): Choice[] {
  const values = facets?.items.find((f) => f.key === key)?.values ?? []
  return values.map((v) => ({ value: v.value, label: v.value === 'none' ? 'none' : v.label || v.value }))
}

function badgesOf(standing: Standing | undefined): Record<string, string> {
  return standing && standing.stale.length > 0 ? { [paths.sources]: 'stale' } : {}
}

async function search(text: string, signal: AbortSignal) {
  if (text.trim() === '') return []
  return answer(await api.GET('/api/v1/search', { params: { query: { text } }, signal })).items
}

/**
 * What the frame shows: the choices of the scope, how fresh the picture is,
 * what needs this person. It is the one place that asks for it.
 */
export function useFrameData(): FrameData {
  const session = useSession().data
  const standing = useOverview().data?.standing
  const facets = useChoices().data
  useLive('overview', 'drill')
  return {
    choices: { products: choicesOf(facets, 'product'), environments: choicesOf(facets, 'env'), owners: choicesOf(facets, 'owner') },
    standing,
    badges: badgesOf(standing),
    search,
    account: session && <Account session={session} />,
    strip: <DrillStrip />,
  }
}
