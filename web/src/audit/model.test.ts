import { describe, expect, it } from 'vitest'
import { auditQuery, auditSheet, chainWords, dayFault, dayMoment, differences, type Entry, outcomeWords } from './model'

describe('the log', () => {
  it('asks only for what is given', () => {
    expect(auditQuery({ actor: ' eve ', verb: '', object: 'EXP-1', from: '2026-11-01', to: '2026-11-02' })).toEqual({ actor: 'eve', object: 'EXP-1', from: '2026-11-01T00:00:00.000Z', to: '2026-11-02T23:59:59.000Z' })
    expect(auditQuery({ actor: '', verb: '', object: '', from: 'soon', to: '' })).toEqual({})
  })
  it('says which day it cannot read', () => expect([dayFault(''), dayFault('2026-11-22'), dayFault('soon'), dayMoment('2026-13-99', false)]).toEqual(['', '', '“soon” is not a day: write it as 2026-11-22.', '']))
  it('shows what differs', () => {
    expect(differences('{"role":"viewer","team":""}', '{"role":"triager","team":""}')).toEqual([{ key: 'role', from: 'viewer', to: 'triager' }])
    expect(differences('{"products":["a"]}', '{"products":["a","b"]}')).toEqual([{ key: 'products', from: 'a', to: 'a, b' }])
    expect(differences('', '{"name":"eve"}')).toEqual([{ key: 'name', from: '', to: 'eve' }])
    expect(differences('proposed', 'accepted')).toEqual([{ key: '', from: 'proposed', to: 'accepted' }])
    expect(differences('', '')).toEqual([])
  })
  it('says how the chain stands', () => {
    const verdict = { schema: '', as_of: '', ok: true, entries: 1200, head: 'x', broken: 0 }
    expect(chainWords(verdict)).toContain('1,200 entries')
    expect(chainWords({ ...verdict, ok: false, broken: 7 })).toContain('broken at entry 7')
    expect([outcomeWords('ok'), outcomeWords('refused')]).toEqual(['', 'refused'])
  })
  it('has a stable head in its exports', () => expect(auditSheet([{ seq: 1, at: 't', actor: 'a', verb: 'v', object: 'o', outcome: 'ok' } as Entry]).rows[0]).toEqual([1, 't', 'a', 'v', 'o', 'ok', '', '', '', '']))
})
