import type { components } from '@/api/schema'
import { plural } from '@/lib/format'

export type Change = components['schemas']['Change']
export type Happened = components['schemas']['IntelEvent']
export type Feed = components['schemas']['Feed']

export const kindWords: Record<string, string> = {
  kev: 'Exploited', epss: 'Likelihood', published: 'Published', advisory: 'Published', withdrawn: 'Withdrawn', opened: 'Opened', fixed: 'Fixed', regressed: 'Came back', decided: 'Decided', source: 'Source',
}

export const eventWords: Record<string, string> = {
  'advisory.new': 'Published', 'advisory.changed': 'Changed', 'advisory.withdrawn': 'Withdrawn', 'kev.added': 'Exploited', 'kev.removed': 'Unlisted',
  'kev.ransomware': 'Ransom', 'epss.jump': 'Likelihood', 'exploit.published': 'Exploit', 'feed.updated': 'Feed',
}

export interface Day<T> {
  day: string
  changes: T[]
}

/** What happened on each day, as the reader's clock has it; the order stays. */
export function byDay<T extends { at: string }>(list: T[], dayOf: (t: Date) => string): Day<T>[] {
  const out: Day<T>[] = []
  for (const c of list) {
    const name = dayOf(new Date(c.at))
    const last = out.at(-1)
    if (last?.day === name) last.changes.push(c)
    else out.push({ day: name, changes: [c] })
  }
  return out
}

/** "12 changes touch us", "30 changes in the last 90 days, 12 touch us". */
export function newsTitle(list: Change[], total: number, all: boolean): string {
  const touching = list.filter((c) => c.touches.count > 0).length
  if (!all) return total === 0 ? 'Nothing touched us in the last 90 days' : `${plural(total, 'change')} in the last 90 days ${total === 1 ? 'touches' : 'touch'} us`
  return `${plural(total, 'change')} in the last 90 days; of the ${list.length} shown, ${touching} touch us`
}

/** "12 events; 3 made something more urgent". */
export function eventsTitle(list: Happened[], total: number): string {
  if (total === 0) return 'Nothing that changed in the world has concerned us yet'
  const urgent = list.filter((e) => e.here.act_now > 0).length
  const said = `${plural(total, 'event')} that ${total === 1 ? 'concerns' : 'concern'} us`
  if (urgent === 0) return said
  return `${said}; ${list.length < total ? `of the ${list.length} shown, ` : ''}${urgent} made something Act now`
}

/** What became of exposures, in a few words; "" when nothing did. */
export function followed(e: Happened): string {
  const said: [number, string][] = [[e.here.act_now, 'Act now'], [e.here.opened, 'opened'], [e.here.closed, 'closed'], [e.here.raised - e.here.act_now, 'more urgent'], [e.here.lowered, 'less urgent']]
  return said.filter(([n, word]) => n > 0 && !(word === 'opened' && e.here.act_now >= n)).map(([n, word]) => `${n} ${word}`).join(' · ')
}

export function feedName(f: Feed): string {
  const named = { osv: 'OSV', kev: 'KEV catalogue', epss: 'EPSS' }[f.kind] ?? f.kind
  return f.name ? `${named} ${f.name}` : named
}

const old = 7 * 86400
/** A feed that was loaded more than a week ago may miss what matters today. */
export function isOld(f: Feed, now: Date): boolean {
  const at = f.loaded_at ?? f.data_time
  return at === null || (now.getTime() - Date.parse(at)) / 1000 > old
}

export function feedsSentence(feeds: Feed[], now: Date): string {
  if (feeds.length === 0) return 'No feed was loaded: nothing can be known about weaknesses.'
  const behind = feeds.filter((f) => isOld(f, now))
  if (behind.length === 0) return feeds.length === 1 ? 'The feed was loaded less than a week ago.' : `All ${feeds.length} feeds were loaded less than a week ago.`
  const few = behind.slice(0, 3).map(feedName).join(', ')
  return `${behind.length} of ${plural(feeds.length, 'feed')} ${behind.length === 1 ? 'was' : 'were'} loaded more than a week ago: ${few}${behind.length > 3 ? ' and others' : ''}.`
}
