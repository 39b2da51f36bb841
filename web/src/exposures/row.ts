import type { components } from '@/api/schema'
import { answerOf, decisionOf, type Decision } from '@/lib/decision'
import { duration } from '@/lib/format'

/** An exposure as a list has it. */
export type Row = components['schemas']['Exposure'] & {
  owner?: string
  owner_rule?: string
  severity?: string
  kev?: string
  epss?: number | null
}

/** Ecosystems whose namespace nobody says. */
const withoutNamespace = new Set(['maven', 'deb', 'apk', 'rpm'])

function plain(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** What a package URL names, as people say it: "log4j-core", "@angular/core". */
export function componentName(purl: string): string {
  const [bare = ''] = purl.replace(/^pkg:/, '').split(/[?#]/)
  const slash = bare.indexOf('/')
  if (slash < 0) return purl
  const kind = bare.slice(0, slash)
  const rest = bare.slice(slash + 1)
  const at = rest.lastIndexOf('@')
  const name = at > 0 ? rest.slice(0, at) : rest
  return plain(withoutNamespace.has(kind) ? (name.split('/').at(-1) ?? name) : name)
}

/** The same where there is little room: of a long path the last two parts, without the host. */
export function shortName(purl: string): string {
  const name = componentName(purl)
  if (name.startsWith('@')) return name
  const [host = '', ...path] = name.split('/')
  const parts = host.includes('.') && path.length > 0 ? path : [host, ...path]
  return parts.slice(-2).join('/')
}

/** The component with the versions that are affected here. */
export function componentWords(row: Pick<Row, 'component' | 'versions'>, name = componentName(row.component)): string {
  const [first, ...more] = row.versions.filter((v) => v !== '')
  if (first === undefined) return name
  return more.length === 0 ? `${name}@${first}` : `${name}@${first} +${more.length}`
}

/** The same where there is little room. */
export function shortWords(row: Pick<Row, 'component' | 'versions'>): string {
  return componentWords(row, shortName(row.component))
}

export function environmentWords({ environment }: Pick<Row, 'environment'>): string {
  return environment === '(none)' ? 'deployed nowhere' : environment
}

/** Where it is: "checkout · prod-eu". */
export function placeWords(row: Pick<Row, 'service' | 'environment'>): string {
  return `${row.service} · ${environmentWords(row)}`
}

export function isLive(row: Pick<Row, 'state'>): boolean {
  return row.state === 'open' || row.state === 'unknown'
}

const worthNaming = 0.1

/** Why it is decided so, in a few words; the strongest reasons first. */
export function because(row: Row, most = 3): string[] {
  const out: string[] = []
  if (row.kind === 'malicious') out.push('malicious')
  if (row.kev === 'yes') out.push('KEV')
  if (row.regressions > 0) out.push('came back')
  if (row.gates.reachable === 'yes') out.push('internet')
  if (row.epss != null && row.epss >= worthNaming) out.push(`EPSS ${Math.floor(row.epss * 100)} %`)
  if (row.gates.matters === 'yes') out.push('matters')
  if (answerOf(row.gates.reachable) === 'unknown') out.push('reach unknown')
  if (row.severity === 'critical') out.push('critical')
  if (out.length === 0 && row.gates.reachable === 'no') out.push('not reachable')
  return out.slice(0, most)
}

/** The deadline in words: "3 d late", "in 5 d"; "" without one. */
export function dueWords(row: Pick<Row, 'deadline' | 'state'>, now: Date): { words: string; late: boolean } {
  if (row.deadline === null) return { words: '', late: false }
  const left = (new Date(row.deadline).getTime() - now.getTime()) / 1000
  if (left >= 0) return { words: `in ${duration(left)}`, late: false }
  return isLive(row) ? { words: `${duration(left)} late`, late: true } : { words: '', late: false }
}

const urgency: Record<Decision, number> = { act: 4, schedule: 3, watch: 2, none: 1, unknown: 0 }

/** Whether a decision asks for less than the rules do: that needs another person. */
export function loosens(row: Pick<Row, 'computed_decision'>, word: Decision): boolean {
  return urgency[word] < urgency[decisionOf(row.computed_decision)]
}

export function isExcepted(row: Pick<Row, 'treatment'>): boolean {
  return row.treatment === 'excepted'
}
