import { cx } from '@/lib/class-names'

export interface Segment {
  id: string
  label: string
}

interface Props {
  /** What is chosen, read aloud: "Layout". */
  label: string
  segments: readonly Segment[]
  value: string
  onChange: (id: string) => void
}

/** One of two or three ways to see the same thing. */
export function Segments({ label, segments, value, onChange }: Props) {
  return (
    <div role="group" aria-label={label} className="inline-flex h-8 items-center rounded-md border border-edge bg-sunken p-0.5">
      {segments.map((s) => (
        <button
          key={s.id} type="button" aria-pressed={s.id === value} data-value={s.id} onClick={() => onChange(s.id)}
          className={cx('h-full min-w-6 rounded-[5px] px-2.5 text-sm font-medium whitespace-nowrap', s.id === value ? 'bg-raised text-ink shadow-[0_0_0_1px_var(--edge)]' : 'text-dim hover:text-ink')}
        >
          {s.label}
        </button>
      ))}
    </div>
  )
}
