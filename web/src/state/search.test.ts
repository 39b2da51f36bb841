import { describe, expect, it } from 'vitest'
import { momentOf, parseSearch, patched, scopeSearch, stringifySearch } from './search'

describe('search', () => {
  it('reads back what it writes, and keeps the query language readable', () => {
    const search = { q: 'is:new env:prod,dev -owner:none "a&b"', sort: '-score', n: '1' }
    const text = stringifySearch(search)
    expect(text).toContain('q=is:new%20env:prod,dev')
    expect(parseSearch(text)).toEqual(search)
  })

  it('leaves defaults out and keeps what it does not know', () => {
    const before = { q: 'kev:yes', utm: 'x' }
    expect(patched(before, { q: '', sort: '-score', group: 'fix' }, { sort: '-score' })).toEqual({ utm: 'x', group: 'fix' })
  })

  it('takes only the scope along', () => {
    expect(scopeSearch({ env: 'prod', q: 'x', asof: '2026-09-30' })).toEqual({ env: 'prod', asof: '2026-09-30' })
  })
})

describe('momentOf', () => {
  it.each([
    ['', null],
    ['rubbish', null],
    ['2026-09-30', '2026-09-30T23:59:59.000Z'],
    ['2026-09-30T10:00:00Z', '2026-09-30T10:00:00.000Z'],
  ])('%s', (text, want) => expect(momentOf(text)?.toISOString() ?? null).toBe(want))
})
