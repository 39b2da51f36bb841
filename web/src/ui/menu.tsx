import { cloneElement, type ComponentProps, createContext, type ReactElement, type ReactNode, use, useState } from 'react'
import type { Search } from '@/state/search'

interface Props {
  /** The one button that opens it. */
  trigger: ReactElement<ComponentProps<'button'>>
  children: ReactNode
  align?: 'start' | 'end'
}

type Parts = typeof import('./menu-parts')

// The keys and the placing of a menu are loaded when somebody reaches for its button: no page needs them to be seen.
const load = () => import('./menu-parts')
const Loaded = createContext<Parts | null>(null)

/** A button with a list of things to do. */
export function Menu({ trigger, children, align = 'end' }: Props) {
  const [parts, setParts] = useState<Parts | null>(null)
  if (parts) return <Loaded value={parts}><parts.OpenMenu trigger={trigger} align={align}>{children}</parts.OpenMenu></Loaded>
  const open = () => void load().then(setParts)
  return cloneElement(trigger, {
    'aria-haspopup': 'menu',
    'aria-expanded': false,
    onClick: open,
    onPointerEnter: () => void load(),
    onFocus: () => void load(),
    onKeyDown: (event) => {
      if (event.key !== 'ArrowDown') return
      event.preventDefault()
      open()
    },
  })
}

interface ItemProps {
  children: ReactNode
  onSelect: () => void
  disabled?: boolean
}

export function MenuItem(props: ItemProps) {
  const parts = use(Loaded)
  return parts && <parts.Item {...props} />
}

export function MenuLink(props: { to: string; search?: Search; children: ReactNode }) {
  const parts = use(Loaded)
  return parts && <parts.Link {...props} />
}

/** An item that is on or off; the menu stays open. */
export function MenuTick(props: { children: ReactNode; on: boolean; onChange: (on: boolean) => void }) {
  const parts = use(Loaded)
  return parts && <parts.Tick {...props} />
}

export function MenuTitle({ children }: { children: ReactNode }) {
  const parts = use(Loaded)
  return parts && <parts.Title>{children}</parts.Title>
}

export function MenuLine() {
  const parts = use(Loaded)
  return parts && <parts.Line />
}
