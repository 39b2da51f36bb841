import { describe, expect, it } from 'vitest'
import { pageOf } from './ask'
import { hardening } from './specs'
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

describe('hardening', () => {
  it('is not known where no source says what pods are like', () => expect(hardening({ containers: [{ name: 'app' }] })).toBeNull())
  it('says what is open, what is held, and what nobody said', () => {
    const facts = hardening({ pod: { mounts: [{ kind: 'Host', name: '/var/run/docker.sock' }] }, containers: [{ name: 'app', security: { privileged: true, escalation: false } }, { name: 'side' }] })
    const of = (name: string) => facts?.find((f) => f.name === name)
    expect(of('Privileged')).toEqual({ name: 'Privileged', answer: 'app', look: 'open' })
    expect(of('Mounts of the host')?.answer).toBe('/var/run/docker.sock (rules the host)')
    expect(of('May not gain rights')).toEqual({ name: 'May not gain rights', answer: 'not said of side', look: 'unsaid' })
  })
})
