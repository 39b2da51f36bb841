import { describe, expect, it } from 'vitest'
import { chosenFacet, scopeTerms, viewOf } from './ask'

describe('chosenFacet', () => {
  it.each([
    ['adds a value', 'kev:yes', 'decision', 'act', 'kev:yes decision:act'],
    ['puts it in place of the former', 'decision:act,watch kev:yes', 'decision', 'none', 'kev:yes decision:none'],
    ['takes it away again', 'decision:act kev:yes', 'decision', 'act', 'kev:yes'],
    ['narrows several to one', 'decision:act,watch', 'decision', 'act', 'decision:act'],
    ['knows other names', 'environment:prod -environment:dev', 'env', 'staging', 'env:staging'],
    ['drops an exclusion', '-owner:none', 'owner', 'none', 'owner:none'],
    ['quotes', '', 'owner', 'team a', 'owner:"team a"'],
    ['keeps is: beside state:', 'is:new', 'state', 'open', 'is:new state:open'],
  ] as const)('%s', (_, q, key, value, want) => expect(chosenFacet(q, key, value)).toBe(want))
})

describe('scopeTerms', () => {
  it('is nothing without a scope', () => expect(scopeTerms({ product: '', env: '', owner: '' })).toBe(''))
  it('has several values and quotes', () => {
    expect(scopeTerms({ product: 'pay shop', env: 'prod-eu,prod-us', owner: 'none' })).toBe('product:"pay shop" env:prod-eu,prod-us owner:none')
  })
})

describe('viewOf', () => {
  it('does not mind the order', () => expect(viewOf('decision:act,schedule  is:new')?.id).toBe('triage'))
  it('knows when it is none', () => expect(viewOf('decision:act kev:yes')).toBeUndefined())
})
