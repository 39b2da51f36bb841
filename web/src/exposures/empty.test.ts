import { describe, expect, it } from 'vitest'
import { kindOfNothing } from './empty'

const standing = { state: 'fresh', sentence: '', workloads: 1, covered: 1, worst_at: null, stale: [] }

describe('kindOfNothing', () => {
  it.each([
    ['first-run', 'decision:act', 'fresh', false, 'first-run'],
    ['', 'kev:yes env:dev', 'fresh', false, 'filtered'],
    ['', 'kev:yes env:dev', 'stale', false, 'filtered'],
    ['', 'decision:act', 'fresh', true, 'filtered'],
    ['', 'decision:act', 'fresh', false, 'done'],
    ['', '', 'fresh', false, 'done'],
    ['', 'decision:act', 'stale', false, 'blind'],
    ['blind', '', 'fresh', false, 'blind'],
  ] as const)('%s %s %s', (state, q, fresh, scoped, want) => {
    expect(kindOfNothing({ state, standing: { ...standing, state: fresh } }, q, scoped)).toBe(want)
  })
})
