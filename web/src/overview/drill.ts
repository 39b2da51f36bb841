import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { answer, api } from '@/api/client'
import type { components } from '@/api/schema'
import { useSession } from './session'

export type DrillDoc = components['schemas']['Drill']
export type DrillStep = 'ready' | 'published' | 'deployed' | 'verified'

const steps: DrillStep[] = ['ready', 'published', 'deployed', 'verified']

type Told = Pick<DrillDoc, 'step' | 'open'>

/**
 * How far the drill has come. Staged, the fix on its way, counts as published;
 * what was deployed is verified when evidence has closed the last exposure.
 */
export function stepOf(doc: Told | undefined): DrillStep {
  if (doc?.step === 'staged') return 'published'
  if (doc?.step === 'deployed' && doc.open.count === 0) return 'verified'
  return steps.find((s) => s === doc?.step) ?? 'ready'
}

export function isPast(doc: Told | undefined, step: DrillStep): boolean {
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
    // What was begun goes on at the server, whatever became of the answer.
    onError: () => void client.invalidateQueries({ queryKey: ['drill'] }),
  })
}
