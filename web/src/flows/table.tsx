import { pageOf, refKey } from '@/entity/ask'
import { kindWords, shortId } from '@/entity/words'
import { cx } from '@/lib/class-names'
import { useAsOf } from '@/state/view'
import { PlainTable } from '@/table/plain-table'
import { FreshMark } from '@/twin/marks'
import { PageLink } from '@/ui/page-link'
import { Age } from '@/ui/time'
import { countWords, type FlowEdge, type FlowReached, type Flows, lookOf, saysWords } from './model'

const fills: Record<string, string> = { observed: 'bg-ramp-1 border-ramp-1', documented: 'bg-ramp-4 border-ramp-2', inferred: 'hatched border-control', refused: 'border-more', unknown: 'hatched border-control' }

/** How a flow is known: seen, written down, or inferred. */
export function HowMark({ look }: { look: string }) {
  return <span className="inline-flex items-center gap-1.5 whitespace-nowrap" data-how={look}><span aria-hidden="true" className={cx('mark size-2.5 rounded-full border-[1.5px]', fills[look])} />{look}</span>
}

export function DataChips({ data }: { data: string[] }) {
  if (data.length === 0) return <span className="text-faint">none said</span>
  return <span className="inline-flex flex-wrap gap-1">{data.map((d) => <span key={d} className="rounded border border-edge px-1.5 text-xs leading-5 foreign">{d}</span>)}</span>
}

function End({ end, label }: { end: FlowEdge['from']; label: string | undefined }) {
  return <><PageLink {...pageOf(end)} className="row-link foreign" title={end.name}>{shortId(label || end.name)}</PageLink><span className="block text-xs font-normal text-faint">{[kindWords(end.kind), end.scope].filter(Boolean).join(' · ')}</span></>
}

/** The edges, one by one. */
export function FlowTable({ doc, busy }: { doc: Flows; busy: boolean }) {
  const at = useAsOf()
  const label = new Map(doc.nodes.map((n) => [refKey(n), n.label]))
  const columns = [
    { id: 'from', head: 'From', cell: (e: FlowEdge) => <End end={e.from} label={label.get(refKey(e.from))} /> },
    { id: 'to', head: 'To', cell: (e: FlowEdge) => <End end={e.to} label={label.get(refKey(e.to))} /> },
    { id: 'how', head: 'Known', cell: (e: FlowEdge) => <HowMark look={lookOf(e)} /> },
    { id: 'protocol', head: 'Speaks', cell: (e: FlowEdge) => <span className="foreign">{e.protocols.join(', ') || <span className="text-faint">not said</span>}</span> },
    { id: 'data', head: 'Data', cell: (e: FlowEdge) => <DataChips data={e.data} /> },
    { id: 'seen', head: 'Last seen', cell: (e: FlowEdge) => <>{e.freshness && <FreshMark value={e.freshness} {...(e.freshness === 'lapsed' ? { word: 'Lapsed' } : {})} />}<span className="block text-xs text-faint"><Age at={e.seen_at} from={at} none="never seen" />{countWords(e)}</span></> },
    { id: 'says', head: 'Who says so', grow: true, cell: (e: FlowEdge) => <span className="text-xs text-dim foreign">{saysWords(e)}</span> },
  ]
  return <PlainTable label="Flows" testId="flows" columns={columns} rows={doc.items} rowKey={(e) => `${refKey(e.from)} ${refKey(e.to)}`} state={lookOf} busy={busy} />
}

export function ReachTable({ items }: { items: FlowReached[] }) {
  const at = useAsOf()
  const columns = [
    { id: 'to', head: 'What', cell: (r: FlowReached) => <End end={r} label={r.label} /> },
    { id: 'hops', head: 'Steps', align: 'right' as const, cell: (r: FlowReached) => r.hops },
    { id: 'how', head: 'Weakest step', cell: (r: FlowReached) => <HowMark look={r.how} /> },
    { id: 'data', head: 'Data', cell: (r: FlowReached) => <DataChips data={r.data} /> },
    { id: 'via', head: 'Through', cell: (r: FlowReached) => <span className="text-dim foreign">{shortId(r.via.name)}</span> },
    { id: 'seen', head: 'Last seen', grow: true, cell: (r: FlowReached) => <Age at={r.seen_at} from={at} none="not all of the way" /> },
  ]
  return <PlainTable label="Blast radius" testId="radius" columns={columns} rows={items} rowKey={(r) => refKey(r)} />
}
