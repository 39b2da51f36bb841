import { Check, ChevronDown } from 'lucide-react'
import { type KeyboardEvent, useState } from 'react'
import { cx } from '@/lib/class-names'
import { Popover } from '@/ui/popover'
import type { Choice } from '@/ui/select'

interface Props {
  /** "Product" */
  name: string
  /** "" is all. */
  value: string
  choices: Choice[]
  onChange: (value: string) => void
}

const searchFrom = 8

/** One of the scope's three: a button that says what it is set to, and a list to search. */
export function ScopePick({ name, value, choices, onChange }: Props) {
  const [open, setOpen] = useState(false)
  const label = choices.find((c) => c.value === value)?.label ?? value
  const take = (next: string) => {
    setOpen(false)
    onChange(next)
  }
  const trigger = (
    <button type="button" data-testid={`scope-${name.toLowerCase()}`}
      className={cx('inline-flex h-8 max-w-52 items-center gap-1.5 rounded-md px-2 text-sm hover:bg-hover', value !== '' && 'bg-chosen')}>
      <span className="text-faint">{name}</span>
      <span className="truncate font-medium">{value === '' ? 'all' : label}</span>
      <ChevronDown size={14} aria-hidden="true" className="shrink-0 text-faint" />
    </button>
  )
  return (
    <Popover trigger={trigger} label={name} open={open} onOpenChange={setOpen}>
      <PickList name={name} value={value} choices={choices} onTake={take} />
    </Popover>
  )
}

function PickList({ name, value, choices, onTake }: Omit<Props, 'onChange'> & { onTake: (value: string) => void }) {
  const [text, setText] = useState('')
  const wanted = text.trim().toLowerCase()
  const shown = choices.filter((c) => c.label.toLowerCase().includes(wanted))
  const all: Choice[] = wanted === '' ? [{ value: '', label: `All: ${name.toLowerCase()}` }, ...shown] : shown
  return (
    <div className="w-64">
      {choices.length > searchFrom && (
        <input type="search" aria-label={`Search ${name}`} placeholder={`Search ${name.toLowerCase()}…`} value={text} onChange={(e) => setText(e.target.value)} className="field mb-1 w-full" />
      )}
      <ul role="listbox" aria-label={name} className="max-h-72 overflow-y-auto" onKeyDown={walk}>
        {all.map((c) => (
          <li key={c.value} role="presentation">
            <button type="button" role="option" aria-selected={c.value === value} onClick={() => onTake(c.value)} className="flex h-8 w-full items-center justify-between gap-2 rounded-md px-2 text-left hover:bg-pointed">
              <span className="truncate">{c.label}</span>{c.value === value && <Check size={14} aria-hidden="true" />}
            </button>
          </li>
        ))}
        {all.length === 0 && <li className="px-2 py-3 text-center text-faint" role="presentation">Nothing has this name.</li>}
      </ul>
    </div>
  )
}

/** Arrow keys from one to the next. */
function walk(event: KeyboardEvent<HTMLUListElement>): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  if (step === undefined) return
  event.preventDefault()
  const options = [...event.currentTarget.querySelectorAll<HTMLElement>('[role=option]')]
  const at = options.findIndex((o) => o === document.activeElement)
  options[(at + step + options.length) % options.length]?.focus()
}
