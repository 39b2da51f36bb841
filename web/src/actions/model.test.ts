import { describe, expect, it } from 'vitest'
import { type Action, clockOf, closesWords, exposuresSearch, lanesOf, movesFrom, onlyEvidence, refusalOf, removedWords, scoreOf, spent, titleOf } from './model'

const now = new Date('2026-11-22T12:00:00Z')
const action = (patch: Partial<Action>): Action => ({
  id: 'ACT-1', state: 'proposed', reason: '', component: 'pkg:maven/org.apache.logging.log4j/log4j-core', service: 'checkout', environments: ['prod'], target: '2.17.1',
  decision: 'Act now', due: '2026-11-24T12:00:00Z', score: 900, risk: 0.42, risk_removed: 0, open: 4, fixed: 0, reopened: 0, exposures: ['EXP-1', 'EXP-2'],
  created_at: '2026-11-20T12:00:00Z', changed_at: null, ...patch,
}) as Action

describe('an action', () => {
  it('says what to do', () => {
    expect([titleOf(action({})), titleOf(action({ target: null }))]).toEqual(['Upgrade log4j-core to 2.17.1 in checkout', 'Find a fix for log4j-core in checkout'])
  })
  it.each(['deployed', 'verified'])('is never put to %s by hand', (state) => {
    expect(refusalOf(action({}), state)).toBe(onlyEvidence)
    expect(movesFrom(state)).toEqual([])
  })
  it('may be taken, begun, blocked and rejected', () => {
    expect(movesFrom('proposed')).toEqual(['accepted', 'in progress', 'blocked', 'rejected'])
    expect(movesFrom('accepted')).toEqual(['in progress', 'blocked', 'rejected'])
    expect(refusalOf(action({}), 'in progress')).toBe('')
    expect(refusalOf(action({}), 'proposed')).toBe('')
    expect(refusalOf(action({ state: 'accepted' }), 'proposed')).toContain('by the rules')
    expect(refusalOf(action({ state: 'verified' }), 'accepted')).toContain('by evidence')
  })
  it('has a clock while it is open', () => {
    expect(clockOf(action({}), now)).toEqual({ words: 'due in 2 d', late: false, soon: true })
    expect(clockOf(action({ due: '2026-11-20T12:00:00Z' }), now)).toEqual({ words: '2 d late', late: true, soon: false })
    expect(clockOf(action({ state: 'verified' }), now).words).toBe('')
    expect(spent(action({}), now)).toBe(0.5)
  })
  it('says what it closes', () => {
    expect([closesWords(action({})), closesWords(action({ fixed: 1, open: 3 })), closesWords(action({ fixed: 1, open: 0 }))]).toEqual(['closes 4 exposures', '1 of 4 exposures fixed', '1 exposure closed'])
    expect([scoreOf(1), scoreOf(0.5), scoreOf(0), removedWords(action({ risk: 0.25 })), removedWords(action({ state: 'verified', risk_removed: 1 }))]).toEqual([1000, 950, 0, 'removes score 900', 'score 1000 gone'])
  })
  it('names its exposures, or where they are when there are too many', () => {
    expect(exposuresSearch(action({}))).toBe('id:EXP-1,EXP-2')
    expect(exposuresSearch(action({ exposures: Array.from({ length: 61 }, (_, i) => `EXP-${i}`) }))).toBe('locus:pkg:maven/org.apache.logging.log4j/log4j-core svc:checkout')
  })
  it('stands in the lane of its owner, nobody last', () => {
    expect(lanesOf([action({}), action({ owner: 'pay' }), action({ owner: 'edge' })]).map((l) => l.owner)).toEqual(['edge', 'pay', ''])
  })
})
