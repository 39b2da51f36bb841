import type { GateBar } from '@/charts/gate-bars'
import type { OwnerClocks } from '@/charts/sla-bars'
import type { TrendPoint } from '@/charts/trend-line'
import type { Rung } from '@/evidence/evidence-ladder'
import type { TimelineEvent } from '@/evidence/timeline'
import type { Factor } from '@/evidence/waterfall'
import type { Decision } from '@/lib/decision'
import type { Facet } from '@/table/facet-panel'

const at = (count: number, query: string) => ({ count, query })

export const bars: GateBar[] = [
  ['found', 12481, 12481, 0], ['running', 12481, 2857, 410], ['reachable', 3267, 412, 690],
  ['exploitable', 1102, 111, 37], ['matters', 148, 39, 0], ['act now', 39, 12, 0],
].map(([gate, all, yes, unknown]) => {
  const n = { in: Number(all), yes: Number(yes), unknown: Number(unknown) }
  return {
    gate: String(gate), in: n.in, yes: at(n.yes, `${gate}:yes`), unknown: at(n.unknown, `${gate}:unknown`),
    no: at(n.in - n.yes - n.unknown, `${gate}:no`), through: at(n.yes + n.unknown, `${gate}:yes,unknown`),
  }
})

export const owners: OwnerClocks[] = [
  { owner: 'payments', on_time: at(14, 'a'), soon: at(4, 'b'), late: at(2, 'c') },
  { owner: 'search', on_time: at(11, 'a'), soon: at(1, 'b'), late: at(0, 'c') },
  { owner: 'data', on_time: at(7, 'a'), soon: at(3, 'b'), late: at(1, 'c') },
  { owner: '', on_time: at(0, 'a'), soon: at(9, 'b'), late: at(0, 'c') },
]

export const trend: TrendPoint[] = Array.from({ length: 26 }, (_, i) => ({
  day: new Date(Date.UTC(2026, 5, 1 + 7 * i)).toISOString().slice(0, 10),
  value: Math.round(212 - i * 2.2 + 18 * Math.sin(i * 1.3) - (i > 19 ? (i - 19) * 9 : 0)),
}))

export const rungs: Rung[] = [
  { gate: 'found', verdict: 'yes', line: 'log4j-core 2.14.1 in sha256:9c1f…', source: 'CycloneDX SBOM, ci build 812', age: 7200, raw: '/raw/1' },
  { gate: 'running', verdict: 'yes', line: '14 pods in prod-eu since 2026-09-02', source: 'k8s-prod-eu', age: 180, raw: '/raw/2' },
  { gate: 'reachable', verdict: 'unknown', line: 'No source has told about the doors of checkout.', source: '', age: null, raw: '' },
  { gate: 'exploitable', verdict: 'yes', line: 'Known to be exploited since 2021-12-10; EPSS 97 %; needs no login', source: 'KEV, EPSS', age: 18000, raw: '/raw/4' },
  { gate: 'matters', verdict: 'no', line: 'Tier 1, no personal data', source: 'scope version 3', age: 86400, raw: '/raw/5' },
]

export const factors: Factor[] = [
  { name: 'Weakness', points: 412, evidence: 'CVSS 10.0', source: 'NVD', age: 18000, assumed: false },
  { name: 'Exploited', points: 238, evidence: 'KEV since 2021-12-10', source: 'KEV', age: 18000, assumed: false },
  { name: 'Reachable', points: 171, evidence: 'no evidence, counted as internet', source: '', age: null, assumed: true },
  { name: 'Data', points: 96, evidence: 'cardholder data', source: 'scope', age: 86400, assumed: false },
  { name: 'Replicas', points: 24, evidence: '14 pods', source: 'k8s-prod-eu', age: 180, assumed: false },
  { name: 'Controls', points: -70, evidence: 'WAF rule 9', source: 'waf', age: 172800, assumed: false },
]

export const events: TimelineEvent[] = [
  { at: '2026-11-19T08:00:00Z', kind: 'decided', words: 'Decided Act now by the rules: known to be exploited, internet reaches it' },
  { at: '2021-12-10T00:00:00Z', kind: 'published', words: 'CVE-2021-44228 was published' },
  { at: '2026-09-02T11:20:00Z', kind: 'deployed', words: 'checkout 4.12 was deployed to prod-eu', by: 'k8s-prod-eu' },
  { at: '2026-11-22T09:00:00Z', kind: 'fixed', words: 'log4j-core 2.17.1 runs in all 14 pods', by: 'k8s-prod-eu' },
  { at: '2026-11-25T08:00:00Z', kind: 'due', words: 'Due: act now, 72 h' },
]

export const facets: Facet[] = [
  { key: 'decision', more: 0, values: [['act', 'Act now', 12], ['schedule', 'Schedule', 61], ['watch', 'Watch', 412], ['none', 'No action', 11996]].map(value) },
  { key: 'reach', more: 0, values: [['internet', 'internet', 102], ['internal', 'internal', 230], ['unknown', 'unknown', 690]].map(value) },
  { key: 'owner', more: 214, values: ['payments', 'search', 'data', 'platform', 'identity', 'mobile', 'web', 'billing', 'none'].map((o, i) => value([o, o, 90 - 9 * i])) },
]

function value(v: (string | number)[], i = 0) {
  return { value: String(v[0]), label: String(v[1]), count: Number(v[2]), selected: i === 0, excluded: v[0] === 'internal' }
}

export interface MadeUp {
  id: string
  weakness: string
  component: string
  service: string
  environment: string
  decision: Decision
  score: number
  gates: { running: string; reachable: string; exploitable: string; matters: string }
  fix: boolean | null
  because: string[]
  owner: string
  due: string
}

const decisions: Decision[] = ['act', 'act', 'schedule', 'watch', 'none', 'unknown']
const services = ['checkout', 'search', 'orders', 'reports', 'identity', 'gateway']
const parts = ['log4j-core@2.14.1', 'openssl@3.0.2', 'lodash@4.17.20', 'a-library-with-a-very-long-name-that-will-not-fit@12.4.0-alpha.3', 'jackson-databind@2.9.8']
const answers = ['yes', 'unknown', 'no', 'yes']
const pick = <T>(list: readonly T[], i: number): T => list[i % list.length] as T

export function madeUp(i: number): MadeUp {
  return {
    id: `EXP-${1000 + i}`, weakness: i % 7 === 3 ? 'GHSA-jfh8-c2jp-5v3q' : `CVE-2026-${20000 + ((i * 37) % 9000)}`, component: pick(parts, i),
    service: pick(services, i * 5), environment: pick(['prod-eu', 'prod-us', 'staging'], i), decision: pick(decisions, i), score: 990 - (i % 700),
    gates: { running: 'yes', reachable: pick(answers, i), exploitable: pick(answers, i + 1), matters: pick(answers, i * 3) }, fix: pick([true, true, false, null], i),
    because: pick([['internet', 'KEV', 'card data'], ['PoC', 'internal'], ['PoC', 'personal data', 'reach unknown'], []], i),
    owner: pick(['payments', 'search', '', 'platform'], i), due: new Date(Date.UTC(2026, 10, 20 + (i % 30))).toISOString(),
  }
}
