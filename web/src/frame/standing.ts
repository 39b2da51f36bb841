import { day, plural } from '@/lib/format'

/** How fresh and how whole the picture is, as the API tells it. */
export interface Standing {
  state: string
  sentence: string
  workloads: number
  covered: number
  worst?: string
  worst_at: string | null
  stale: string[]
}

const words: Record<string, string> = { fresh: 'Fresh', stale: 'Stale', unknown: 'Not known yet', none: 'No sources' }

/** One silent source of many does not make everything stale: it is said how many, and of what is too old since when. */
export function standingWords(standing: Standing | undefined): string {
  const state = standing?.state ?? 'unknown'
  const n = standing?.stale.length ?? 0
  if (state === 'stale' && n > 0) return `${plural(n, 'source')} stale`
  if (state === 'unknown' && n > 0) {
    const since = standing?.worst_at ? ` since ${day(new Date(standing.worst_at))}` : ''
    return `${plural(n, 'source')} silent${since}`
  }
  return words[state] ?? state
}
