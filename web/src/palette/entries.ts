import { places } from '@/frame/places'
import { parseSearch, type Search } from '@/state/search'
import { detect } from './detect'

/** One row of the palette. It goes somewhere, or does something. */
export interface Entry {
  id: string
  group: string
  title: string
  note?: string
  to?: string
  search?: Search
  run?: () => void
}

/** A thing of the estate that was found by its name, as the API tells it. */
export interface Hit {
  kind: string
  id: string
  label: string
  note: string
  path: string
}

export interface Command {
  title: string
  run: () => void
}

/** The path of a hit may carry a search. */
function foundEntry(h: Hit, i: number): Entry {
  const [to = '', search = ''] = h.path.split(/\?(.*)/s)
  const note = [h.kind, h.note].filter(Boolean).join(' · ')
  return { id: `${h.kind}-${h.id}-${i}`, group: 'Found', title: h.label, note, to, ...(search ? { search: parseSearch(search) } : {}) }
}

/** The server and we may both know what was pasted; once is enough. */
function samePlace(a: Pick<Entry, 'to' | 'search'>, b: Pick<Entry, 'to' | 'search'>): boolean {
  return a.to === b.to && JSON.stringify(a.search ?? {}) === JSON.stringify(b.search ?? {})
}

/** What the palette shows for a text: the pasted thing first, then what was found, pages, commands. */
export function entriesFor(text: string, hits: Hit[], commands: Command[]): Entry[] {
  const onlyCommands = text.startsWith('>')
  const wanted = (onlyCommands ? text.slice(1) : text).trim().toLowerCase()
  const does = commands
    .filter((c) => c.title.toLowerCase().includes(wanted))
    .map((c): Entry => ({ id: `do-${c.title}`, group: 'Do', title: c.title, run: c.run }))
  if (onlyCommands) return does
  const pasted = detect(text)
  const first: Entry[] = pasted ? [{ id: 'pasted', group: 'Go straight to', ...pasted }] : []
  const found = hits.map(foundEntry).filter((e) => !pasted || !samePlace(e, pasted))
  const pages = places
    .filter((p) => p.name.toLowerCase().includes(wanted))
    .map((p): Entry => ({ id: p.to, group: 'Pages', title: p.name, to: p.to, ...(p.key ? { note: `g ${p.key}` } : {}) }))
  return [...first, ...found, ...pages, ...(wanted === '' ? [] : does)]
}
