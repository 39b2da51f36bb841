import { describe, expect, it } from 'vitest'
import { edgeWords, flowGraph, type FlowEdge, type Flows, lookOf, refOf, saysWords } from './model'

const end = (kind: string, scope: string, name: string) => ({ kind, scope, name })
const [cart, front, redis] = [end('Workload', 'prod/shop', 'cart'), end('Workload', 'prod/shop', 'front'), end('DataStore', '', 'redis://cache/0')]
const flow = (from: typeof cart, to: typeof cart, more = {}): FlowEdge => ({ from, to, how: 'observed', denied: false, protocols: ['grpc/7070'], data: [], since: null, seen_at: null, freshness: 'fresh', says: [{ source: 'otlp', how: 'observed', protocol: 'grpc', port: 7070, denied: false, where: [], since: null, seen_at: null, freshness: 'fresh', first_seen: null, calls: 0, bytes: 0 }], ...more })
const doc = { nodes: [cart, front, redis].map((e) => ({ ...e, label: e.name, system: '', data: e === redis ? ['PII'] : [] })), items: [flow(front, cart), flow(cart, redis, { how: 'inferred', data: ['PII'] }), flow(cart, front, { denied: true })] } as unknown as Flows

describe('flows', () => {
  it('go from left to right, also in a circle, with the data at the right', () => {
    const layers = new Map(flowGraph(doc).nodes.map((n) => [n.label, n.layer]))
    expect((layers.get('redis://cache/0') ?? 0) >= Math.max(...layers.values())).toBe(true)
    expect(flowGraph(doc).edges).toHaveLength(3)
  })
  it('say how they are known', () => {
    expect(doc.items.map(lookOf)).toEqual(['observed', 'inferred', 'refused'])
    expect([edgeWords(doc.items[1] as FlowEdge), saysWords(doc.items[0] as FlowEdge)]).toEqual(['talks to, grpc/7070, data: PII', 'observed by otlp'])
  })
  it('know the node of an address, with and without the answer', () => {
    expect([refOf('Workload/prod/shop/cart'), refOf('DataStore//redis://cache/0'), refOf('DataStore//redis://cache/0', doc), refOf('')]).toEqual([cart, redis, redis, null])
  })
})
