import { describe, expect, it } from 'vitest'
import { terms, toggleFacet, withoutLast } from './query-text'

describe('toggleFacet', () => {
  it.each([
    ['adds a term', '', 'decision', 'act', 'include', 'decision:act'],
    ['adds a value', 'decision:act env:prod', 'decision', 'watch', 'include', 'decision:act,watch env:prod'],
    ['takes a value away', 'decision:act,watch', 'decision', 'act', 'include', 'decision:watch'],
    ['takes the term away', 'decision:act env:prod', 'decision', 'act', 'include', 'env:prod'],
    ['excludes', 'env:prod', 'svc', 'a b', 'exclude', 'env:prod -svc:"a b"'],
    ['turns an inclusion into an exclusion', 'svc:a,b', 'svc', 'a', 'exclude', 'svc:b -svc:a'],
    ['finds a quoted value', '-svc:"a, b",c', 'svc', 'a, b', 'exclude', '-svc:c'],
    ['leaves what only looks alike', 'service:a', 'svc', 'a', 'include', 'service:a svc:a'],
  ] as const)('%s', (_, q, key, value, mode, want) => expect(toggleFacet(q, key, value, mode)).toBe(want))

  it('undoes itself', () => {
    const q = 'is:open "free text" env:prod'
    expect(toggleFacet(toggleFacet(q, 'owner', 'x"y'), 'owner', 'x"y')).toBe(q)
  })
})

describe('terms', () => {
  it('keeps quotes together', () => expect(terms(' svc:"a b",c  "x y" z')).toEqual(['svc:"a b",c', '"x y"', 'z']))
  it('drops the last', () => expect(withoutLast('kev:yes env:"a b"')).toBe('kev:yes'))
})
