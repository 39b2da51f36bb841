import { count, percent, plural } from '@/lib/format'
import type { AffectedDoc } from './ask'

export type Verdict = 'affected-running' | 'affected-not-running' | 'not-found' | 'cannot-say'

const words: Record<Verdict, [string, string]> = {
  'affected-running': ['AFFECTED', 'running here'],
  'affected-not-running': ['AFFECTED', 'present, not running'],
  'not-found': ['NOT FOUND', 'in what was searched'],
  'cannot-say': ['CANNOT SAY', 'too little is covered, or nothing is known of it'],
}

/** A verdict that we do not know is no all-clear. */
export function verdictOf(text: string): Verdict {
  return text in words ? (text as Verdict) : 'cannot-say'
}

/** Two parts: large, and what qualifies it. */
export function verdictWords(text: string): [string, string] {
  return words[verdictOf(text)]
}

type Covered = Pick<AffectedDoc, 'coverage'>

/** How far was looked: numerator, denominator, age. It stands under every verdict. */
export function coverageWords({ coverage }: Covered, oldest: string): string {
  const { searched, total } = coverage
  if (total === 0) return 'Searched 0 of 0 running workloads: no source has said what runs.'
  return `Searched ${count(searched)} of ${plural(total, 'running workload')} (${percent(searched, total)}), ${oldest}.`
}

/** "evidence at most 24 h old" */
export function oldestWords(oldest: string | null, age: string): string {
  return oldest === null ? 'the evidence has no date' : `evidence at most ${age} old`
}

/** The server's sentence without its last part, which stands below with the age. */
export function withoutCoverage(sentence: string): string {
  return sentence.replace(/^(?:Affected|Not found|Cannot say): ./i, (head) => head.slice(-1).toUpperCase()).replace(/ Searched \d[^.]*\.$/, '')
}
