import { paths } from '@/app/paths'
import { cx } from '@/lib/class-names'
import { day, plural } from '@/lib/format'
import { useNow } from '@/state/now'
import { PlainTable } from '@/table/plain-table'
import { PageLink } from '@/ui/page-link'
import { StatNumber } from '@/ui/stat-number'
import { Age, Time } from '@/ui/time'
import { byDay, type Change, eventWords, type Feed, feedName, followed, type Happened, isOld, kindWords } from './model'

/** What happened, day by day; what touches us stands out. */
export function NewsDays({ list }: { list: Change[] }) {
  return (
    <div data-testid="news-list">
      {byDay(list, day).map((d) => (
        <section key={d.day} aria-label={d.day}>
          <h3 className="border-y border-hairline bg-sunken px-4 py-1 text-xs font-medium text-dim">{d.day}</h3>
          <ul>{d.changes.map((c, i) => <NewsLine key={`${c.subject}-${c.kind}-${i}`} change={c} />)}</ul>
        </section>
      ))}
    </div>
  )
}

function NewsLine({ change: c }: { change: Change }) {
  const touches = c.touches.count > 0
  return (
    <li data-testid="news-line" data-kind={c.kind} data-touches={c.touches.count} className="flex flex-wrap items-center gap-x-3 gap-y-0.5 border-b border-hairline px-4 py-1.5 text-sm last:border-0 hover:bg-hover">
      <span className={cx('w-20 shrink-0 text-xs', c.kind === 'kev' ? 'font-semibold text-more' : 'text-faint')}>{kindWords[c.kind] ?? c.kind}</span>
      <span className="min-w-48 grow basis-0 foreign">
        <PageLink to={paths.weakness(c.subject)} className={cx('inline-block min-h-6 underline-offset-3 hover:underline', touches ? 'font-medium' : 'text-dim')}>{c.sentence}</PageLink>
        {c.drill && <span className="ml-2 rounded border border-edge px-1 text-xs text-dim">drill</span>}
      </span>
      {touches
        ? <span className="inline-flex items-center gap-1"><StatNumber count={c.touches.count} to={paths.exposures} search={{ q: c.touches.query }} label={`exposures that ${c.subject} concerns`} /> {c.touches.count === 1 ? 'exposure' : 'exposures'}</span>
        : <span className="text-xs text-faint">touches nothing here</span>}
      <time dateTime={c.at} className="w-16 text-right text-xs text-faint"><Age at={c.at} /></time>
    </li>
  )
}

/** What changed in the world and what it meant here, day by day. */
export function EventDays({ list }: { list: Happened[] }) {
  return (
    <div data-testid="event-list">
      {byDay(list, day).map((d) => (
        <section key={d.day} aria-label={d.day}>
          <h3 className="border-y border-hairline bg-sunken px-4 py-1 text-xs font-medium text-dim">{d.day}</h3>
          <ul>{d.changes.map((e) => <EventLine key={e.id} event={e} />)}</ul>
        </section>
      ))}
    </div>
  )
}

function EventLine({ event: e }: { event: Happened }) {
  const moved = followed(e)
  const feed = e.kind === 'feed.updated'
  return (
    <li data-testid="event-line" data-kind={e.kind} className="flex flex-wrap items-center gap-x-3 gap-y-0.5 border-b border-hairline px-4 py-1.5 text-sm last:border-0 hover:bg-hover">
      <span className={cx('w-20 shrink-0 text-xs', e.here.act_now > 0 ? 'font-semibold text-more' : 'text-faint')}>{eventWords[e.kind] ?? e.kind}</span>
      <span className="min-w-48 grow basis-0 foreign">
        {feed ? <span className="text-dim">{e.sentence}</span> : <PageLink to={paths.weakness(e.subject)} className="inline-block min-h-6 font-medium underline-offset-3 hover:underline">{e.sentence}</PageLink>}
      </span>
      {moved && <span className="text-xs text-dim">{moved}</span>}
      {e.here.query !== '' && <PageLink to={paths.exposures} search={{ q: e.here.query }} className="text-xs underline underline-offset-3" aria-label={`exposures to ${e.subject} now`}>now</PageLink>}
      <time dateTime={e.at} className="w-16 text-right text-xs text-faint"><Age at={e.at} /></time>
    </li>
  )
}

export function FeedTable({ feeds }: { feeds: Feed[] }) {
  const now = useNow()
  const columns = [
    { id: 'feed', head: 'Feed', cell: (f: Feed) => feedName(f) },
    { id: 'records', head: 'Records', align: 'right' as const, cell: (f: Feed) => plural(f.records, 'record').split(' ')[0] },
    { id: 'withdrawn', head: 'Withdrawn', align: 'right' as const, cell: (f: Feed) => f.withdrawn },
    { id: 'data', head: 'Newest data', cell: (f: Feed) => <span className={isOld(f, now) ? 'font-medium text-more' : ''}><Age at={f.data_time} none="no date" /></span> },
    { id: 'loaded', head: 'Loaded', cell: (f: Feed) => <Time at={f.loaded_at} none="never" /> },
    { id: 'origin', head: 'From', grow: true, cell: (f: Feed) => <span className="text-dim foreign">{f.origin || '–'}</span> },
  ]
  return <PlainTable label="Feeds" testId="feeds" columns={columns} rows={feeds} rowKey={(f) => `${f.kind}/${f.name}`} state={(f) => (isOld(f, now) ? 'stale' : 'fresh')} />
}
