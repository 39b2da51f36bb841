import { GateStrip, gateCells, gateLetters } from '@/evidence/gate-strip'
import { cx } from '@/lib/class-names'
import { decisionOf, severityOf } from '@/lib/decision'
import { useNow } from '@/state/now'
import type { Column } from '@/table/columns'
import { DecisionChip, SeverityMark } from '@/ui/mark'
import { Age } from '@/ui/time'
import { because, componentName, componentWords, dueWords, environmentWords, isExcepted, placeWords, type Row, shortWords } from './row'

/** Letters over the strip, in the widths of its cells. */
const gateHead = (
  <>
    <span className="sr-only">Evidence</span>
    <span className="inline-flex gap-1.5" aria-hidden="true">
      {gateLetters.map(([letter]) => <span key={letter} className="w-3 text-center">{letter}</span>)}
    </span>
  </>
)

/** What is exposed and where. Where there is room the environment is never cut; "narrow" has none to spare. */
export function RowTitle({ row, narrow = false }: { row: Row; narrow?: boolean }) {
  return (
    <>
      <p className="truncate font-medium" title={componentWords(row)}>{shortWords(row)}</p>
      {narrow && <p className="truncate text-xs text-faint" title={`${row.weakness} · ${placeWords(row)}`}><span className="text-dim">{row.weakness}</span> · {placeWords(row)}{isExcepted(row) && ' · excepted'}</p>}
      {!narrow && <p className="flex text-xs whitespace-nowrap text-faint" title={`${row.weakness} · ${placeWords(row)}`}>
        <span className="shrink-0 text-dim">{row.weakness}</span>
        <span className="min-w-8 truncate before:content-['_·_'] before:whitespace-pre">{row.service}</span>
        <span className="shrink-0 before:content-['_·_'] before:whitespace-pre">{environmentWords(row)}</span>
      </p>}
    </>
  )
}

function Chips({ words }: { words: string[] }) {
  return (
    <span className="flex max-h-11 flex-wrap gap-1 overflow-hidden">
      {words.map((word) => <span key={word} className="rounded border border-edge px-1 text-xs leading-4.5 whitespace-nowrap text-dim">{word}</span>)}
    </span>
  )
}

export function Owner({ owner }: { owner: string | undefined }) {
  if (owner) return <span className="block truncate" title={owner}>{owner}</span>
  return <span className="text-xs text-dim italic">No owner<span className="sr-only"> — assign with the key a</span></span>
}

function Due({ row, at }: { row: Row; at: Date | null }) {
  const now = useNow()
  const { words, late } = dueWords(row, at ?? now)
  return (
    <>
      {words ? <time dateTime={row.deadline ?? ''} className={cx('block truncate', late && 'font-semibold text-more')}>{words}</time> : <span className="text-faint">–</span>}
      <span className="block truncate text-xs text-faint" title="First seen"><Age at={row.first_seen} from={at} none="" /></span>
    </>
  )
}

const decisionColumn: Column<Row> = {
  id: 'decision', head: 'Decision', name: 'Decision', width: '6.25rem', sort: 'decision', fixed: true,
  cell: (r) => <DecisionChip decision={decisionOf(r.decision)} />,
}
const scoreColumn: Column<Row> = {
  id: 'score', head: 'Score', name: 'Score, 0 to 1000', width: '3.5rem', align: 'right', sort: 'score',
  cell: (r) => (r.decision ? <span className="font-medium">{r.score}</span> : <span className="text-faint">–</span>),
}
const exposureColumn: Column<Row> = {
  id: 'exposure', head: 'Exposure', name: 'Weakness, component, service and environment', width: 'minmax(13rem, 1fr)', sort: 'weakness', fixed: true,
  cell: (r) => <RowTitle row={r} />,
}

