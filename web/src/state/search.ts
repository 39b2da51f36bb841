/**
 * The address is the only store of what a page shows. A search is a flat set
 * of texts; a default is absent; what we do not know is kept as it is.
 */
export type Search = Record<string, string>

export function parseSearch(text: string): Search {
  const out: Search = {}
  new URLSearchParams(text).forEach((value, key) => {
    out[key] = value
  })
  return out
}

/** Leaves the marks of the query language readable: q=is:new%20env:prod,dev. */
export function stringifySearch(search: Record<string, unknown>): string {
  const parts: string[] = []
  for (const [key, value] of Object.entries(search)) {
    if (typeof value !== 'string' || value === '') continue
    parts.push(`${encode(key)}=${encode(value)}`)
  }
  return parts.length === 0 ? '' : `?${parts.join('&')}`
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll('%3A', ':').replaceAll('%2C', ',').replaceAll('%2F', '/').replaceAll('%40', '@')
}

/** The same search with a patch; a value equal to its default goes away. */
export function patched(search: Search, patch: Partial<Search>, defaults: Search = {}): Search {
  const out: Search = { ...search }
  for (const [key, value] of Object.entries(patch)) {
    if (value === undefined || value === '' || value === defaults[key]) delete out[key]
    else out[key] = value
  }
  return out
}

/** What belongs to the scope bar and goes along from page to page. */
export const scopeKeys = ['product', 'env', 'owner', 'asof'] as const
export type ScopeKey = (typeof scopeKeys)[number]
export type Scope = Record<ScopeKey, string>

export function scopeOf(search: Search): Scope {
  return {
    product: search['product'] ?? '',
    env: search['env'] ?? '',
    owner: search['owner'] ?? '',
    asof: search['asof'] ?? '',
  }
}

/** The scope as a search of its own: only what is set. */
export function scopeSearch(search: Search): Search {
  return patched({}, scopeOf(search))
}

/** A moment of an address: a day means its last minute. Null when it is none. */
export function momentOf(asof: string): Date | null {
  if (asof === '') return null
  const text = /^\d{4}-\d{2}-\d{2}$/.test(asof) ? `${asof}T23:59:59Z` : asof
  const t = new Date(text)
  return Number.isNaN(t.getTime()) ? null : t
}
