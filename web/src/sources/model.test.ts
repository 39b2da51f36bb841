import { describe, expect, it } from 'vitest'
import { effectWords, expectedWords, isBlind, type Receipt, receiptsOf, receiptTitle, receiptWords, type Source, standingSentence, worstFirst } from './model'

const now = new Date('2026-11-22T12:00:00Z')
const source = (name: string, freshness: string, seen: string | null, every = 3600): Source => ({ source: name, scope: 'prod', class: 'observed', since: null, seen_at: seen, every, freshness, rejected: 0, quarantined: 0, unplaced: 0, unplaced_like: [] })
const fresh = source('ci', 'fresh', '2026-11-22T11:50:00Z')
const stale = source('k8s-prod', 'stale', '2026-11-21T05:00:00Z')
const lapsed = source('k8s-old', 'unknown', '2026-11-01T05:00:00Z')

describe('sources', () => {
  it('says how many are fresh, and what the worst one breaks', () => {
    expect(standingSentence([fresh, stale], now)).toBe('1 of 2 run-time sources is fresh. k8s-prod was last heard 31 h ago: what it said of prod still counts, marked as stale; soon it can no longer be said what runs.')
    expect([standingSentence([], now), standingSentence([fresh], now), standingSentence([fresh, fresh], now)]).toEqual(['No source has given evidence yet.', 'The only run-time source is fresh.', 'All 2 run-time sources are fresh.'])
  })
  it('does not count what does not age', () => {
    const declared = { ...source('gitops', 'fresh', '2026-10-01T00:00:00Z', 0), class: 'declared' }
    expect(standingSentence([fresh, declared], now)).toBe('The only run-time source is fresh.')
    expect(standingSentence([declared], now)).toBe('1 source, none of them says what runs.')
  })
  it('puts what needs somebody first', () => expect(worstFirst([fresh, stale, lapsed]).map((s) => s.source)).toEqual(['k8s-old', 'k8s-prod', 'ci']))
  it('is blind when nothing is fresh', () => expect([isBlind([stale, lapsed]), isBlind([fresh, stale]), isBlind([])]).toEqual([true, false, false]))
  it('says by how much it is over', () => {
    expect([expectedWords(fresh, now), expectedWords(stale, now), expectedWords(source('x', 'fresh', null, 0), now)]).toEqual(['every 60 min', 'every 60 min, 30 h over', 'does not age'])
    expect(effectWords(lapsed)).toContain('cannot be said what runs of prod')
  })
})

describe('receipts', () => {
  const receipt = {
    id: 'R-1', by: 'k8s-prod', at: '', url: '', schema: '', state: 'computed', computed_at: null, opened: null, closed: null,
    receipts: [{ input: 'body', kind: 'records', accepted: 3, unchanged: 1, rejected: [{ where: 'line 3', reason: 'no time' }], ignored: [], notes: [], snapshots: [{ source: 'k8s-prod', environment: 'prod', observed_at: '', members: 3 }] }],
  } as unknown as Receipt
  it('says what came in', () => expect([receiptTitle(receipt), receiptWords(receipt)]).toEqual(['Deployment records of prod', '3 accepted, 1 unchanged, 1 refused']))
  it('belongs to its source', () => expect([receiptsOf([receipt], 'k8s-prod').length, receiptsOf([receipt], 'ci').length]).toEqual([1, 0]))
})
