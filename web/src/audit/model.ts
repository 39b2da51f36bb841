import type { components } from '@/api/schema'
import type { Sheet } from '@/lib/download'

export type Entry = components['schemas']['AuditEntry']
export type Verdict = components['schemas']['Audit']

export interface Filters {
  actor: string
  verb: string
  object: string
  from: string
  to: string
}

export interface AuditQuery {
  actor?: string
  verb?: string
  object?: string
  from?: string
  to?: string
}

/** A day of the address as a moment: from its beginning, to its end (UTC). */
export function dayMoment(text: string, end: boolean): string {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return ''
  const t = new Date(`${text}T${end ? '23:59:59' : '00:00:00'}Z`)
  return Number.isNaN(t.getTime()) ? '' : t.toISOString()
}

export function auditQuery(f: Filters): AuditQuery {
  const from = dayMoment(f.from, false)
  const to = dayMoment(f.to, true)
  return {
    ...(f.actor.trim() ? { actor: f.actor.trim() } : {}),
    ...(f.verb.trim() ? { verb: f.verb.trim() } : {}),
    ...(f.object.trim() ? { object: f.object.trim() } : {}),
    ...(from ? { from } : {}),
    ...(to ? { to } : {}),
  }
}

/** Why a day is not taken; "" when it is, or when there is none. */
export function dayFault(text: string): string {
  return text !== '' && dayMoment(text, false) === '' ? `“${text}” is not a day: write it as 2026-11-22.` : ''
}

/** Before and after where they are documents: only what differs. */
export function differences(before: string, after: string): { key: string; from: string; to: string }[] {
  const a = object(before)
  const b = object(after)
  if (a === null && b === null) return before === after ? [] : [{ key: '', from: before, to: after }]
  const keys = [...new Set([...Object.keys(a ?? {}), ...Object.keys(b ?? {})])]
  return keys.flatMap((key) => {
    const from = word(a?.[key])
    const to = word(b?.[key])
    return from === to ? [] : [{ key, from, to }]
  })
}

function object(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

function word(value: unknown): string {
  if (value === undefined || value === null || value === '') return ''
  if (Array.isArray(value)) return value.map(word).join(', ')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** How the deed ended, where it is worth saying. */
export function outcomeWords(outcome: string): string {
  return outcome === '' || outcome === 'ok' || outcome === 'done' ? '' : outcome
}

const head = ['seq', 'at', 'actor', 'verb', 'object', 'outcome', 'before', 'after', 'reason', 'request_id']

export function auditSheet(list: Entry[]): Sheet {
  return { head, rows: list.map((e) => [e.seq, e.at, e.actor, e.verb, e.object, e.outcome, e.before ?? '', e.after ?? '', e.reason ?? '', e.request_id ?? '']) }
}

/** What the walk along the chain has shown. */
export function chainWords(v: Verdict): string {
  if (v.ok) return `The chain holds: ${v.entries.toLocaleString('en-GB')} entries, none changed, none missing.`
  return `The chain is broken at entry ${v.broken}: ${v.reason || 'its hash does not fit'}. What stands from there on cannot be trusted.`
}
