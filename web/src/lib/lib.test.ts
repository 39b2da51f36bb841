import { describe, expect, it } from 'vitest'
import { decisionOf, severityOf } from './decision'
import { csv, json } from './download'
import { age, duration, percent, plural, signed, utc } from './format'

describe('format', () => {
  it.each([[0, '0 s'], [90, '90 s'], [180, '3 min'], [31 * 3600, '31 h'], [3 * 86400, '3 d'], [20 * 86400, '20 d'], [70 * 86400, '10 w'], [800 * 86400, '2 y']])('%d s is %s', (s, want) => expect(duration(s)).toBe(want))
  it('says ago and in', () => {
    const now = new Date('2026-11-22T12:00:00Z')
    expect([age(new Date('2026-11-22T11:57:00Z'), now), age(new Date('2026-11-24T12:00:00Z'), now), age(now, now)]).toEqual(['3 min ago', 'in 2 d', 'now'])
  })
  it('writes numbers', () => expect([signed(-9214), signed(3), plural(1, 'exposure'), plural(1200, 'exposure'), percent(214, 220), percent(0, 0)]).toEqual(['−9,214', '+3', '1 exposure', '1,200 exposures', '97%', '–']))
  it('writes UTC', () => expect([utc(new Date('2026-09-30T23:59:00Z')), utc(new Date('x'))]).toEqual(['2026-09-30 23:59 UTC', 'no time']))
})

describe('download', () => {
  const sheet = { head: ['name', 'n'], rows: [['=HYPERLINK("x")', 1], ['a,"b"', -2], [null, null]] }
  it('writes a CSV that runs nothing', () => expect(csv(sheet)).toBe('name,n\r\n"\'=HYPERLINK(""x"")",1\r\n"a,""b""",-2\r\n,\r\n'))
  it('writes JSON', () => expect(JSON.parse(json(sheet))).toEqual({ items: [{ name: '=HYPERLINK("x")', n: 1 }, { name: 'a,"b"', n: -2 }, { name: null, n: null }] }))
})

describe('words', () => {
  it.each([['Act now', 'act'], ['watch', 'watch'], ['', 'unknown'], [null, 'unknown']] as const)('%s', (text, want) => expect(decisionOf(text)).toBe(want))
  it('knows no other severity', () => expect([severityOf('CRITICAL'), severityOf('odd')]).toEqual(['critical', 'unknown']))
})
