import { describe, expect, it } from 'vitest'
import type { Row } from '@/exposures/row'
import type { Workload } from './ask'
import { beyondPage, kindsIn, serviceGraph } from './service-graph'
import type { DiffItem, ThingPage } from './wire'

const workload = { service: 'pay', environment: 'prod', kind: 'Deployment', images: ['r.example/pay:1@sha256:aa'], replicas: 2, running: 'yes', reachable: 'unknown', class: 'observed', sources: ['kube/eu'], freshness: 'fresh', sbom: 'yes', doors: [{ address: 'https://pay.example', public: true }], owner: 'team-pay', owner_rule: '', seen_at: null, since: null } as unknown as Workload
const edge = (rel: string, kind: string, name: string, more = {}) => ({ rel, kind, name, scope: 'prod', label: name, incoming: false, basis: 'observed', source: 'kube/eu', since: null, seen_at: null, detail: '', ...more })
const page = (kind: string, id: string, edges: unknown[], more = {}) => ({ thing: { kind, id, name: id, scope: kind === 'Artifact' ? '' : 'prod' }, edges, artifact: null, ...more }) as unknown as ThingPage
const pages = [page('Workload', 'pay', [
  { title: 'made of', total: 1, items: [edge('runs', 'Artifact', 'sha256:aa')] },
  { title: 'reads', total: 1, items: [edge('reads', 'DataStore', 'postgresql://db/pay', { basis: 'inferred' })] },
  { title: 'talked to by', total: 1, items: [edge('connects-to', 'Workload', 'shop', { incoming: true })] },
])]
const images = [page('Artifact', 'sha256:aa', [{ title: 'made of', total: 2, items: [edge('contains', 'Component', 'pkg:npm/a@1', { label: 'a 1' }), edge('contains', 'Component', 'pkg:npm/b@2', { label: 'b 2' })] }], { artifact: { components: 1206 } })]
const exposures = [{ component: 'pkg:npm/b@2', decision: 'Act now', score: 900, environment: 'prod' }, { component: 'pkg:npm/z@9', decision: 'Watch', score: 400, environment: 'prod' }] as Row[]
const made = (depth: number) => serviceGraph({ service: 'pay', workloads: [workload], pages, images, exposures, depth, lens: 'exposure' })

describe('the picture of a service', () => {
  it('goes from the internet to the data, as far as it is asked', () => {
    expect(made(1).nodes.map((n) => n.label)).toEqual(['pay', 'prod', 'pay.example', 'The internet', 'A door in prod?', 'pay:1'])
    expect(made(2).nodes.map((n) => n.kind)).toContain('Data store')
    expect(made(2).nodes.map((n) => n.label)).not.toContain('shop')
    expect(made(3).nodes.map((n) => n.label)).toContain('shop')
  })
  it('shows what is not known, and what is only inferred', () => {
    const graph = made(2)
    expect(graph.nodes.find((n) => n.label === 'A door in prod?')?.mark).toEqual({ unknown: true })
    expect(graph.edges.find((e) => e.to.includes('DataStore'))?.look).toBe('inferred')
  })
  it('ranks components by what is most urgent, and counts those beyond the page', () => {
    const parts = made(2).nodes.filter((n) => n.kind === 'Component').sort((a, b) => (b.weight ?? 0) - (a.weight ?? 0))
    expect(parts.map((n) => n.label)).toEqual(['b 2', 'z 9', 'a 1'])
    expect(beyondPage(images[0] as ThingPage)).toBe(1204)
  })
  it('marks what came and changed, and draws what is gone', () => {
    const item = (kind: string, id: string, change: string, more = {}) => ({ kind, id, change, scope: kind === 'Workload' ? 'prod' : '', changes: [], ...more }) as unknown as DiffItem
    const changes = [
      item('Workload', 'pay', 'changed', { changes: [{ field: 'containers[0].image', before: 'r.example/pay:0@sha256:00', after: 'r.example/pay:1@sha256:aa' }] }),
      item('Artifact', 'sha256:aa', 'added'), item('Artifact', 'sha256:00', 'removed'), item('Workload', 'pay', 'removed', { scope: 'old' }), item('Workload', 'other', 'removed', { scope: 'old' }),
    ]
    const graph = serviceGraph({ service: 'pay', workloads: [workload], pages, images, exposures, depth: 2, lens: 'change', changes })
    const of = (id: string) => graph.nodes.find((n) => n.id === id)?.mark?.change
    expect([of('Workload/prod/pay'), of('Artifact//sha256:aa'), of('Artifact//sha256:00'), of('Workload/old/pay'), of('Workload/old/other')]).toEqual(['changed', 'added', 'removed', 'removed', undefined])
    expect(graph.edges.find((e) => e.to === 'Artifact//sha256:00')).toMatchObject({ from: 'Workload/prod/pay', words: 'ran before' })
    expect(kindsIn(graph)).toEqual(['DataStore'])
  })
  it('leads every edge from a node to a node', () => {
    const graph = made(3)
    const ids = new Set(graph.nodes.map((n) => n.id))
    expect(graph.edges.filter((e) => !ids.has(e.from) || !ids.has(e.to))).toEqual([])
  })
})
