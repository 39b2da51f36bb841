/**
 * Small changes of a query: the facets tick values in and out of the same text
 * that people type, so that there is one language and one place for it.
 */

/** Terms as they stand in the text; blanks within quotes do not part them. */
export function terms(q: string): string[] {
  return q.match(/(?:[^\s"]|"(?:\\.|[^"\\])*"?)+/g) ?? []
}

export function quoted(value: string): string {
  return /[\s,"\\]/.test(value) || value === '' ? `"${value.replaceAll(/["\\]/g, '\\$&')}"` : value
}

/** The values of a term, still quoted. */
function values(term: string, head: string): string[] {
  return term.slice(head.length).match(/(?:[^,"]|"(?:\\.|[^"\\])*"?)+/g) ?? []
}

export type FacetMode = 'include' | 'exclude'

/** Ticks a value of a facet, or takes the tick away again. */
export function toggleFacet(q: string, key: string, value: string, mode: FacetMode = 'include'): string {
  const head = mode === 'include' ? `${key}:` : `-${key}:`
  const other = mode === 'include' ? `-${key}:` : `${key}:`
  const word = quoted(value)
  const all = terms(q)
  const mine = all.find((t) => t.startsWith(head))
  const has = mine !== undefined && values(mine, head).includes(word)
  const rest = all.flatMap((term) => {
    const used = term.startsWith(head) ? head : term.startsWith(other) ? other : ''
    if (used === '') return [term]
    const left = values(term, used).filter((v) => v !== word)
    const next = used === head && term === mine && !has ? [...left, word] : left
    return next.length === 0 ? [] : [used + next.join(',')]
  })
  if (mine === undefined) rest.push(head + word)
  return rest.join(' ')
}

/** The query without its last term: "Remove last filter". */
export function withoutLast(q: string): string {
  return terms(q).slice(0, -1).join(' ')
}

/** Both queries together. */
export function both(a: string, b: string): string {
  return [a, b].filter((q) => q.trim() !== '').join(' ')
}

/** A text for a shell: the command line asks the same question. */
export function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
