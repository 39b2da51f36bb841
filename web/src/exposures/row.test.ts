import { describe, expect, it } from 'vitest'
import { because, componentName, componentWords, dueWords, loosens, type Row, shortName } from './row'

const gates = { found: 'yes', running: 'yes', reachable: 'no', exploitable: 'no', matters: 'no' }
const plainRow = { kind: 'vulnerability', regressions: 0, gates } as unknown as Row

describe('componentName', () => {
  it.each([
    ['pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1', 'log4j-core'],
    ['pkg:npm/%40angular/core@12.0.0', '@angular/core'],
    ['pkg:golang/golang.org/x/net@v0.1.0?goos=linux', 'golang.org/x/net'],
    ['pkg:deb/debian/openssl@3.0.2-1?arch=amd64', 'openssl'],
    ['pkg:npm/%E0%A4%A@1', '%E0%A4%A'],
    ['openssl', 'openssl'],
  ])('%s', (purl, want) => expect(componentName(purl)).toBe(want))

  it('names one version and counts the others', () => {
    expect(componentWords({ component: 'pkg:npm/a@1', versions: ['1', '2', '3'] })).toBe('a@1 +2')
  })
})

describe('because', () => {
  it('names the strongest first and at most three', () => {
    const row = { ...plainRow, kev: 'yes', epss: 0.944, severity: 'critical', gates: { ...gates, reachable: 'yes', matters: 'yes' } }
    expect(because(row)).toEqual(['KEV', 'internet', 'EPSS 94 %'])
  })
  it('says what is not known', () => {
    expect(because({ ...plainRow, gates: { ...gates, reachable: 'unknown' } })).toEqual(['reach unknown'])
  })
  it('does not make a small probability a reason', () => {
    expect(because({ ...plainRow, epss: 0.01 })).toEqual(['not reachable'])
  })
})

describe('dueWords', () => {
  const now = new Date('2026-11-22T12:00:00Z')
  it.each([
    [{ deadline: '2026-11-19T12:00:00Z', state: 'open' }, { words: '3 d late', late: true }],
    [{ deadline: '2026-11-27T12:00:00Z', state: 'open' }, { words: 'in 5 d', late: false }],
    [{ deadline: '2026-11-19T12:00:00Z', state: 'fixed' }, { words: '', late: false }],
    [{ deadline: null, state: 'open' }, { words: '', late: false }],
  ])('%o', (row, want) => expect(dueWords(row, now)).toEqual(want))
})

describe('loosens', () => {
  it.each([
    ['Act now', 'watch', true],
    ['Watch', 'act', false],
    ['Watch', 'watch', false],
    ['', 'none', false],
  ] as const)('%s to %s', (computed, word, want) => expect(loosens({ computed_decision: computed }, word)).toBe(want))
})

describe('shortName', () => {
  it.each([
    ['pkg:golang/google.golang.org/grpc@v1.58.1', 'grpc'],
    ['pkg:golang/github.com/jackc/pgx/v5', 'pgx/v5'],
    ['pkg:npm/%40angular/core', '@angular/core'],
    ['pkg:maven/org.apache.commons/commons-text', 'commons-text'],
    ['pkg:pypi/ruamel.yaml', 'ruamel.yaml'],
  ])('%s', (purl, want) => expect(shortName(purl)).toBe(want))
})
