import { type ComponentProps, type ReactNode, useId } from 'react'
import { cx } from '@/lib/class-names'

interface Props extends ComponentProps<'input'> {
  label: string
  hint?: ReactNode
  /** What is wrong with it, in a sentence. */
  fault?: string
}

/** A field with its label, its hint and its fault, tied together for those who hear them. */
export function Field({ label, hint, fault, className, id, ...rest }: Props) {
  const made = useId()
  const own = id ?? made
  const notes = [hint && `${own}-hint`, fault && `${own}-fault`].filter(Boolean).join(' ')
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={own} className="text-sm font-medium">{label}</label>
      <input id={own} aria-invalid={fault ? true : undefined} aria-describedby={notes || undefined} className={cx('field w-full', className)} {...rest} />
      {hint && <p id={`${own}-hint`} className="text-xs text-faint">{hint}</p>}
      {fault && <p id={`${own}-fault`} role="alert" className="text-xs font-medium text-more">{fault}</p>}
    </div>
  )
}

interface SwitchProps {
  label: string
  hint?: string
  on: boolean
  onChange: (on: boolean) => void
}

export function Switch({ label, hint, on, onChange }: SwitchProps) {
  const id = useId()
  return (
    <div className="flex min-h-8 items-center justify-between gap-4">
      <span>
        <span id={id} className="block text-sm font-medium">{label}</span>
        {hint && <span id={`${id}-hint`} className="block text-xs text-faint">{hint}</span>}
      </span>
      <button
        type="button" role="switch" aria-checked={on} aria-labelledby={id} aria-describedby={hint ? `${id}-hint` : undefined}
        onClick={() => onChange(!on)}
        className={cx('h-6 w-10 shrink-0 rounded-full border p-0.5 transition-colors duration-100', on ? 'border-ink bg-ink' : 'border-control bg-surface')}
      >
        <span className={cx('block size-4.5 rounded-full transition-transform duration-100', on ? 'translate-x-4 bg-inverse' : 'bg-control')} />
      </button>
    </div>
  )
}
