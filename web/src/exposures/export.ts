import { answer, api } from '@/api/client'
import type { components } from '@/api/schema'
import { csv, type Sheet } from '@/lib/download'
import { shellWord } from '@/lib/cli'
import { shellQuoted } from '@/state/query-text'
import { asked, defaultSort, type Question } from './ask'
import { componentName, type Row } from './row'

const pageSize = 1000

export interface Whole {
  rows: Row[]
  asOf: string
  total: number
}

export { download } from '@/lib/download'

/** All rows of a question, page by page. */
export async function loadAll(ask: Question, told: (done: number, total: number) => void, signal: AbortSignal): Promise<Whole> {
  const rows: Row[] = []
  let cursor: string | null = null
  let asOf = ask.asOf
  for (;;) {
    const list: components['schemas']['ListExposure'] = answer(await api.GET('/api/v1/exposures', {
      params: { query: { ...asked(ask), limit: pageSize, ...(cursor ? { cursor } : {}) } }, signal,
    }))
    asOf ||= list.as_of
    rows.push(...list.items)
    told(rows.length, list.total)
    if (!list.next || list.items.length === 0) return { rows, asOf, total: rows.length }
    cursor = list.next
  }
}

/** The columns of the file. New ones are added at the end: the head is a contract. */
const columns: [string, (row: Row) => string | number | null][] = [
  ['id', (r) => r.id],
  ['decision', (r) => r.decision],
  ['computed_decision', (r) => r.computed_decision],
  ['decided_by', (r) => r.decided_by],
  ['score', (r) => (r.decision ? r.score : null)],
  ['weakness', (r) => r.weakness],
  ['aliases', (r) => r.aliases.join(' ')],
  ['component', (r) => componentName(r.component)],
  ['purl', (r) => r.component],
  ['versions', (r) => r.versions.join(' ')],
  ['service', (r) => r.service],
  ['environment', (r) => r.environment],
  ['state', (r) => r.state],
  ['treatment', (r) => r.treatment],
  ['running', (r) => r.gates.running],
  ['reachable', (r) => r.gates.reachable],
  ['exploitable', (r) => r.gates.exploitable],
  ['matters', (r) => r.gates.matters],
  ['severity', (r) => r.severity ?? null],
  ['kev', (r) => r.kev ?? null],
  ['epss', (r) => r.epss ?? null],
  ['owner', (r) => r.owner ?? null],
  ['fix', (r) => r.fix],
  ['due', (r) => r.deadline],
  ['first_seen', (r) => r.first_seen],
  ['since', (r) => r.since],
  ['regressions', (r) => r.regressions],
]

export function exposureSheet(rows: Row[]): Sheet {
  return { head: columns.map(([name]) => name), rows: rows.map((row) => columns.map(([, cell]) => cell(row))) }
}

export function exposureCsv(rows: Row[]): string {
  return csv(exposureSheet(rows))
}

export function exposureJson(whole: Whole, ask: Question, rules: string): string {
  const doc = {
    schema: 'tidemark.exposures/v1', as_of: whole.asOf, query: ask.q, sort: ask.sort, rules, total: whole.total, truncated: false, items: whole.rows,
  }
  return JSON.stringify(doc, null, 2) + '\n'
}

/** The version of the rules that decided: as the explanation of one row has it. */
export async function rulesOf(rows: Row[], ask: Question): Promise<string> {
  const row = rows.find((r) => r.decision !== '')
  if (!row) return ''
  return answer(await api.GET('/api/v1/exposures/{id}/explanation', {
    params: { path: { id: row.id }, query: ask.asOf ? { as_of: ask.asOf } : {} },
  })).rules
}

/** The same question for the command line: the same rows in the same order. */
export function cliLine({ q, sort, asOf }: Question): string {
  const parts = ['tidemark exposures list']
  if (q) parts.push(`-q ${shellQuoted(q)}`)
  // The command has the same order when it is not told one.
  if (sort && sort !== defaultSort) parts.push(`--sort=${shellWord(sort)}`)
  if (asOf) parts.push(`--as-of ${asOf}`)
  return [...parts, '--limit all'].join(' ')
}

/** The same question for curl, with a token. */
export function apiLine(ask: Question, origin: string): string {
  const query = new URLSearchParams(asked(ask)).toString()
  return `curl -H "Authorization: Bearer $TIDEMARK_TOKEN" ${shellQuoted(`${origin}/api/v1/exposures${query ? `?${query}` : ''}`)}`
}
