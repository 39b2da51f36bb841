import { describe, expect, it } from 'vitest'
import type { Source } from './ask'
import { isPast, stepOf, tookWords } from './drill'
import { worstFirst } from './sources-panel'
import { limitsOf, weekly } from './trend-panel'

describe('stepOf', () => {
  const told = (step: string, count: number) => ({ step, open: { count, query: '' } })
  it.each([
    ['ready', 0, 'ready'], ['published', 3, 'published'], ['staged', 3, 'published'], ['deployed', 2, 'deployed'], ['deployed', 0, 'verified'], ['odd', 1, 'ready'],
  ])('%s with %d open is %s', (step, count, want) => expect(stepOf(told(step, count))).toBe(want))
  it('knows the order', () => expect([isPast(told('deployed', 1), 'published'), isPast(told('published', 1), 'deployed'), isPast(undefined, 'published')]).toEqual([true, false, false]))
  it('says how long it took', () => expect([tookWords(0), tookWords(412), tookWords(1440)]).toEqual(['1 ms', '412 ms', '1.4 s']))
})

describe('weekly', () => {
  const days = Array.from({ length: 182 }, (_, i) => ({ day: `d${i}`, open: i, risk: 0, score: 0 }))
  it('keeps one day of a week and the last one', () => {
    const points = weekly(days)
    expect([points.length, points.at(-1)?.day, points[0]?.day]).toEqual([26, 'd181', 'd6'])
  })
  it('keeps a short series whole', () => expect(weekly(days.slice(0, 20)).length).toBe(20))
})

describe('limitsOf', () => {
  const verdict = { word: 'falling', rule: '', centre: 5, upper: 7, lower: 3, points: 20 }
  it('draws none where the rule could not', () => expect([limitsOf({ ...verdict, word: 'too little data' }), limitsOf(undefined), limitsOf(verdict)]).toEqual([null, null, { centre: 5, upper: 7, lower: 3 }]))
})

describe('worstFirst', () => {
  it('begins with the longest silent', () => {
    const source = (name: string, freshness: string, seen_at: string) => ({ source: name, freshness, seen_at }) as Source
    const sorted = worstFirst([source('a', 'fresh', '2026-01-03'), source('b', 'stale', '2026-01-02'), source('c', 'stale', '2026-01-01'), source('d', 'unknown', '')])
    expect(sorted.map((s) => s.source)).toEqual(['c', 'b', 'd', 'a'])
  })
})
