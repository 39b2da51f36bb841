import { CircleCheck, EyeOff, FilterX, Plug } from 'lucide-react'
import type { ReactNode } from 'react'

/** The four kinds of nothing. They must never look alike. */
export type EmptyKind = 'first-run' | 'filtered' | 'done' | 'blind'

const signs = { 'first-run': Plug, filtered: FilterX, done: CircleCheck, blind: EyeOff }

interface Props {
  kind: EmptyKind
  /** One sentence: "0 of 12,481 exposures match `kev:yes env:dev`." */
  title: string
  /** What follows from it, with the coverage where it says "nothing". */
  children?: ReactNode
  /** Buttons and links: what to do next. */
  actions?: ReactNode
}

export function EmptyState({ kind, title, children, actions }: Props) {
  const Sign = signs[kind]
  return (
    <div data-state={kind} data-testid="empty" className="mx-auto flex max-w-xl flex-col items-center px-6 py-12 text-center">
      <span className={`mb-4 grid size-10 place-items-center rounded-full border border-edge text-dim ${kind === 'blind' ? 'hatched' : 'bg-surface'}`}>
        <Sign size={18} aria-hidden="true" className={kind === 'blind' ? 'box-content rounded-full bg-surface p-1' : undefined} />
      </span>
      <p className="text-base font-semibold text-balance foreign">{title}</p>
      {children && <div className="mt-1.5 text-sm text-dim text-pretty">{children}</div>}
      {actions && <div className="mt-5 flex flex-wrap justify-center gap-2">{actions}</div>}
    </div>
  )
}
