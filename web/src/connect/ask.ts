import { useQuery } from '@tanstack/react-query'
import { answer, api } from '@/api/client'
import type { components } from '@/api/schema'
import { plainly } from '@/login/enter'
import { type ClusterSeen, clusterSource, clusterState } from './cluster'

export type ReceiptStatus = components['schemas']['ReceiptStatus']
export type FirstRunStep = components['schemas']['FirstRunStep']

const asIs = { bodySerializer: (body: unknown) => body as BodyInit }

async function saying<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    throw new Error(plainly(error), { cause: error })
  }
}

/** Sends a bill of materials; the receipt later tells what it opened. */
export function sendSbom(text: string, artifact: string): Promise<ReceiptStatus> {
  return saying(async () => answer(await api.POST('/api/v1/evidence/sboms', {
    params: { query: artifact === '' ? {} : { artifact } }, body: text as never, ...asIs, headers: { 'Content-Type': 'application/octet-stream' },
  })))
}

export interface Place {
  environment: string
  source: string
}

export function sendDeployments(text: string, place: Place): Promise<ReceiptStatus> {
  return saying(async () => answer(await api.POST('/api/v1/evidence/deployments', {
    params: { query: { ...(place.environment ? { environment: place.environment } : {}), ...(place.source ? { source: place.source } : {}) } },
    body: text as never, ...asIs, headers: { 'Content-Type': 'application/octet-stream' },
  })))
}

export function sendScope(text: string) {
  return saying(async () => answer(await api.PUT('/api/v1/scope', { body: text as never, ...asIs, headers: { 'Content-Type': 'application/yaml' } })))
}

const days = 86_400_000

/** A token that may append for one source and read nothing; its secret is shown once. */
export function makeToken(source: string) {
  return saying(async () => answer(await api.POST('/api/v1/tokens', {
    body: { name: `${source}, made on the connect page`, role: 'source', source, expires: new Date(Date.now() + 90 * days).toISOString() },
  })))
}

/** What became of a receipt: asked until it is computed. */
export function useReceipt(first: ReceiptStatus | null) {
  return useQuery({
    queryKey: ['receipt', first?.id ?? ''],
    enabled: first !== null,
    initialData: first ?? undefined,
    initialDataUpdatedAt: 0,
    placeholderData: undefined,
    queryFn: async ({ signal }) => answer(await api.GET('/api/v1/receipts/{id}', { params: { path: { id: first?.id ?? '' } }, signal })),
    refetchInterval: (query) => (query.state.data?.state === 'computed' ? false : 1_000),
  })
}

const lookAgain = 2_000

/** How far a cluster is, asked again until the contents of all that runs are known. */
export function useCluster(cluster: string) {
  const q = `source:${clusterSource(cluster)}`
  return useQuery({
    queryKey: ['cluster', cluster],
    queryFn: async ({ signal }): Promise<ClusterSeen> => {
      const count = (query: string) => api.GET('/api/v1/workloads', { params: { query: { q: query, limit: 1 } }, signal })
      const [all, known, found] = await Promise.all([count(q), count(`${q} sbom:yes`), api.GET('/api/v1/exposures', { params: { query: { q, limit: 1 } }, signal })])
      const seen = { workloads: answer(all).total, known: answer(known).total, exposures: answer(found).total, registries: true, trouble: [] as string[] }
      if (seen.workloads > 0 && seen.workloads === seen.known) return seen
      const sources = answer(await api.GET('/api/v1/twin/coverage', { signal })).sources
      const registries = sources.filter((s) => s.kind === 'registry')
      const told = seen.workloads === 0 ? sources.filter((s) => s.source === clusterSource(cluster)) : registries
      return { ...seen, registries: registries.length > 0, trouble: told.flatMap((s) => s.trouble.map((t) => `${s.source}: ${t.where}: ${t.reason}`)) }
    },
    refetchInterval: (query) => (query.state.data && clusterState(query.state.data) === 'known' ? false : lookAgain),
  })
}
