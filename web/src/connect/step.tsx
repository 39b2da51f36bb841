import { Check } from 'lucide-react'
import type { ReactNode } from 'react'
import { cx } from '@/lib/class-names'
import type { FirstRunStep } from './ask'

interface Props {
  n: number
  step: FirstRunStep
  /** Why, in a sentence. */
  why: ReactNode
  open: boolean
  onToggle: () => void
  children: ReactNode
}

/** One step. Evidence ticks it, not a click. */
export function Step({ n, step, why, open, onToggle, children }: Props) {
  return (
    <section data-testid={`step-${step.step}`} data-state={step.done ? 'done' : 'todo'} className="min-w-0 rounded-xl border border-edge bg-surface">
      <h2>
        <button type="button" aria-expanded={open} onClick={onToggle} className="flex w-full items-center gap-3 rounded-xl px-4 py-3 text-left hover:bg-hover">
          <span aria-hidden="true" className={cx('grid size-6 shrink-0 place-items-center rounded-full text-xs font-semibold', step.done ? 'bg-fewer text-inverse' : 'border border-control text-dim')}>{step.done ? <Check size={14} /> : n}</span>
          <span className="min-w-0 grow"><span className="block text-base font-semibold">{step.title}</span><span className="block text-xs text-faint foreign">{step.done ? 'Done: ' : ''}{step.evidence}</span></span>
          <span className="text-xs text-faint">{open ? 'Hide' : 'Show'}</span>
        </button>
      </h2>
      {open && <div className="flex flex-col gap-4 border-t border-hairline px-4 py-4"><p className="max-w-2xl text-sm text-dim">{why}</p>{children}</div>}
    </section>
  )
}
