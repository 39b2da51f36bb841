import { describe, expect, it } from 'vitest'
import type { Row } from '@/exposures/row'
import type { Workload } from './ask'
import { placeOf } from './box'
import { doorOf, spreadOf } from './spread'
import { coverageWords, verdictOf, verdictWords, withoutCoverage } from './verdict'

const row = (service: string, environment: string, decision: string, state = 'open') => ({ service, environment, decision, state }) as Row
const workload = (service: string, environment: string, sbom = 'yes', address = '') => ({ service, environment, sbom, doors: address ? [{ address, public: true }] : [] }) as unknown as Workload

describe('verdict', () => {
  it('is no all-clear when we do not know the word', () => expect([verdictOf('odd'), verdictWords('affected-running')[0]]).toEqual(['cannot-say', 'AFFECTED']))
  it('always says how far was looked', () => {
    const coverage = { searched: 214, total: 220, oldest: null }
    expect(coverageWords({ coverage }, 'evidence at most 24 h old')).toBe('Searched 214 of 220 running workloads (97%), evidence at most 24 h old.')
    expect(coverageWords({ coverage: { searched: 0, total: 0, oldest: null } }, '')).toContain('0 of 0')
  })
  it('does not say the coverage twice', () => expect(withoutCoverage('Not found: log4j-core@1.2 is in nothing. Searched 3 of 4 workloads.')).toBe('Log4j-core@1.2 is in nothing.'))
})

describe('spreadOf', () => {
  const spread = spreadOf(
    [row('b', 'prod', 'Schedule'), row('a', 'prod', 'Act now'), row('a', 'staging', 'Watch', 'fixed')],
    [workload('a', 'prod'), workload('a', 'dev', 'no'), workload('b', 'prod'), workload('b', 'staging')],
  )
  it('tells affected, fixed, not found, no evidence and not there apart', () => {
    expect(spread.environments).toEqual(['dev', 'prod', 'staging'])
    expect(spread.rows.map((r) => [r.name, ...r.cells.map((c) => c.kind)])).toEqual([
      ['a', 'unknown', 'affected', 'fixed'],
      ['b', 'absent', 'affected', 'not-found'],
    ])
  })
  it('finds the declared door of the same place', () => {
    const doors = [workload('a', 'dev', 'yes', 'dev.example'), workload('a', 'prod', 'yes', 'pay.example:443')]
    expect([doorOf(row('a', 'prod', ''), doors), doorOf(row('b', 'prod', ''), doors)]).toEqual(['pay.example:443', null])
  })
})

describe('placeOf', () => {
  it.each([
    ['cve-2021-44228', '/affected/CVE-2021-44228', {}],
    ['log4j-core', '/affected/log4j-core', {}],
    ['pkg:npm/%40a/b@1.0', '/affected/pkg:npm/%2540a/b@1.0', {}],
    [`sha256:${'a'.repeat(64)}`, '/affected', { digest: `sha256:${'a'.repeat(64)}` }],
  ])('%s', (text, to, search) => expect(placeOf(text)).toEqual({ to, search }))
})
