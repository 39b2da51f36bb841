import { describe, expect, it } from 'vitest'
import { ApiError } from '@/api/problem'
import { emptyToken, emptyUser, faultsOf, healthWords, listOf, sectionOf, seesWords, tokenFault, tokenMay, tokenRequest, type Token, userFault, userRequest } from './model'

describe('users', () => {
  it('asks for what is missing', () => {
    expect([userFault(emptyUser).field, userFault({ ...emptyUser, name: 'eve', role: 'owner' }).field, userFault({ ...emptyUser, name: 'eve' }).field]).toEqual(['name', 'team', ''])
  })
  it('leaves out what is empty', () => {
    expect(userRequest({ ...emptyUser, name: ' eve ' })).toEqual({ name: 'eve', role: 'viewer' })
    expect(userRequest({ name: 'eve', role: 'owner', team: 'pay', products: 'shop, pay,shop,' })).toEqual({ name: 'eve', role: 'owner', team: 'pay', products: ['shop', 'pay'] })
    expect(listOf(' , ')).toEqual([])
  })
})

describe('tokens', () => {
  const now = new Date('2026-11-22T00:00:00Z')
  it('of a source names it', () => {
    expect(tokenFault(emptyToken)).toContain('Name the source')
    expect(tokenRequest({ ...emptyToken, source: 'ci', days: '7' }, now)).toEqual({ role: 'source', source: 'ci', name: 'ci', expires: '2026-11-29T00:00:00.000Z' })
  })
  it('of a person has no role of its own', () => {
    expect(tokenFault({ ...emptyToken, kind: 'personal' })).toBe('')
    expect(tokenRequest({ ...emptyToken, kind: 'personal', name: 'laptop' }, now)).toEqual({ personal: true, name: 'laptop', expires: '2027-02-20T00:00:00.000Z' })
  })
  it('says what it may', () => {
    const token = { user: '', role: 'source', source: 'ci', all_products: true, products: [] as string[] } as unknown as Token
    expect([tokenMay(token), tokenMay({ ...token, user: 'eve' }), tokenMay({ ...token, role: 'viewer' }), seesWords({ all_products: false, products: ['a', 'b'] })]).toEqual(['append evidence of ci', 'as eve', 'viewer, all products', 'a, b'])
  })
})

describe('faults', () => {
  const problem = { title: 't', status: 400, hint: '', code: 'invalid', request_id: '' }
  it('are all listed', () => {
    expect(faultsOf(new ApiError({ ...problem, detail: 'd', errors: [{ where: 'line 3', detail: 'no owner' }] }))).toEqual([{ where: 'line 3', detail: 'no owner' }])
    expect(faultsOf(new ApiError({ ...problem, detail: 'one\ntwo', errors: [] }))).toEqual([{ where: '', detail: 'one' }, { where: '', detail: 'two' }])
    expect(faultsOf(new Error('x'))).toEqual([{ where: '', detail: 'x' }])
  })
  it('knows its sections', () => expect([sectionOf('users'), sectionOf('odd')]).toEqual(['users', null]))
})

describe('healthWords', () => {
  it.each([
    [true, ['ok', 'ok'], 'This installation is healthy'], [true, ['ok', 'warning'], 'This installation works, with 1 warning'], [false, ['failed'], 'Something needs attention'],
  ] as const)('%s %j', (ok, states, want) => expect(healthWords({ ok, checks: states.map((status) => ({ status })) })).toBe(want))
})
