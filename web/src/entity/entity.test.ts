import { describe, expect, it } from 'vitest'
import type { Workload } from '@/twin/ask'
import type { Proof } from '@/twin/wire'
import { rightWords } from './access'
import { pageOf } from './ask'
import { doorsOf, doorsTitle } from './doors'
import { lookOf } from './hardening'
import { accessOf, accountOf, pagedIn } from './proofs'
import { countedKind, shortId, titleOf } from './words'

describe('pages of things', () => {
  it('have addresses that hold any id', () => {
    expect(pageOf({ kind: 'DataStore', scope: 'prod', name: 'postgresql://db/orders' })).toEqual({ to: '/twin/DataStore/postgresql:%2F%2Fdb%2Forders', search: { in: 'prod' } })
    expect(pageOf({ kind: 'Product', scope: '', name: 'pay' }).to).toBe('/products/pay')
  })
  it('have names that people can read', () => {
    expect(shortId(`r.example/a@sha256:${'ab'.repeat(32)}`)).toBe('r.example/a@sha256:abababababab…')
    expect([countedKind(4, 'Workload'), countedKind(1, 'ServiceAccount'), countedKind(2, 'NetworkPolicy'), countedKind(2, 'API')]).toEqual(['4 workloads', '1 service account', '2 network policies', '2 APIs'])
    expect(titleOf({ thing: { id: 'pkg:npm/a@1' }, artifact: null, component: { name: 'a', version: '1' } } as never)).toBe('a 1')
  })
})

const proof = (more: object) => ({ id: 'PRF-1', verdict: 'unknown', why: '', about: '', environment: 'prod', check: 'door', sources: [], inputs: [], ...more }) as unknown as Proof

describe('doors', () => {
  const doors = [{ address: 'shop.example/', via: 'Ingress/shop/shop', public: true }, { address: 'old.example', public: false }]
  const workload = { doors, reachable: 'yes', environment: 'prod' } as unknown as Workload
  it('have the verdict that was worked out of each, and are not known without one', () => {
    const told = doorsOf(workload, [proof({ about: 'shop.example/ by Ingress/shop/shop', verdict: 'policy-denied' })])
    expect(told.map((d) => d.proof?.verdict)).toEqual(['policy-denied', undefined])
    expect(doorsTitle(told, 'yes')).toBe('2 doors, 1 from the internet: 1 shut by policy, 1 not known')
  })
  it('stay in sight where only a proof speaks of them', () => {
    expect(doorsOf({ ...workload, doors: [] }, [proof({ about: 'x:1', verdict: 'policy-allowed', public: true })])).toMatchObject([{ address: 'x:1', public: true }])
    expect([doorsTitle([], 'no'), doorsTitle([], 'unknown')]).toEqual(['It has no door', 'No door is known'])
  })
})

describe('accounts', () => {
  const page = (workload: object, edges: object[]) => ({ thing: { kind: 'Workload', scope: 'lab/shop' }, workload, edges: [{ items: edges }] }) as never
  it('are named by an edge, or are the default of the namespace', () => {
    const edge = { rel: 'runs-as', incoming: false, kind: 'ServiceAccount', scope: 'lab', name: 'shop/front' }
    expect(accountOf(page({ kind: 'Deployment', namespace: 'shop' }, [edge]))).toMatchObject({ name: 'shop/front', scope: 'lab', named: true })
    expect(accountOf(page({ kind: 'Deployment', namespace: 'shop' }, []))).toMatchObject({ name: 'shop/default', named: false })
    expect(accountOf(page({ kind: 'Record' }, []))).toBeNull()
  })
  it('are found where they stand: in the environment, or in its cluster and no other', () => {
    const list = [proof({ environment: 'other' }), proof({ environment: 'lab', id: 'PRF-2' })]
    expect(accessOf({ kind: 'ServiceAccount', scope: 'lab/shop', name: 'shop/default' }, list)?.id).toBe('PRF-2')
    expect(accessOf({ kind: 'ServiceAccount', scope: 'labs', name: 'shop/default' }, list)).toBeUndefined()
  })
  it('have rights in words', () => {
    const right = { verbs: ['get', 'list'], groups: [''], resources: ['secrets'], names: ['db'], paths: [], namespace: '', role: '', binding: '' }
    expect([rightWords(right), rightWords({ ...right, verbs: ['*'], resources: ['*'], groups: ['*'], names: [] })]).toEqual(['get, list secrets named db', 'do anything with everything'])
  })
})

describe('objects on a path', () => {
  it('have pages, but the pods of the page itself', () => {
    expect([pagedIn('Ingress/shop/front', 'prod'), pagedIn('ClusterRole viewer', 'lab'), pagedIn('Deployment/shop/front', 'prod'), pagedIn('the node', 'prod')]).toEqual([
      { kind: 'Ingress', scope: 'prod', name: 'shop/front' }, { kind: 'ClusterRole', scope: 'lab', name: 'viewer' }, null, null,
    ])
  })
})

describe('hardening', () => {
  it('says what is open, what is held, and what nobody said', () => {
    const look = (name: string, verdict: string) => lookOf({ name, verdict })
    expect([look('privileged', 'yes'), look('privileged', 'no'), look('read-only root', 'no'), look('read-only root', 'yes'), look('runs as root', 'unknown')]).toEqual(['open', 'closed', 'open', 'closed', 'unsaid'])
  })
})
