import { useNavigate } from '@tanstack/react-router'
import { lazy, type ReactNode, Suspense, useMemo, useState } from 'react'
import { paths } from '@/app/paths'
import { type Shortcuts, useShortcuts } from '@/keys/shortcuts'
import type { Command, Hit } from '@/palette/entries'
import { usePreferences } from '@/state/preferences'
import { scopeSearch, type Search } from '@/state/search'
import { AsOfStrip } from './as-of'
import type { Standing } from './standing'
import { places } from './places'
import { type Badges, FootBar, Rail } from './rail'
import { nextTheme, ScopeBar, type ScopeChoices } from './scope-bar'
import type { Visible } from './visible'

const Palette = lazy(() => import('@/palette/palette'))
const KeyHelp = lazy(() => import('./key-help'))

export interface FrameProps {
  choices: ScopeChoices
  standing: Standing | undefined
  badges: Badges
  search: (text: string, signal: AbortSignal) => Promise<Hit[]>
  /** How many of the products this person may see. */
  visible?: Visible | undefined
  account?: ReactNode
  /** More for the palette to do. */
  commands?: Command[]
  /** A strip above the page: the drill of the demo, a limited view. */
  strip?: ReactNode
  children: ReactNode
}

/** Around every page: the rail, the bar, the palette, the keys that work everywhere. */
export function Frame({ choices, standing, badges, search, visible, account, commands: more = none, strip, children }: FrameProps) {
  const [shown, setShown] = useState<'' | 'palette' | 'keys'>('')
  const close = () => setShown('')
  const commands = useCommands(() => setShown('keys'), more)
  useGlobalKeys(setShown)
  return (
    <div className="flex min-h-dvh">
      <a href="#page-title" className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-md focus:bg-raised focus:px-3 focus:py-2 focus:shadow-float">Skip to the page</a>
      <Rail badges={badges} />
      <div className="flex min-w-0 grow flex-col">
        <header>
          <AsOfStrip />
          {strip}
        </header>
        <ScopeBar choices={choices} standing={standing} visible={visible} onSearch={() => setShown('palette')} account={account} />
        <main id="page" className="flex min-h-0 grow flex-col">{children}</main>
        <FootBar badges={badges} />
      </div>
      <Suspense fallback={null}>
        {shown === 'palette' && <Palette open onClose={close} search={search} commands={commands} />}
        {shown === 'keys' && <KeyHelp open onClose={close} />}
      </Suspense>
    </div>
  )
}

function useGlobalKeys(show: (what: 'palette' | 'keys') => void): void {
  const navigate = useNavigate()
  const { preferences, set } = usePreferences()
  const keys: Shortcuts = {
    'Mod+k': () => show('palette'),
    '?': () => show('keys'),
    t: () => set({ theme: nextTheme[preferences.theme] }),
  }
  for (const place of places) {
    if (!place.key) continue
    keys[`g ${place.key}`] = () => void navigate({ to: place.to, search: ((before: Search) => scopeSearch(before)) as never })
  }
  useShortcuts(keys)
}

const none: Command[] = []

function useCommands(showKeys: () => void, more: Command[]): Command[] {
  const navigate = useNavigate()
  const { preferences, set } = usePreferences()
  return useMemo(
    () => [
      { title: 'Theme: light', run: () => set({ theme: 'light' }) },
      { title: 'Theme: dark', run: () => set({ theme: 'dark' }) },
      { title: 'Theme: as the system', run: () => set({ theme: 'system' }) },
      { title: 'Copy a link to this page', run: () => void navigator.clipboard.writeText(location.href) },
      { title: 'Connect a source', run: () => void navigate({ to: paths.connect }) },
      { title: 'Keyboard shortcuts', run: showKeys },
      { title: preferences.shortcuts ? 'Switch letter keys off' : 'Switch letter keys on', run: () => set({ shortcuts: !preferences.shortcuts }) },
      ...more,
    ],
    // The one function that changes with each render does the same each time.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [navigate, preferences.shortcuts, set, more],
  )
}