/** All columns of the list; "at" is the moment looked at, null for now. */
export function exposureColumns(at: Date | null): Column<Row>[] {
  return [
    decisionColumn,
    scoreColumn,
    exposureColumn,
    {
      id: 'gates', head: gateHead, name: 'Evidence: running, reachable, exploitable, matters, fix', width: '6.25rem',
      cell: (r) => <GateStrip cells={gateCells(r.gates, r.fix !== null)} />,
    },
    { id: 'because', head: 'Because', name: 'Strongest reasons', width: '8.25rem', cell: (r) => <Chips words={isExcepted(r) ? ['excepted', ...because(r)] : because(r)} /> },
    { id: 'owner', head: 'Owner', name: 'Owner', width: '7.5rem', sort: 'owner', cell: (r) => <Owner owner={r.owner} /> },
    {
      id: 'fix', head: 'Fix', name: 'Smallest version that fixes it', width: '5rem',
      cell: (r) => (r.fix ? <span className="block truncate" title={r.fix}>{r.fix}</span> : <span className="text-xs text-faint">none known</span>),
    },
    { id: 'due', head: 'Due', name: 'Due, and when first seen', width: '5.25rem', sort: 'due', cell: (r) => <Due row={r} at={at} /> },
    ...moreColumns(at),
  ]
}

/** Columns that show when they are asked for. */
function moreColumns(at: Date | null): Column<Row>[] {
  const text = (value: string) => <span className="block truncate" title={value}>{value || '–'}</span>
  const hidden = { shown: false }
  return [
    { id: 'age', head: 'Age', name: 'Age: when first seen', width: '5.5rem', sort: 'first', ...hidden, cell: (r) => <Age at={r.first_seen} from={at} /> },
    { id: 'sev', head: 'Severity', name: 'Severity of the weakness', width: '6rem', sort: 'sev', ...hidden, cell: (r) => <SeverityMark severity={severityOf(r.severity)} short={false} /> },
    { id: 'epss', head: 'EPSS', name: 'EPSS: probability of exploitation', width: '4.5rem', align: 'right', sort: 'epss', ...hidden, cell: (r) => (r.epss == null ? '–' : `${(r.epss * 100).toFixed(1)} %`) },
    { id: 'kev', head: 'KEV', name: 'KEV: known exploited', width: '4.5rem', ...hidden, cell: (r) => text(r.kev ?? '') },
    { id: 'state', head: 'State', name: 'State', width: '6rem', ...hidden, cell: (r) => text(r.state) },
    { id: 'service', head: 'Service', name: 'Service', width: '8rem', sort: 'service', ...hidden, cell: (r) => text(r.service) },
    { id: 'env', head: 'Environment', name: 'Environment', width: '7rem', sort: 'env', ...hidden, cell: (r) => text(r.environment) },
    { id: 'component', head: 'Component', name: 'Component', width: '10rem', sort: 'component', ...hidden, cell: (r) => text(componentName(r.component)) },
    { id: 'computed', head: 'By rules', name: 'Decision by the rules', width: '7rem', ...hidden, cell: (r) => text(r.computed_decision) },
    { id: 'by', head: 'Decided by', name: 'Who decided', width: '7rem', ...hidden, cell: (r) => text(r.decided_by) },
    { id: 'grade', head: 'Evidence', name: 'Grade of the evidence, A to D', width: '5rem', ...hidden, cell: (r) => text(r.grade) },
    { id: 'fresh', head: 'Freshness', name: 'Freshness of the run-time evidence', width: '6rem', ...hidden, cell: (r) => text(r.freshness) },
    { id: 'since', head: 'Since', name: 'Since when it is in its state', width: '6rem', ...hidden, cell: (r) => <Age at={r.since} from={at} /> },
    { id: 'id', head: 'Id', name: 'Id', width: '9rem', ...hidden, cell: (r) => <code className="block truncate text-xs">{r.id}</code> },
  ]
}

/** Beside an open exposure, and on a phone: all in one line of two rows. */
export function narrowColumns(at: Date | null): Column<Row>[] {
  return [
    { ...decisionColumn, head: <span className="sr-only">Decision</span>, width: '2.5rem', cell: (r) => <DecisionChip decision={decisionOf(r.decision)} short /> },
    { ...exposureColumn, width: 'minmax(9rem, 1fr)', cell: (r) => <RowTitle row={r} narrow /> },
    {
      id: 'score', head: 'Score', name: 'Score, and due', width: '5.25rem', align: 'right', sort: 'score',
      cell: (r) => <><span className="block font-medium">{r.decision ? r.score : '–'}</span><NarrowDue row={r} at={at} /></>,
    },
  ]
}

function NarrowDue({ row, at }: { row: Row; at: Date | null }) {
  const now = useNow()
  const { words, late } = dueWords(row, at ?? now)
  return <span className={cx('block truncate text-xs', late ? 'font-semibold text-more' : 'text-faint')}>{words || '–'}</span>
}
