import { Check } from 'lucide-react'
import { DropdownMenu } from 'radix-ui'
import type { ReactNode } from 'react'
import { PageLink } from './page-link'
import type { Search } from '@/state/search'

interface Props {
  /** The one button that opens it. */
  trigger: ReactNode
  children: ReactNode
  align?: 'start' | 'end'
}

const item =
  'flex min-h-8 w-full cursor-pointer items-center gap-2 rounded-md px-2 text-sm text-ink outline-none select-none ' +
  'data-[highlighted]:bg-pointed data-[disabled]:cursor-not-allowed data-[disabled]:text-faint'

/** Not modal: a modal one would write a style into the page, which our policy refuses. */
export function Menu({ trigger, children, align = 'end' }: Props) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align={align}
          sideOffset={4}
          collisionPadding={8}
          className="z-50 min-w-44 rounded-lg border border-edge bg-raised p-1 shadow-float"
        >
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}

interface ItemProps {
  children: ReactNode
  onSelect: () => void
  disabled?: boolean
}

export function MenuItem({ children, onSelect, disabled = false }: ItemProps) {
  return <DropdownMenu.Item className={item} disabled={disabled} onSelect={onSelect}>{children}</DropdownMenu.Item>
}

export function MenuLink({ to, search, children }: { to: string; search?: Search; children: ReactNode }) {
  return (
    <DropdownMenu.Item className={item} asChild>
      <PageLink to={to} {...(search ? { search } : {})}>{children}</PageLink>
    </DropdownMenu.Item>
  )
}

/** An item that is on or off; the menu stays open. */
export function MenuTick({ children, on, onChange }: { children: ReactNode; on: boolean; onChange: (on: boolean) => void }) {
  return (
    <DropdownMenu.CheckboxItem className={item} checked={on} onCheckedChange={onChange} onSelect={(e) => e.preventDefault()}>
      <span className="grid size-4 place-items-center rounded border border-control">
        {on && <Check size={12} aria-hidden="true" />}
      </span>
      {children}
    </DropdownMenu.CheckboxItem>
  )
}

export function MenuTitle({ children }: { children: ReactNode }) {
  return <DropdownMenu.Label className="eyebrow px-2 py-1.5">{children}</DropdownMenu.Label>
}

export function MenuLine() {
  return <DropdownMenu.Separator className="my-1 h-px bg-hairline" />
}
