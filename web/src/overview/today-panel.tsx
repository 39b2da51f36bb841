import { paths } from '@/app/paths'
import { because, componentWords, dueWords, placeWords, type Row, shortWords } from '@/exposures/row'
import { cx } from '@/lib/class-names'
import { decisionOf } from '@/lib/decision'
import { useNow } from '@/state/now'
import { useAsOf } from '@/state/view'
import { EmptyState } from '@/ui/empty-state'
import { DecisionChip } from '@/ui/mark'
import { PageLink } from '@/ui/page-link'
import { PanelFrame } from '@/ui/panel-frame'
import { StatNumber } from '@/ui/stat-number'
import type { OverviewDoc } from './ask'
import { useDrill } from './drill'
import type { PartProps } from './gates-panel'

/** What to begin with. */
export function TodayPanel({ doc, error, busy, onRetry }: PartProps) {
  const rows = (doc?.today ?? []) as Row[]
  return (
    <PanelFrame
      id="today" subject="Today" flush loading={!doc && !error} error={doc ? null : error} onRetry={onRetry} busy={busy} minHeight={280}
      title={rows.length === 0 ? 'Today' : rows.length === 1 ? 'Today, begin with this one' : `Today, begin with these ${rows.length}`}
      aside={doc && doc.act_now.count > 0 && <span className="flex shrink-0 gap-x-3"><OfDrill /><AllActNow doc={doc} /></span>}
    >
      {doc && rows.length === 0 && <NothingToday doc={doc} />}
      <ul>{rows.map((row) => <TodayRow key={row.id} row={row} />)}</ul>
    </PanelFrame>
  )
}

/** While a drill goes on: what it brought, wherever it stands in the order. */
function OfDrill() {
  const { data } = useDrill()
  if (!data || data.step === 'ready' || data.open.count === 0) return null
  return (
    <span className="rounded border border-amber-edge bg-amber px-1.5 text-xs leading-5 text-amber-ink" data-testid="of-drill" title="New by the drill">
      <StatNumber count={data.open.count} to={paths.exposures} search={{ q: data.open.query }} label="new by the drill" className="min-w-0! text-xs" /> new
    </span>
  )
}

function AllActNow({ doc }: { doc: OverviewDoc }) {
  return (
    <span className="text-xs leading-6 text-faint">
      all <StatNumber count={doc.act_now.count} to={paths.exposures} search={{ q: doc.act_now.query }} label="to act on now" className="min-w-0! text-xs" /> act now
    </span>
  )
}

function NothingToday({ doc }: { doc: OverviewDoc }) {
  const { covered, workloads } = doc.standing
  if (doc.state === 'blind') return <EmptyState kind="blind" title="We cannot say what is to be done.">{doc.standing.sentence}</EmptyState>
  return (
    <EmptyState kind="done" title="Nothing to act on now.">
      <StatNumber count={doc.watched.count} to={paths.exposures} search={{ q: doc.watched.query }} label="exposures are watched" className="min-w-0!" /> exposures are watched. {covered} of {workloads} workloads are covered.
    </EmptyState>
  )
}

function TodayRow({ row }: { row: Row }) {
  const clock = useNow()
  const at = useAsOf()
  const due = dueWords(row, at ?? clock)
  return (
    <li className="border-t border-hairline px-4 py-1.5" data-testid="today-row">
      <div className="flex items-center gap-2.5">
        <DecisionChip decision={decisionOf(row.decision)} short />
        <PageLink to={paths.exposure(row.id)} className="row-link"><span className="truncate"><span title={componentWords(row)}>{shortWords(row)}</span> <span className="font-normal text-dim">{row.weakness}</span></span></PageLink>
        {due.words && <time dateTime={row.deadline ?? ''} className={cx('ml-auto shrink-0 text-xs', due.late ? 'font-semibold text-more' : 'text-faint')}>{due.late ? due.words : `due ${due.words}`}</time>}
      </div>
      <p className="truncate pl-6 text-xs text-faint foreign">{[placeWords(row), because(row).join(' · '), row.owner || 'no owner'].filter(Boolean).join(' · ')}</p>
    </li>
  )
}
