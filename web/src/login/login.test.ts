import { describe, expect, it } from 'vitest'
import { ApiError } from '@/api/problem'
import { codeOf, nextOf, plainly } from './enter'

describe('nextOf', () => {
  it.each([
    [undefined, '/overview'], ['', '/overview'], ['/exposures?q=kev:yes&sort=-score', '/exposures?q=kev:yes&sort=-score'],
    ['https://evil.example', '/overview'], ['//evil.example', '/overview'], ['/\\evil.example', '/overview'], ['/login?next=/x', '/overview'],
  ])('%s', (text, want) => expect(nextOf(text)).toBe(want))
})

describe('codeOf', () => {
  it.each([['#code=abc-1', '', 'abc-1'], ['', '?code=q', 'q'], ['', '?next=/x', '']])('%s %s', (hash, search, want) => expect(codeOf(hash, search)).toBe(want))
})

describe('plainly', () => {
  it('says what and what to do', () => {
    const error = new ApiError({ title: 'Too many', status: 429, detail: 'too many tries', hint: 'try again in 30 seconds', code: 'too-many', request_id: '', errors: [] })
    expect(plainly(error)).toBe('Too many tries. Try again in 30 seconds.')
  })
})
