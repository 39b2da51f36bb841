import { QueryClient } from '@tanstack/react-query'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { ApiError } from '@/api/problem'
import { standingWords } from '@/frame/standing'
import { isLimited, visibleWords } from '@/frame/visible'
import { newsOf } from './away'
import { gathered, markOld, moves } from './follow'
import { badgesOf, choicesOf } from './frame-data'

describe('choicesOf', () => {
  const facets = { schema: '', as_of: '', query: '', total: 3, items: [{ key: 'env', more: 0, values: [
    { value: 'prod', label: '', count: 2, selected: false, excluded: false }, { value: 'dev', label: 'Dev', count: 1, selected: false, excluded: false },
  ] }] }
  it('lists by name', () => expect(choicesOf(facets, 'env')).toEqual([{ value: 'dev', label: 'Dev' }, { value: 'prod', label: 'prod' }]))
  it('has nothing before the answer', () => expect(choicesOf(undefined, 'env')).toEqual([]))
})

describe('badges and limits', () => {
  it('badges only what is to be done', () => expect([badgesOf([]), badgesOf(['a', 'b'])]).toEqual([{}, { '/sources': '2 sources stale' }]))
  it('says how little is seen', () => {
    expect([isLimited({ products: 3, of: 9 }), isLimited({ products: 9, of: 9 }), isLimited(undefined)]).toEqual([true, false, false])
    expect(visibleWords({ products: 3, of: 9 })).toBe('3 of 9 products visible')
  })
})

describe('standingWords', () => {
  const standing = (state: string, stale: string[], worst_at: string | null = null) => ({ state, sentence: '', workloads: 1, covered: 1, worst_at, stale })
  it.each([
    [undefined, 'Not known yet'], [standing('fresh', []), 'Fresh'], [standing('none', []), 'No sources'], [standing('stale', ['a', 'b']), '2 sources stale'],
    [standing('unknown', ['a'], '2026-10-12T12:00:00Z'), '1 source silent since 12 Oct 2026'], [standing('unknown', ['a', 'b']), '2 sources silent'],
  ])('%#', (given, want) => expect(standingWords(given)).toBe(want))
})

describe('moves', () => {
  it.each([
    ['changed', {}, true], ['poll', {}, true], ['drill', {}, true], ['heartbeat', {}, false], ['job', { ended: false }, false], ['job', { ended: true }, true],
  ] as const)('%s %o', (kind, data, want) => expect(moves({ kind, data })).toBe(want))
})

describe('markOld', () => {
  it('marks all but the rows being read, the session and the choices', () => {
    const client = new QueryClient()
    const keys = [['exposures', 'list', 1], ['exposures', 'counts'], ['session'], ['frame', 'facets'], ['overview', {}]]
    for (const key of keys) client.setQueryData(key, {})
    markOld(client)
    expect(keys.map((key) => client.getQueryState(key)?.isInvalidated)).toEqual([false, true, false, false, true])
  })
})

describe('gathered', () => {
  afterEach(() => void vi.useRealTimers())
  it('runs at once, and once more for all that came meanwhile', () => {
    vi.useFakeTimers()
    const run = vi.fn()
    const turns = gathered(run, 100)
    for (let i = 0; i < 5; i++) turns.ask()
    expect(run).toHaveBeenCalledTimes(1)
    vi.advanceTimersByTime(100)
    expect(run).toHaveBeenCalledTimes(2)
    vi.advanceTimersByTime(1000)
    expect(run).toHaveBeenCalledTimes(2)
  })
})

describe('newsOf', () => {
  const fault = (status: number) => new ApiError({ title: '', status, detail: '', hint: '', code: '', request_id: '', errors: [] })
  const said = (action: object) => newsOf({ type: 'updated', query: {}, action } as never)
  it.each([
    [{ type: 'success', data: 1 }, 'answers'], [{ type: 'success', data: 1, manual: true }, null],
    [{ type: 'failed', failureCount: 1, error: fault(0) }, null], [{ type: 'failed', failureCount: 2, error: fault(0) }, 'away'],
    [{ type: 'error', error: fault(502) }, 'away'], [{ type: 'error', error: fault(404) }, 'answers'], [{ type: 'fetch' }, null],
  ])('%o is %s', (action, want) => expect(said(action)).toBe(want))
})
