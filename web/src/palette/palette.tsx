import { useNavigate } from '@tanstack/react-router'
import { Search as SearchSign } from 'lucide-react'
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from 'react'
import { cx } from '@/lib/class-names'
import { patched, scopeSearch, type Search } from '@/state/search'
import { useOpen } from '@/ui/dialog'
import { type Command, entriesFor, type Entry, type Hit } from './entries'

export interface PaletteProps {
  open: boolean
  onClose: () => void
  /** Finds things of the estate by the beginning of a name. */
  search: (text: string, signal: AbortSignal) => Promise<Hit[]>
  commands: Command[]
}

/** Search, go to, do; and the place to paste an identifier. Loaded when it is first asked for. */
export default function Palette(props: PaletteProps) {
  const { open, onClose } = props
  const box = useRef<HTMLDialogElement>(null)
  useOpen(box, open)
  if (!open) return null
  return (
    <dialog ref={box} aria-label="Search and commands" data-testid="palette"
      onCancel={(e) => { e.preventDefault(); onClose() }}
      onMouseDown={(e) => e.target === box.current && onClose()}
      className="mt-[12vh] w-[calc(100vw-2rem)] max-w-2xl overflow-hidden rounded-xl border border-edge bg-raised p-0 shadow-float">
      <PaletteBody {...props} />
    </dialog>
  )
}

function useHits(text: string, search: PaletteProps['search']): Hit[] {
  const [hits, setHits] = useState<Hit[]>([])
  useEffect(() => {
    const wanted = text.trim()
    if (wanted === '' || wanted.startsWith('>')) return
    const stop = new AbortController()
    const timer = setTimeout(() => {
      // A failed search leaves pages and commands, which need no server.
      search(wanted, stop.signal).then(setHits, () => setHits([]))
    }, 60)
    return () => {
      stop.abort()
      clearTimeout(timer)
    }
  }, [text, search])
  return text.trim() === '' || text.startsWith('>') ? [] : hits
}

function PaletteBody({ onClose, search, commands }: PaletteProps) {
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const hits = useHits(text, search)
  const entries = useMemo(() => entriesFor(text, hits, commands), [text, hits, commands])
  const navigate = useNavigate()
  const id = useId()
  const chosen = Math.min(at, entries.length - 1)
  const take = (entry: Entry | undefined) => {
    if (!entry) return
    onClose()
    entry.run?.()
    if (entry.to) void navigate({ to: entry.to, search: ((before: Search) => patched(scopeSearch(before), entry.search ?? {})) as never })
  }
  const keys = (event: KeyboardEvent) => {
    const to = { ArrowDown: chosen + 1, ArrowUp: chosen - 1, Home: 0, End: entries.length - 1 }[event.key]
    if (event.key === 'Enter') take(entries[chosen])
    if (to === undefined) return
    event.preventDefault()
    setAt((to + entries.length) % Math.max(1, entries.length))
  }
  return (
    <>
      <div className="flex items-center gap-3 border-b border-hairline px-4">
        <SearchSign size={16} aria-hidden="true" className="text-faint" />
        <input autoFocus type="text" role="combobox" aria-label="Search, or paste a CVE, package URL or digest" aria-expanded="true" aria-controls={`${id}-list`} aria-autocomplete="list"
          aria-activedescendant={entries[chosen] ? `${id}-${chosen}` : undefined} value={text} spellCheck={false} autoComplete="off"
          placeholder="Search, or paste a CVE, package URL or digest" onKeyDown={keys}
          onChange={(e) => { setText(e.target.value); setAt(0) }} className="h-13 grow bg-transparent text-base outline-none" />
        <kbd className="text-xs text-faint">Esc</kbd>
      </div>
      <ul id={`${id}-list`} role="listbox" aria-label="Results" className="max-h-[50vh] overflow-y-auto p-2">
        {entries.map((entry, i) => (
          <PaletteRow key={entry.id} id={`${id}-${i}`} entry={entry} chosen={i === chosen} first={entries[i - 1]?.group !== entry.group} onTake={() => take(entry)} onPoint={() => setAt(i)} />
        ))}
      </ul>
      {entries.length === 0 && <p role="status" className="px-4 pb-6 text-center text-sm text-dim">Nothing has this name. Paste a whole identifier, or type &gt; for commands.</p>}
    </>
  )
}

interface RowProps {
  id: string
  entry: Entry
  chosen: boolean
  /** The first of its group: carries the group's name. */
  first: boolean
  onTake: () => void
  onPoint: () => void
}

function PaletteRow({ id, entry, chosen, first, onTake, onPoint }: RowProps) {
  const row = useRef<HTMLLIElement>(null)
  useEffect(() => {
    if (chosen) row.current?.scrollIntoView({ block: 'nearest' })
  }, [chosen])
  return (
    <>
      {first && <li role="presentation" className="eyebrow px-2 pt-2 pb-1">{entry.group}</li>}
      {/* The field keeps the focus and has the keys; the list is pointed at. */}
      <li ref={row} id={id} role="option" aria-selected={chosen} onClick={onTake} onMouseMove={onPoint}
        className={cx('flex min-h-9 cursor-pointer items-center justify-between gap-4 rounded-md px-2 text-sm', chosen && 'bg-pointed')}>
        <span className="min-w-0 truncate font-medium">{entry.title}</span>
        {entry.note && <span className="shrink-0 text-xs text-faint">{entry.note}</span>}
      </li>
    </>
  )
}
