import { ChevronDown } from 'lucide-react'
import type { ComponentProps } from 'react'
import { cx } from '@/lib/class-names'

export interface Choice {
  value: string
  label: string
}

interface Props extends Omit<ComponentProps<'select'>, 'onChange' | 'value'> {
  label: string
  /** Show the label above; otherwise it is only read aloud. */
  showLabel?: boolean
  value: string
  choices: Choice[]
  onChange: (value: string) => void
}

/** One of a few. The browser's own list: it works everywhere, on phones too. */
export function Select({ label, showLabel = false, value, choices, onChange, className, ...rest }: Props) {
  return (
    <label className={cx('inline-flex', showLabel && 'flex-col gap-1')}>
      <span className={showLabel ? 'text-sm font-medium' : 'sr-only'}>{label}</span>
      <span className="relative inline-flex w-full">
        <select value={value} onChange={(e) => onChange(e.target.value)} className={cx('field w-full appearance-none pr-7', className)} {...rest}>
          {choices.map((c) => <option key={c.value} value={c.value}>{c.label}</option>)}
        </select>
        <ChevronDown size={14} aria-hidden="true" className="pointer-events-none absolute top-2.25 right-2 text-faint" />
      </span>
    </label>
  )
}
