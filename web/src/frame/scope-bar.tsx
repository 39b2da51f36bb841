import { Monitor, Moon, Search, SlidersHorizontal, Sun } from 'lucide-react'
import type { ReactNode } from 'react'
import { cx } from '@/lib/class-names'
import { type Theme, usePreferences } from '@/state/preferences'
import { useScope } from '@/state/view'
import { Button, IconButton } from '@/ui/button'
import { Popover } from '@/ui/popover'
import type { Choice } from '@/ui/select'
import { AsOfPick } from './as-of'
import { Freshness } from './freshness'
import { ScopePick } from './scope-pick'
import type { Standing } from './standing'
import { isLimited, type Visible, visibleWords } from './visible'

export interface ScopeChoices {
  products: Choice[]
  environments: Choice[]
  owners: Choice[]
}

interface Props {
  choices: ScopeChoices
  standing: Standing | undefined
  visible?: Visible | undefined
  onSearch: () => void
  /** The person: a menu. */
  account?: ReactNode
}

export const nextTheme: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' }
const themeSigns = { system: Monitor, light: Sun, dark: Moon }

/** What the page is about, when, how fresh that is; and search. */
export function ScopeBar({ choices, standing, visible, onSearch, account }: Props) {
  const [scope] = useScope()
  const set = [scope.product, scope.env, scope.owner].filter(Boolean).length
  return (
    <div data-testid="scope-bar" className="no-print sticky top-0 z-20 flex h-(--bar) items-center gap-1 border-b border-hairline bg-canvas px-4 max-bar:px-2">
      <div className="flex min-w-0 items-center gap-1 max-bar:hidden"><Picks choices={choices} /><Limit visible={visible} /></div>
      <div className="bar:hidden">
        <Popover label="Scope" trigger={<Button kind="quiet"><SlidersHorizontal size={14} aria-hidden="true" />Scope{set > 0 && ` (${set})`}</Button>}>
          <div className="flex flex-col items-start p-1"><Picks choices={choices} /><Limit visible={visible} inMenu /></div>
        </Popover>
      </div>
      <AsOfPick />
      <div className="ml-auto flex items-center gap-1">
        <Freshness standing={standing} />
        <button type="button" onClick={onSearch} data-testid="search-button" aria-keyshortcuts="Control+K"
          className="inline-flex h-8 items-center gap-2 rounded-md border border-edge bg-surface px-2.5 text-sm text-faint hover:border-control max-rail:border-transparent max-rail:bg-transparent max-rail:hover:bg-hover">
          <Search size={14} aria-hidden="true" />
          <span className="max-rail:sr-only">Search or paste a CVE</span>
          <kbd className="rounded border border-hairline px-1 text-[0.6875rem] max-rail:hidden">Ctrl K</kbd>
        </button>
        <ThemeButton />
        {account}
      </div>
    </div>
  )
}

function Picks({ choices }: { choices: ScopeChoices }) {
  const [scope, setScope] = useScope()
  return (
    <>
      <ScopePick name="Product" value={scope.product} choices={choices.products} onChange={(product) => setScope({ product })} />
      <ScopePick name="Environment" value={scope.env} choices={choices.environments} onChange={(env) => setScope({ env })} />
      <ScopePick name="Owner" value={scope.owner} choices={choices.owners} onChange={(owner) => setScope({ owner })} />
    </>
  )
}

/** Whoever sees only a part is told so wherever there are totals. */
function Limit({ visible, inMenu = false }: { visible: Visible | undefined; inMenu?: boolean }) {
  if (!isLimited(visible)) return null
  return <span data-testid="visible-products" className={cx('px-2 text-xs whitespace-nowrap text-dim', !inMenu && 'max-wide:hidden')}>{visibleWords(visible)}</span>
}

function ThemeButton() {
  const { preferences, set } = usePreferences()
  const Sign = themeSigns[preferences.theme]
  const next = nextTheme[preferences.theme]
  return <IconButton label={`Theme: ${preferences.theme}. Change to ${next}`} onClick={() => set({ theme: next })}><Sign size={16} aria-hidden="true" /></IconButton>
}
