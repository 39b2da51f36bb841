import { describe, expect, it } from 'vitest'
import { apiLine, cliLine, exposureCsv, exposureJson } from './export'
import type { Row } from './row'

const row = {
  id: 'EXP-1', decision: 'Act now', computed_decision: 'Act now', decided_by: 'rules', score: 871, weakness: 'CVE-2026-1', aliases: ['GHSA-a'],
  component: 'pkg:npm/a@1', versions: ['1'], service: '=cmd("x")', environment: 'prod', state: 'open', treatment: 'none',
  gates: { running: 'yes', reachable: 'unknown', exploitable: 'yes', matters: 'no' }, fix: '2', deadline: null, first_seen: null, since: null, regressions: 0,
} as unknown as Row

describe('exposureCsv', () => {
  it('has a line for the head and one for each row, and no cell that runs', () => {
    const lines = exposureCsv([row, row]).split('\r\n')
    expect(lines).toHaveLength(4)
    expect(lines[0]).toMatch(/^id,decision,computed_decision,/)
    expect(lines[1]).toContain(`"'=cmd(""x"")"`)
  })
})

describe('exposureJson', () => {
  it('carries the question, its moment and the rules', () => {
    const doc = JSON.parse(exposureJson({ rows: [row], asOf: '2026-11-22T10:00:00Z', total: 1 }, { q: 'kev:yes', sort: '-score', asOf: '' }, 'r9')) as Record<string, unknown>
    expect(doc).toMatchObject({ query: 'kev:yes', as_of: '2026-11-22T10:00:00Z', rules: 'r9', sort: '-score', total: 1 })
  })
})

describe('cliLine', () => {
  it('asks the same', () => {
    expect(cliLine({ q: "svc:o'neil", sort: '-score,due', asOf: '2026-01-01T00:00:00Z' })).toBe(
      `tidemark exposures list -q 'svc:o'\\''neil' --sort=-score,due --as-of 2026-01-01T00:00:00Z --limit all`,
    )
  })
  it('has no word for the order that is everybody’s', () => {
    expect(cliLine({ q: '', sort: '-decision,-score', asOf: '' })).toBe('tidemark exposures list --limit all')
  })
  it('is short for everything', () => expect(cliLine({ q: '', sort: '', asOf: '' })).toBe('tidemark exposures list --limit all'))
})

describe('apiLine', () => {
  it('quotes the address', () => expect(apiLine({ q: 'a b', sort: '', asOf: '' }, 'https://t')).toContain(`'https://t/api/v1/exposures?q=a+b'`))
})
