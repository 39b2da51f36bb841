import { useQuery } from '@tanstack/react-query'
import { answer, api } from '@/api/client'
import { quoted } from '@/state/query-text'
import { useAsOf } from '@/state/view'
import type { Proof, ThingPage } from '@/twin/wire'
import type { Ref } from './ask'

const most = 200

/** What is asked of proofs: those of a place, at a time. */
function useOf(enabled: boolean, where: { service: string; environment: string }) {
  const at = useAsOf()
  const query = { service: where.service, q: `env:${quoted(where.environment)}`, limit: most, ...(at ? { as_of: at.toISOString() } : {}) }
  const doors = useQuery({ queryKey: ['twin', 'doors', query], enabled, queryFn: async ({ signal }) => answer(await api.GET('/api/v1/twin/doors', { params: { query }, signal })) })
  const facts = useQuery({ queryKey: ['twin', 'facts', query], enabled, queryFn: async ({ signal }) => answer(await api.GET('/api/v1/twin/facts', { params: { query }, signal })) })
  return { doors, facts }
}

/** Under which account something runs, or which one it is; null where that is not known. */
export function accountOf(page: ThingPage): Ref & { named: boolean } | null {
  const { thing, workload } = page
  if (thing.kind === 'ServiceAccount') return { kind: thing.kind, scope: thing.scope, name: thing.id || thing.name, named: true }
  if (!workload) return null
  const edge = page.edges.flatMap((g) => g.items).find((e) => e.rel === 'runs-as' && !e.incoming && e.kind === 'ServiceAccount')
  if (edge) return { kind: edge.kind, scope: edge.scope, name: edge.name, named: true }
  // Pods that name none run as the one that every namespace has.
  return workload.namespace && workload.kind !== 'Record' ? { kind: 'ServiceAccount', scope: thing.scope, name: `${workload.namespace}/default`, named: false } : null
}

/** The proof about an account: it stands in the environment of its workloads, or in their cluster. */
export function accessOf(account: Ref, list: Proof[]): Proof | undefined {
  return list.find((p) => p.environment === account.scope) ?? list.find((p) => account.scope.startsWith(`${p.environment}/`))
}

/** All that was worked out of what a page is about; its panels come together, so that nothing of it moves. */
export function useProofs(page: ThingPage | undefined) {
  const at = useAsOf()
  const workload = page?.workload ?? null
  const { doors, facts } = useOf(workload !== null, { service: workload?.service ?? '', environment: workload?.environment ?? '' })
  const account = page ? accountOf(page) : null
  const query = { account: account?.name ?? '', limit: most, ...(at ? { as_of: at.toISOString() } : {}) }
  const access = useQuery({ queryKey: ['twin', 'access', query], enabled: account !== null, queryFn: async ({ signal }) => answer(await api.GET('/api/v1/twin/access', { params: { query }, signal })) })
  return { doors, facts, access, account, waiting: doors.isLoading || facts.isLoading || access.isLoading }
}

export type Proofs = ReturnType<typeof useProofs>

/** "Ingress/shop/front" and "ClusterRole viewer" as what edges call them. */
export function refIn(text: string, scope: string): Ref | null {
  const cut = /^([A-Z][A-Za-z]+)[/ ]([^ ]+)/.exec(text)
  return cut ? { kind: cut[1] ?? '', scope, name: cut[2] ?? '' } : null
}

const kindsOfPods = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job', 'CronJob', 'Pod'])

/** Where the page of something on a path is; pods stand on the page that one is on. */
export function pagedIn(text: string, scope: string): Ref | null {
  const ref = refIn(text, scope)
  return ref && !kindsOfPods.has(ref.kind) ? ref : null
}

/** The proof of a door: its address with what opens it is what it is about. */
export function proofOf(door: { address: string; via?: string }, list: Proof[]): Proof | undefined {
  return list.find((p) => p.about === `${door.address}${door.via ? ` by ${door.via}` : ''}`)
}

export const verdictWords: Record<string, string> = { 'policy-allowed': 'Let in', 'policy-denied': 'Shut by policy', unknown: 'Not known', yes: 'Yes', no: 'No' }
