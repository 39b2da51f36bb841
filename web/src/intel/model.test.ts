import { describe, expect, it } from 'vitest'
import { byDay, type Change, eventsTitle, type Feed, feedsSentence, followed, type Happened, isOld, newsTitle } from './model'

const now = new Date('2026-11-22T12:00:00Z')
const change = (at: string, n: number): Change => ({ at, kind: 'kev', sentence: '', subject: 'CVE-1', touches: { count: n, query: '' } })
const feed = (name: string, at: string | null): Feed => ({ kind: 'osv', name, records: 1, withdrawn: 0, data_time: at, loaded_at: at, origin: '' })

describe('intel', () => {
  it('keeps the days apart', () => {
    const days = byDay([change('2026-11-22T10:00:00Z', 1), change('2026-11-22T09:00:00Z', 0), change('2026-11-21T09:00:00Z', 0)], (t) => t.toISOString().slice(0, 10))
    expect(days.map((d) => [d.day, d.changes.length])).toEqual([['2026-11-22', 2], ['2026-11-21', 1]])
  })
  it('says what touches us', () => {
    const list = [change('', 1), change('', 0)]
    expect([newsTitle([], 0, false), newsTitle(list, 1, false), newsTitle(list, 40, true)]).toEqual([
      'Nothing touched us in the last 90 days', '1 change in the last 90 days touches us', '40 changes in the last 90 days; of the 2 shown, 1 touch us'])
  })
  it('says what an event meant', () => {
    const here = { query: '', exposures: 2, opened: 0, closed: 0, raised: 0, lowered: 0, act_now: 0, running: [] }
    const event = (more: Partial<Happened['here']>) => ({ here: { ...here, ...more } }) as Happened
    expect([{ raised: 3, act_now: 2 }, { opened: 2, act_now: 2 }, { opened: 2 }, { closed: 1, lowered: 1 }, {}].map((m) => followed(event(m)))).toEqual([
      '2 Act now · 1 more urgent', '2 Act now', '2 opened', '1 closed · 1 less urgent', ''])
    expect([eventsTitle([], 0), eventsTitle([event({})], 1), eventsTitle([event({ act_now: 1 })], 9)]).toEqual([
      'Nothing that changed in the world has concerned us yet', '1 event that concerns us', '9 events that concern us; of the 1 shown, 1 made something Act now'])
  })
  it('says which feeds are old', () => {
    const young = feed('Go', '2026-11-22T01:00:00Z')
    const old = feed('npm', '2026-11-01T01:00:00Z')
    expect([isOld(young, now), isOld(old, now), isOld(feed('x', null), now)]).toEqual([false, true, true])
    expect([feedsSentence([young], now), feedsSentence([young, old], now)]).toEqual(['The feed was loaded less than a week ago.', '1 of 2 feeds was loaded more than a week ago: OSV npm.'])
  })
})
