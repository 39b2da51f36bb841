import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { answer, api } from '@/api/client'
import type { components } from '@/api/schema'
import { useSession } from './session'

export type DrillDoc = components['schemas']['Drill']
export type DrillStep = 'ready' | 'published' | 'deployed' | 'verified'

const steps: DrillStep[] = ['ready', 'published', 'deployed', 'verified']

/** How far the drill has come; "staged", the fix on its way, counts as published. */
export function stepOf(doc: Pick<DrillDoc, 'step'> | undefined): DrillStep {
  const step = doc?.step === 'staged' ? 'published' : doc?.step
  return steps.find((s) => s === step) ?? 'ready'
}

export function isPast(doc: Pick<DrillDoc, 'step'> | undefined, step: DrillStep): boolean {
  return steps.indexOf(stepOf(doc)) >= steps.indexOf(step)
}

/** "412 ms", "1.4 s". */
export function tookWords(ms: number): string {
  return ms < 1000 ? `${Math.max(1, Math.round(ms))} ms` : `${(ms / 1000).toFixed(1)} s`
}

const whileItMoves = 1_000

/** The drill as the server has it: so it survives a reload, and two people see the same. */
export function useDrill() {
  const demo = useSession().data?.demo === true
  return useQuery({
    queryKey: ['drill'],
    enabled: demo,
    queryFn: async ({ signal }) => answer(await api.GET('/api/v1/drill', { signal })),
    refetchInterval: (query) => {
      const step = stepOf(query.state.data)
      return step === 'published' || step === 'deployed' ? whileItMoves : false
    },
  })
}

const doors = {
  publish: '/api/v1/drill/publication',
  deploy: '/api/v1/drill/deployment',
  reset: '/api/v1/drill/reset',
} as const
export type Move = keyof typeof doors

/** Moves the drill on; then everything that is shown is asked again. */
export function useMove() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async (move: Move) => answer(await api.POST(doors[move], {})),
    onSuccess: async (doc) => {
      client.setQueryData(['drill'], doc)
      await client.invalidateQueries()
    },
  })
}
