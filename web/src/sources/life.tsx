import { paths } from '@/app/paths'
import { cx } from '@/lib/class-names'
import { dateTime, plural } from '@/lib/format'
import type { SourceCoverage } from '@/twin/wire'
import { PageLink } from '@/ui/page-link'
import { PanelFrame } from '@/ui/panel-frame'

const looks: Record<string, string> = { ok: 'bg-ramp-2', late: 'bg-more/50', failed: 'bg-more', none: 'hatched bg-surface' }
const words: Record<string, string> = { ok: 'heard in time', late: 'late', failed: 'failed', none: 'no data' }

/** How each source did within 14 days. What does not age has no time in which it should be heard. */
export function SourceLife({ sources, id = 'life' }: { sources: SourceCoverage[]; id?: string }) {
  const list = sources.filter((s) => s.every > 0)
  const still = sources.length - list.length
  const from = Math.min(...list.flatMap((s) => s.timeline.map((t) => Date.parse(t.from))))
  const to = Math.max(...list.flatMap((s) => s.timeline.map((t) => Date.parse(t.to))))
  const late = list.filter((s) => s.timeline.at(-1)?.state !== 'ok').length
  const title = list.length === 0 ? 'No source has to be heard again and again' : late === 0 ? `Every source was heard in time until now` : `${plural(late, 'source')} of ${list.length} ${late === 1 ? 'is' : 'are'} not heard now`
  return (
    <PanelFrame
      id={id} subject="Freshness" title={title} note={`14 days, oldest at the left.${still > 0 ? ` ${plural(still, 'source')} not shown: what it says does not age.` : ''}`}
      sheet={{ head: ['source', 'from', 'to', 'state'], rows: list.flatMap((s) => s.timeline.map((t) => [s.source, t.from, t.to, words[t.state] ?? t.state])) }}
    >
      {list.length > 0 && (
        <div data-chart="freshness">
          <ul className="flex flex-col gap-1">
            {list.map((s) => (
              <li key={s.source} className="grid min-h-7 grid-cols-[8rem_minmax(0,1fr)] items-center gap-x-3 text-sm max-bar:grid-cols-[6rem_minmax(0,1fr)]" data-source={s.source}>
                <PageLink to={paths.source(s.source)} className="row-link min-w-0"><span className="truncate" title={s.source}>{s.source}</span></PageLink>
                <span className="bar relative h-4 overflow-hidden rounded-sm border border-edge bg-surface" role="img" aria-label={lifeWords(s)}>
                  {s.timeline.map((t, i) => {
                    const [a, b] = [(Date.parse(t.from) - from) / (to - from), (Date.parse(t.to) - from) / (to - from)]
                    return <span key={i} data-span={t.state} title={`${words[t.state] ?? t.state}: ${dateTime(new Date(t.from))} to ${dateTime(new Date(t.to))}`} className={cx('absolute inset-y-0', looks[t.state])} style={{ left: `${100 * a}%`, width: `${Math.max(0.4, 100 * (b - a))}%` }} />
                  })}
                </span>
              </li>
            ))}
          </ul>
          <p className="mt-2 flex flex-wrap gap-x-4 text-xs text-faint">{Object.keys(words).filter((k) => list.some((s) => s.timeline.some((t) => t.state === k)) || k === 'ok').map((k) => <span key={k} className="inline-flex items-center gap-1.5"><span aria-hidden="true" className={cx('bar size-2.5 rounded-xs border border-edge', looks[k])} />{words[k]}</span>)}</p>
        </div>
      )}
    </PanelFrame>
  )
}

/** "k8s-prod-ap: late since 21 Nov 2026, 16:30". */
export function lifeWords(s: SourceCoverage): string {
  const last = s.timeline.at(-1)
  const stretch = s.timeline.filter((t) => t.state !== 'ok').length
  if (!last) return `${s.source}: nothing is known`
  if (last.state === 'ok') return `${s.source}: heard in time${stretch > 0 ? `, ${plural(stretch, 'gap')} before` : ''}`
  return `${s.source}: ${words[last.state] ?? last.state} since ${dateTime(new Date(last.from))}`
}
