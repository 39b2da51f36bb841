import { Ellipsis } from 'lucide-react'
import { lazy, type ReactNode, Suspense, useId, useLayoutEffect, useRef, useState } from 'react'
import { cx } from '@/lib/class-names'
import type { Sheet } from '@/lib/download'
import { IconButton } from './button'
import { Menu, MenuItem } from './menu'
import { Dialog } from './dialog'
import { ProblemNote } from './problem-note'

// What is only needed after a click is loaded then.
const SheetTable = lazy(() => import('./sheet-table').then((m) => ({ default: m.SheetTable })))
const files = () => import('@/lib/download')

export interface PanelFrameProps {
  /** Stable name of the panel: anchor, file name and test hook. */
  id: string
  /** The finding, not the subject: "12 of 12,481 survive every gate". */
  title: ReactNode
  /** One line under the title: what is counted, over what time. */
  note?: ReactNode
  /** What the panel is about, in a word or two, for messages: "The trend". */
  subject: string
  loading?: boolean
  /** What the server is doing, shown after 2 s: "Counting 1.2 M rows…". */
  waiting?: string
  error?: unknown
  onRetry?: () => void
  /** Old values are shown while new ones come. */
  busy?: boolean
  /** The same items as a table: gives "View as table" and the downloads. */
  sheet?: Sheet
  /** How this is computed, in sentences. */
  computed?: ReactNode
  /** More to the right of the title: a verdict, a switch. */
  aside?: ReactNode
  /** Smallest height of the content, so that nothing jumps when it arrives. */
  minHeight?: number
  /** The content reaches the edges: for tables. */
  flush?: boolean
  className?: string
  children: ReactNode
}

/** A part of a page that loads, fails and is taken away on its own. */
export function PanelFrame(props: PanelFrameProps) {
  const { id, title, note, subject, loading = false, error, busy = false, sheet, aside, minHeight, flush = false } = props
  const [asTable, setAsTable] = useState(false)
  const body = useRef<HTMLDivElement>(null)
  const heading = useId()
  const state = loading ? 'loading' : error ? 'partial' : 'ready'
  return (
    <section
      id={id} aria-labelledby={heading} aria-busy={loading || busy} data-testid={`panel-${id}`} data-state={state}
      className={cx('flex min-w-0 flex-col rounded-xl border border-edge bg-surface', props.className)}
    >
      <header className="flex items-start gap-2 px-4 pt-3 pb-2">
        <div className="min-w-0 grow">
          <h2 id={heading} className="text-base leading-6 font-semibold text-pretty">{title}</h2>
          {note && <p className="text-xs text-faint">{note}</p>}
        </div>
        {aside}
        <PanelMenu {...props} body={body} asTable={asTable} onTable={setAsTable} />
      </header>
      <div ref={body} className={cx('grow', flush ? '' : 'px-4 pb-4', busy && 'opacity-60')} style={minHeight ? { minHeight } : undefined}>
        {state === 'loading' && <Skeleton lines={linesIn(minHeight)} {...(props.waiting ? { waiting: props.waiting } : {})} />}
        {state === 'partial' && <ProblemNote error={error} what={subject} {...(props.onRetry ? { onRetry: props.onRetry } : {})} />}
        {state === 'ready' && (asTable && sheet ? <Suspense fallback={<Skeleton />}><SheetTable sheet={sheet} caption={subject} /></Suspense> : props.children)}
      </div>
    </section>
  )
}

/** As many grey lines as the place has that is kept for the content: it must not be larger than what comes. */
function linesIn(height: number | undefined): number {
  const [line, words] = [28, 36]
  return height === undefined ? 4 : Math.max(1, Math.min(6, Math.floor((height - words) / line)))
}

/** Grey lines, but only when the wait is long enough to be seen. */
export function Skeleton({ waiting = 'Still working on it…', lines = 4 }: { waiting?: string; lines?: number }) {
  return (
    <div className={cx('late flex', lines === 1 ? 'h-6 items-center gap-4 [&>div]:grow' : 'flex-col gap-3 py-2')} data-testid="skeleton">
      {Array.from({ length: lines }, (_, i) => (
        <div key={i} className="h-4 rounded bg-sunken" style={{ width: `${92 - ((i * 23) % 47)}%` }} />
      ))}
      <p className="later text-xs text-faint" role="status" data-testid="waiting">{waiting}</p>
    </div>
  )
}

/** Looks when the menu opens: only what is drawn as a picture can be one. */
function SvgItem({ id, body }: Pick<MenuProps, 'id' | 'body'>) {
  const [svg, setSvg] = useState<SVGSVGElement | null>(null)
  useLayoutEffect(() => setSvg(body.current?.querySelector<SVGSVGElement>('svg[data-chart]') ?? null), [body])
  if (!svg) return null
  return <MenuItem onSelect={() => void files().then((f) => f.download(`tidemark-${id}.svg`, 'image/svg+xml', f.svgText(svg)))}>Download SVG</MenuItem>
}

interface MenuProps extends PanelFrameProps {
  body: { current: HTMLDivElement | null }
  asTable: boolean
  onTable: (on: boolean) => void
}

function PanelMenu({ id, subject, sheet, computed, body, asTable, onTable }: MenuProps) {
  const [explained, setExplained] = useState(false)
  const copyLink = () => void navigator.clipboard.writeText(`${location.href.split('#')[0] ?? ''}#${id}`)
  const trigger = <IconButton label={`More about: ${subject}`} className="-mt-0.5 -mr-1.5 size-7 no-print"><Ellipsis size={16} aria-hidden="true" /></IconButton>
  return (
    <>
      <Menu trigger={trigger}>
        {sheet && <MenuItem onSelect={() => onTable(!asTable)}>{asTable ? 'View as picture' : 'View as table'}</MenuItem>}
        {sheet && <MenuItem onSelect={() => void files().then((f) => f.download(`tidemark-${id}.csv`, 'text/csv', f.csv(sheet)))}>Download CSV</MenuItem>}
        {sheet && <MenuItem onSelect={() => void files().then((f) => f.download(`tidemark-${id}.json`, 'application/json', f.json(sheet)))}>Download JSON</MenuItem>}
        {sheet && !asTable && <SvgItem id={id} body={body} />}
        <MenuItem onSelect={copyLink}>Copy link to this panel</MenuItem>
        {computed && <MenuItem onSelect={() => setExplained(true)}>How is this computed?</MenuItem>}
      </Menu>
      <Dialog open={explained} onClose={() => setExplained(false)} title={`How is this computed? ${subject}`}>
        <div className="flex flex-col gap-2 pb-2 text-sm text-dim">{computed}</div>
      </Dialog>
    </>
  )
}
