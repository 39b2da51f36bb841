const key = 'tidemark.affected.recent'
const most = 8

/** What was looked up in this browser lately; it never leaves it. */
export function recent(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? '[]')
    return Array.isArray(kept) ? kept.filter((x): x is string => typeof x === 'string').slice(0, most) : []
  } catch {
    return []
  }
}

export function remember(what: string): void {
  try {
    localStorage.setItem(key, JSON.stringify([what, ...recent().filter((x) => x !== what)].slice(0, most)))
  } catch {
    // A browser that keeps nothing still answers.
  }
}
