import type { ComponentProps } from 'react'
import { cx } from '@/lib/class-names'

export type ButtonKind = 'primary' | 'plain' | 'quiet' | 'danger'

const looks: Record<ButtonKind, string> = {
  primary: 'bg-ink text-inverse hover:bg-dim',
  plain: 'border border-edge bg-surface text-ink hover:bg-hover hover:border-control',
  quiet: 'text-dim hover:bg-hover hover:text-ink',
  danger: 'border border-more bg-surface text-more hover:bg-hover',
}

const common =
  'inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md font-medium whitespace-nowrap select-none ' +
  'transition-colors duration-100 disabled:opacity-50'

interface Props extends ComponentProps<'button'> {
  kind?: ButtonKind
  small?: boolean
}

/** The look of a button, for a link that is one. */
export function buttonLook(kind: ButtonKind = 'plain', small = false): string {
  return cx(common, looks[kind], small ? 'h-7 px-2 text-xs' : 'h-8 px-3 text-sm')
}

export function Button({ kind = 'plain', small = false, className, type = 'button', ...rest }: Props) {
  return <button type={type} className={cx(buttonLook(kind, small), className)} {...rest} />
}

interface IconProps extends Omit<Props, 'small'> {
  /** What it does; there is no other word. */
  label: string
}

export function IconButton({ label, kind = 'quiet', className, title, ...rest }: IconProps) {
  return (
    <button type="button" aria-label={label} title={title ?? label} className={cx(common, looks[kind], 'size-8', className)} {...rest} />
  )
}
