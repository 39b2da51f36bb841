import type { components } from '@/api/schema'
import { age, count, duration, plural } from '@/lib/format'

export type Source = components['schemas']['Source']
export type Receipt = components['schemas']['ReceiptStatus']
export type Coverage = components['schemas']['MeasureCoverage']

const order: Record<string, number> = { unknown: 0, stale: 1, none: 2, fresh: 3 }

/** The ones that need somebody first; among equals the longest silent. */
export function worstFirst(list: Source[]): Source[] {
  return [...list].sort((a, b) => (order[a.freshness] ?? 2) - (order[b.freshness] ?? 2) || Date.parse(a.seen_at ?? '') - Date.parse(b.seen_at ?? '') || a.source.localeCompare(b.source))
}

export function sourceKey(s: Source): string {
  return `${s.source} (${s.scope})`
}

/** The ones that have to be heard again and again: what is declared, and what artifacts are made of, does not age. */
export function ageing(list: Source[]): Source[] {
  return list.filter((s) => s.every > 0 || s.class === 'observed')
}

/** What the whole looks like: one sentence that a person could say aloud. */
export function standingSentence(all: Source[], now: Date): string {
  if (all.length === 0) return 'No source has given evidence yet.'
  const list = ageing(all)
  if (list.length === 0) return `${plural(all.length, 'source')}, none of them says what runs.`
  const fresh = list.filter((s) => s.freshness === 'fresh').length
  const worst = worstFirst(list)[0]
  if (fresh === list.length || worst === undefined) return `${list.length === 1 ? 'The only run-time source is' : `All ${count(list.length)} run-time sources are`} fresh.`
  const verb = fresh === 1 ? 'is' : 'are'
  return `${count(fresh)} of ${plural(list.length, 'run-time source')} ${verb} fresh. ${worst.source} ${silence(worst, now)}: ${effectWords(worst).toLowerCase()}`
}

/** "was last heard 31 h ago", "has said nothing yet". */
export function silence(s: Source, now: Date): string {
  if (!s.seen_at) return 'has said nothing yet'
  return `was last heard ${age(new Date(s.seen_at), now)}`
}

/** What its silence breaks. Observed evidence lapses; what is declared does not age by itself. */
export function effectWords(s: Source): string {
  const where = s.scope ? ` of ${s.scope}` : ''
  if (s.freshness === 'fresh') return 'Nothing now.'
  if (s.freshness === 'unknown') return `It cannot be said what runs${where}; nothing there is closed by its silence.`
  if (s.freshness === 'stale') return `What it said${where} still counts, marked as stale; soon it can no longer be said what runs.`
  return 'Nothing rests on it yet.'
}

/** When it should be heard again, and by how much it is over. */
export function expectedWords(s: Source, now: Date): string {
  if (s.every <= 0) return 'does not age'
  if (!s.seen_at) return `every ${duration(s.every)}`
  const over = (now.getTime() - new Date(s.seen_at).getTime()) / 1000 - s.every
  return over > 0 ? `every ${duration(s.every)}, ${duration(over)} over` : `every ${duration(s.every)}`
}

export function stateWords(freshness: string): string {
  return { fresh: 'Fresh', stale: 'Stale', unknown: 'Too old to say', none: 'No evidence' }[freshness] ?? freshness
}

/** Everything that could say what runs is too old: the picture is blind. */
export function isBlind(list: Source[]): boolean {
  return list.length > 0 && list.every((s) => s.freshness === 'unknown' || s.freshness === 'stale')
}

/** What came in, in words: "2 inputs, 14 accepted, 1 refused". */
export function receiptWords(r: Receipt): string {
  const sum = (of: (x: Receipt['receipts'][number]) => number) => r.receipts.reduce((n, x) => n + of(x), 0)
  const refused = sum((x) => x.rejected.length)
  const parts = [`${count(sum((x) => x.accepted))} accepted`]
  const same = sum((x) => x.unchanged)
  if (same > 0) parts.push(`${count(same)} unchanged`)
  if (refused > 0) parts.push(`${count(refused)} refused`)
  return parts.join(', ')
}

export function receiptTitle(r: Receipt): string {
  const [first] = r.receipts
  if (!first) return r.id
  const kind = { sbom: 'SBOM', manifests: 'Manifests', records: 'Deployment records' }[first.kind] ?? first.kind
  const of = first.artifact || first.snapshots.map((s) => s.environment).filter(Boolean).join(', ') || first.input
  return of ? `${kind} of ${of}` : kind
}

/** The receipts that name this source. */
export function receiptsOf(list: Receipt[], source: string): Receipt[] {
  return list.filter((r) => r.by === source || r.receipts.some((x) => x.snapshots.some((s) => s.source === source)))
}

export function sourceAge(s: Source, now: Date): string {
  return s.seen_at ? age(new Date(s.seen_at), now) : 'never'
}
