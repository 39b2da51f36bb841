import { Check } from 'lucide-react'
import { DropdownMenu } from 'radix-ui'
import type { ReactElement, ReactNode } from 'react'
import type { Search } from '@/state/search'
import { PageLink } from './page-link'

const item =
  'flex min-h-8 w-full cursor-pointer items-center gap-2 rounded-md px-2 text-sm text-ink outline-none select-none ' +
  'data-[highlighted]:bg-pointed data-[disabled]:cursor-not-allowed data-[disabled]:text-faint'

/**
 * A menu from its first opening on; ui/menu.tsx is its button until then. Not
 * modal: a modal one would write a style into the page, which our policy refuses.
 */
export function OpenMenu({ trigger, children, align }: { trigger: ReactElement; children: ReactNode; align: 'start' | 'end' }) {
  return (
    <DropdownMenu.Root modal={false} defaultOpen>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content align={align} sideOffset={4} collisionPadding={8} className="z-50 min-w-44 rounded-lg border border-edge bg-raised p-1 shadow-float">
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

export function Item({ children, onSelect, disabled = false }: ItemProps) {
  return <DropdownMenu.Item className={item} disabled={disabled} onSelect={onSelect}>{children}</DropdownMenu.Item>
}

export function Link({ to, search, children }: { to: string; search?: Search; children: ReactNode }) {
  return (
    <DropdownMenu.Item className={item} asChild>
      <PageLink to={to} {...(search ? { search } : {})}>{children}</PageLink>
    </DropdownMenu.Item>
  )
}

export function Tick({ children, on, onChange }: { children: ReactNode; on: boolean; onChange: (on: boolean) => void }) {
  return (
    <DropdownMenu.CheckboxItem className={item} checked={on} onCheckedChange={onChange} onSelect={(e) => e.preventDefault()}>
      <span className="grid size-4 place-items-center rounded border border-control">
        {on && <Check size={12} aria-hidden="true" />}
      </span>
      {children}
    </DropdownMenu.CheckboxItem>
  )
}

export function Title({ children }: { children: ReactNode }) {
  return <DropdownMenu.Label className="eyebrow px-2 py-1.5">{children}</DropdownMenu.Label>
}

export function Line() {
  return <DropdownMenu.Separator className="my-1 h-px bg-hairline" />
}
