import { ChevronRight } from 'lucide-react'
import { type MouseEvent, type ReactNode, useState } from 'react'
import { cx } from '@/lib/class-names'
import { count } from '@/lib/format'
import type { FacetMode } from '@/state/query-text'

/** A value of a facet, as the API tells it. */
export interface FacetValue {
  value: string
  label: string
  count: number
  selected: boolean
  excluded: boolean
}

export interface Facet {
  key: string
  values: FacetValue[]
  /** Values that are not listed. */
  more: number
}

interface Props {
  facets: Facet[]
  /** The head of each: { decision: 'Decision' }. A key without one shows as it is. */
  names: Record<string, string>
  onToggle: (key: string, value: string, mode: FacetMode) => void
  /** A mark before a value: the glyph of a decision. */
  mark?: (key: string, value: string) => ReactNode
  /** Ask for more values of a facet that begin like this. */
  onSearch?: (key: string, text: string) => void
  /** Which of them stand open at first; all, when it is left out. */
  openAtFirst?: readonly string[]
  busy?: boolean
}

/** What there is to choose from, counted for this very query. */
export function FacetPanel({ facets, busy = false, ...rest }: Props) {
  return (
    <nav aria-label="Filters" aria-busy={busy} data-testid="facets" className={cx('flex flex-col gap-1 text-sm', busy && 'opacity-60')}>
      {facets.map((facet) => <FacetGroup key={facet.key} facet={facet} {...rest} />)}
      <p className="px-2 pt-2 text-xs text-faint">Alt-click leaves a value out.</p>
    </nav>
  )
}

const searchFrom = 8

function FacetGroup({ facet, names, onToggle, mark, onSearch, openAtFirst }: { facet: Facet } & Omit<Props, 'facets' | 'busy'>) {
  const [text, setText] = useState('')
  const [open] = useState(() => !openAtFirst || openAtFirst.includes(facet.key) || facet.values.some((v) => v.selected || v.excluded))
  const name = names[facet.key] ?? facet.key
  const wanted = text.toLowerCase()
  const shown = facet.values.filter((v) => wanted === '' || v.label.toLowerCase().includes(wanted))
  return (
    <details open={open} className="group border-b border-hairline pb-1 last:border-0" data-facet={facet.key}>
      <summary className="flex h-8 list-none items-center gap-1 rounded px-1 font-medium hover:bg-hover">
        <ChevronRight size={14} aria-hidden="true" className="text-faint group-open:rotate-90" />
        {name}
      </summary>
      {(facet.values.length > searchFrom || facet.more > 0) && (
        <input type="search" value={text} aria-label={`Search ${name}`} placeholder={`Search ${name.toLowerCase()}…`} className="field mb-1 h-7 w-full text-xs"
          onChange={(e) => { setText(e.target.value); onSearch?.(facet.key, e.target.value) }} />
      )}
      <ul className="max-h-64 overflow-y-auto">
        {shown.map((v) => <FacetLine key={v.value} value={v} mark={mark?.(facet.key, v.value)} onToggle={(mode) => onToggle(facet.key, v.value, mode)} />)}
      </ul>
      {facet.more > 0 && <p className="px-2 py-1 text-xs text-faint">{count(facet.more)} more: search to see them</p>}
    </details>
  )
}

function FacetLine({ value, mark, onToggle }: { value: FacetValue; mark: ReactNode; onToggle: (mode: FacetMode) => void }) {
  const click = (event: MouseEvent) => onToggle(event.altKey || value.excluded ? 'exclude' : 'include')
  const unknown = value.value === 'unknown'
  return (
    <li>
      <button type="button" role="checkbox" aria-checked={value.excluded ? 'mixed' : value.selected} data-count={value.count} data-value={value.value} onClick={click}
        aria-label={`${value.label}, ${count(value.count)}${value.excluded ? ', left out' : ''}`}
        className={cx('flex h-7 w-full items-center gap-2 rounded-md px-2 text-left hover:bg-hover', value.selected && 'bg-chosen')}>
        <span aria-hidden="true" className={cx('grid size-3.5 shrink-0 place-items-center rounded-xs border text-[0.625rem] leading-none',
          value.selected ? 'border-ramp-1 bg-ramp-1 text-inverse' : 'border-control')}>
          {value.selected ? '✓' : value.excluded ? '–' : ''}
        </span>
        {mark}
        <span className={cx('grow truncate', value.excluded && 'line-through', unknown && 'text-dim italic')}>{value.label}</span>
        <span className="text-xs text-faint">{count(value.count)}</span>
      </button>
    </li>
  )
}
