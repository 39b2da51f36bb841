import { ListFilter, X } from 'lucide-react'
import { useEffect, useId, useRef, useState } from 'react'
import type { ApiError } from '@/api/problem'
import { useShortcuts } from '@/keys/shortcuts'
import { cx } from '@/lib/class-names'

interface Props {
  /** The query of the address. */
  value: string
  /** Called 120 ms after the last key, and at once on Enter. */
  onChange: (q: string) => void
  /** The refusal of this very query; the list keeps its rows. */
  error?: ApiError | null
  placeholder?: string
  label?: string
}

const pause = 80
/** "did you mean `sev`?" as the server says it, in either kind of quotes. */
const offer = /did you mean [`"']([\w-]+)[`"']/i
const unknownKey = /[`"']([\w-]+)[`"']/

/** The same query with the key that was meant; null when there is none on offer. */
export function suggestion(q: string, error: Pick<ApiError, 'detail' | 'hint'>): string | null {
  const meant = offer.exec(`${error.hint} ${error.detail}`)?.[1]
  const wrong = unknownKey.exec(error.detail)?.[1]
  if (!meant || !wrong) return null
  const fixed = q.replace(new RegExp(`(^|[\\s-])${wrong}:`, 'gi'), `$1${meant}:`)
  return fixed === q ? null : fixed
}

/** The query as text. "/" brings the cursor here. */
export function QueryBox({ value, onChange, error = null, placeholder = 'decision:act env:prod owner:none …', label = 'Filter' }: Props) {
  const [text, setText] = useState(value)
  const field = useRef<HTMLInputElement>(null)
  const sent = useRef(value)
  const timer = useRef(0)
  const id = useId()
  useEffect(() => {
    // The address changed from elsewhere: a facet, Back, a link.
    if (value !== sent.current) setText(value)
    sent.current = value
  }, [value])
  useEffect(() => () => window.clearTimeout(timer.current), [])
  useShortcuts({ '/': () => field.current?.select() })
  const send = (q: string) => {
    window.clearTimeout(timer.current)
    sent.current = q
    if (q !== value) onChange(q)
  }
  const type = (q: string) => {
    setText(q)
    window.clearTimeout(timer.current)
    timer.current = window.setTimeout(() => send(q), pause)
  }
  const put = (q: string) => {
    setText(q)
    send(q)
    field.current?.focus()
  }
  const better = error ? suggestion(text, error) : null
  return (
    <div className="min-w-0 grow" role="search" data-testid="query-box">
      <div className="relative">
        <ListFilter size={14} aria-hidden="true" className="absolute top-2.25 left-2.5 text-faint" />
        <input
          ref={field} id={id} type="text" value={text} aria-label={label} placeholder={placeholder} spellCheck={false} autoComplete="off" autoCapitalize="none"
          aria-invalid={error !== null} aria-describedby={error ? `${id}-error` : undefined}
          onChange={(e) => type(e.target.value)}
          onKeyDown={(e) => {
            if (e.key === 'Enter') send(text)
            if (e.key === 'Escape') field.current?.blur()
          }}
          className={cx('field w-full pr-9 pl-8 font-mono text-xs', error && 'border-more')}
        />
        {text !== '' && (
          <button type="button" aria-label="Clear the filter" onClick={() => put('')} className="target absolute top-1 right-1.5 rounded text-faint hover:text-ink"><X size={14} aria-hidden="true" /></button>
        )}
      </div>
      {error && (
        <p id={`${id}-error`} role="alert" data-testid="query-error" className="pt-1 text-xs text-more foreign">
          {error.detail || error.title}
          {better ? (
            <>. Did you mean <button type="button" className="link target px-1 font-mono" onClick={() => put(better)}>{better}</button>?</>
          ) : (
            error.hint && `: ${error.hint}`
          )}
        </p>
      )}
    </div>
  )
}
