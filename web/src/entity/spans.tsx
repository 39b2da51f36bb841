import { useState } from 'react'
import { cx } from '@/lib/class-names'
import { count, plural } from '@/lib/format'
import type { ThingSpan } from '@/twin/wire'
import { Button } from '@/ui/button'
import { PanelFrame } from '@/ui/panel-frame'
import { Time } from '@/ui/time'
import { shortId } from './words'

const first = 8

const changes: Record<string, string> = { appeared: 'Appeared', changed: 'Changed', returned: 'Came back' }

/** What was so from when to when, by whom; the newest first. */
export function SpansPanel({ spans, more }: { spans: ThingSpan[]; more: number }) {
  const [shown, setShown] = useState(first)
  const all = spans.length + more
  return (
    <PanelFrame
      id="timeline" subject="Its timeline" title={all === 0 ? 'No source speaks of it' : all === 1 ? 'It never changed since it is known' : `${plural(all, 'stretch', 'stretches')} of time, the newest first`}
      note="Valid time: from when to when it was so. What was learned later says so."
      sheet={{ head: ['from', 'to', 'change', 'source', 'scope', 'class', 'fields', 'recorded_from', 'learned_to'], rows: spans.map((s) => [s.from, s.to, s.change, s.source, s.scope, s.class, s.changes.map((c) => `${c.field}: ${c.before} -> ${c.after}`).join('; '), s.recorded_from, s.learned_to]) }}
    >
      <ol data-chart="timeline" className="relative flex flex-col gap-3 before:absolute before:top-2 before:bottom-2 before:left-[0.3125rem] before:border-l before:border-edge">
        {spans.slice(0, shown).map((s, i) => <Span key={i} span={s} />)}
      </ol>
      {spans.length > shown && <p className="mt-2"><Button small onClick={() => setShown(spans.length)}>Show {count(spans.length - shown)} older</Button></p>}
      {more > 0 && shown >= spans.length && <p className="mt-2 text-xs text-faint">Showing {count(spans.length)} of {count(all)}.</p>}
    </PanelFrame>
  )
}

function Span({ span: s }: { span: ThingSpan }) {
  const late = Date.parse(s.recorded_from) - Date.parse(s.from) > 3_600_000
  return (
    <li data-kind={s.change} className="relative grid grid-cols-[0.75rem_minmax(0,1fr)] gap-x-3">
      <span aria-hidden="true" className={cx('mark mt-1 size-[0.6875rem] rounded-full border-2 border-ink', s.to === null ? 'bg-ink' : 'bg-surface')} />
      <div className="min-w-0">
        <p className="flex flex-wrap items-baseline justify-between gap-x-4 text-sm">
          <span><span className="font-medium">{changes[s.change] ?? s.change}</span> <Time at={s.from} />{s.to ? <span className="text-dim">, until <Time at={s.to} /></span> : <span className="text-dim">, still so</span>}</span>
          <span className="text-xs text-faint foreign">{s.source} · {s.class}</span>
        </p>
        {s.changes.length > 0 && (
          <ul className="mt-0.5 text-xs">
            {s.changes.map((c) => (
              <li key={c.field} className="foreign"><code className="text-faint">{c.field}</code> {c.before ? <span className="text-dim">{shortId(c.before)}</span> : <span className="text-faint">nothing</span>} → {c.after ? shortId(c.after) : <span className="text-faint">nothing</span>}</li>
            ))}
            {s.more > 0 && <li className="text-faint">and {plural(s.more, 'more field')}</li>}
          </ul>
        )}
        {late && <p className="text-xs text-faint">Learned <Time at={s.recorded_from} /></p>}
      </div>
    </li>
  )
}
