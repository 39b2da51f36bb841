import { useNavigate, useRouterState } from '@tanstack/react-router'
import { useCallback, useMemo } from 'react'
import { momentOf, patched, type Scope, scopeOf, type Search } from './search'

/** The search of the address, as texts. */
export function useSearchTexts(): Search {
  return useRouterState({ select: (s) => s.location.search as Search })
}

export interface SetOptions {
  /** Replace the entry of the history instead of adding one: while typing. */
  replace?: boolean
}

export type SetView<K extends string> = (patch: Partial<Record<K, string>>, options?: SetOptions) => void

/**
 * The state of a view, kept in the address. Hand in the keys with their
 * defaults; a default never shows in the address, unknown keys stay.
 *
 *   const [view, setView] = useView({ q: '', sort: '-score', group: 'none' })
 */
export function useView<D extends Search>(defaults: D): [D, SetView<keyof D & string>] {
  const search = useSearchTexts()
  const navigate = useNavigate()
  const fixed = JSON.stringify(defaults)
  const view = useMemo(() => {
    const known = JSON.parse(fixed) as Search
    const out = { ...known }
    for (const key of Object.keys(known)) out[key] = search[key] ?? known[key] ?? ''
    return out as D
  }, [search, fixed])
  const set = useCallback<SetView<keyof D & string>>(
    (patch, options) => {
      const known = JSON.parse(fixed) as Search
      void navigate({
        to: '.',
        search: ((before: Search) => patched(before, patch as Partial<Search>, known)) as never,
        replace: options?.replace ?? false,
        resetScroll: false,
      })
    },
    [navigate, fixed],
  )
  return [view, set]
}

const noScope: Scope = { product: '', env: '', owner: '', asof: '' }

/** Product, environment, owner and as-of: the same for every page. */
export function useScope(): [Scope, SetView<keyof Scope>] {
  const search = useSearchTexts()
  const [, set] = useView({ ...noScope })
  return [useMemo(() => scopeOf(search), [search]), set]
}

/** The moment that is looked at; null is now. Then nothing can be changed. */
export function useAsOf(): Date | null {
  const [scope] = useScope()
  return useMemo(() => momentOf(scope.asof), [scope.asof])
}

/** A name for this entry of the history: the same again after Back. */
export function useHistoryKey(): string {
  return useRouterState({
    select: (s) => s.location.state.__TSR_key ?? s.location.pathname,
  })
}
