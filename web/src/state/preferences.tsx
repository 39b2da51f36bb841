import { createContext, type ReactNode, use, useCallback, useEffect, useMemo, useState } from 'react'

export type Theme = 'system' | 'light' | 'dark'
export type Density = 'compact' | 'normal' | 'roomy'

export interface Preferences {
  theme: Theme
  density: Density
  shortcuts: boolean
}

export const standard: Preferences = { theme: 'system', density: 'normal', shortcuts: true }

export const rowHeights: Record<Density, number> = { compact: 28, normal: 36, roomy: 44 }

interface Kept {
  preferences: Preferences
  set: (patch: Partial<Preferences>) => void
  /** Takes over a set from elsewhere: the same as set, but not sent back. */
  adopt: (from: Record<'theme' | 'density', string> & { shortcuts: boolean }) => void
}

const Context = createContext<Kept>({ preferences: standard, set: () => undefined, adopt: () => undefined })

const year = 365 * 86400
const themes = ['system', 'light', 'dark'] as const
const densities = ['compact', 'normal', 'roomy'] as const

function cookie(name: string): string | undefined {
  const found = document.cookie.split('; ').find((pair) => pair.startsWith(`${name}=`))
  return found?.slice(name.length + 1)
}

function oneOf<T extends string>(value: string | undefined, all: readonly T[], other: T): T {
  return all.find((one) => one === value) ?? other
}

/** What this browser remembers; the server reads tidemark_theme before the first paint. */
export function remembered(): Preferences {
  return {
    theme: oneOf(cookie('tidemark_theme'), themes, standard.theme),
    density: oneOf(cookie('tidemark_density'), densities, standard.density),
    shortcuts: cookie('tidemark_shortcuts') !== 'off',
  }
}

function remember(p: Preferences): void {
  const rest = `; path=/; max-age=${year}; samesite=lax`
  document.cookie = `tidemark_theme=${p.theme}${rest}`
  document.cookie = `tidemark_density=${p.density}${rest}`
  document.cookie = `tidemark_shortcuts=${p.shortcuts ? 'on' : 'off'}${rest}`
}

interface ProviderProps {
  children: ReactNode
  /** Called with the whole set after a change by this person, to keep it on the server. */
  onChange?: (p: Preferences) => void
}

export function PreferencesProvider({ children, onChange }: ProviderProps) {
  const [preferences, setAll] = useState(remembered)
  useEffect(() => {
    const root = document.documentElement
    root.dataset['theme'] = preferences.theme
    root.dataset['density'] = preferences.density
  }, [preferences])
  const set = useCallback(
    (patch: Partial<Preferences>) => {
      const next = { ...remembered(), ...patch }
      remember(next)
      setAll(next)
      onChange?.(next)
    },
    [onChange],
  )
  const adopt = useCallback<Kept['adopt']>(({ theme, density, shortcuts }) => {
    const next = { theme: oneOf(theme, themes, standard.theme), density: oneOf(density, densities, standard.density), shortcuts }
    remember(next)
    setAll(next)
  }, [])
  const kept = useMemo(() => ({ preferences, set, adopt }), [preferences, set, adopt])
  return <Context value={kept}>{children}</Context>
}

export function usePreferences(): Kept {
  return use(Context)
}

export function useRowHeight(): number {
  return rowHeights[usePreferences().preferences.density]
}
