import type { ReactNode } from 'react'

/** That a list is wider than the scope bar says. */
export function Wider({ words }: { words: string }): ReactNode {
  if (words === '') return null
  return <p className="mb-3 rounded-lg border border-amber-edge bg-amber px-3 py-1.5 text-sm text-amber-ink" data-testid="wider">{words}</p>
}
