import { paths } from '@/app/paths'
import { countedKind } from '@/entity/words'
import { plural } from '@/lib/format'
import { useAsOf } from '@/state/view'
import { PlainTable } from '@/table/plain-table'
import { FreshMark } from '@/twin/marks'
import type { MissingSource, SourceCoverage, TwinCoverage } from '@/twin/wire'
import { PageLink } from '@/ui/page-link'
import { PanelFrame } from '@/ui/panel-frame'
import { StatNumber } from '@/ui/stat-number'
import { Age } from '@/ui/time'

const mostKinds = 6

export function seesWords(s: SourceCoverage): string {
  const shown = s.sees.slice(0, mostKinds).map((k) => countedKind(k.count, k.kind))
  return [...shown, s.sees.length > mostKinds && `${plural(s.sees.length - mostKinds, 'more kind')}`].filter(Boolean).join(', ')
}

/** Source by source: what it sees, when it last did, and what that leaves unknown. */
export function SeesPanel({ doc }: { doc: TwinCoverage }) {
  const at = useAsOf()
  const columns = [
    { id: 'source', head: 'Source', cell: (s: SourceCoverage) => <><PageLink to={paths.source(s.source)} className="row-link foreign">{s.source}</PageLink><span className="block text-xs font-normal text-faint">{[s.kind, ...s.classes].join(' · ')}</span></> },
    { id: 'state', head: 'Last saw', cell: (s: SourceCoverage) => <><FreshMark value={s.freshness} /><span className="block text-xs text-faint"><Age at={s.seen_at} from={at} none="never" /></span></> },
    { id: 'sees', head: 'Sees now', cell: (s: SourceCoverage) => <span className="text-dim foreign" title={s.can_see.join('\n')}>{seesWords(s) || 'nothing yet'}</span> },
    { id: 'workloads', head: 'Workloads', align: 'right' as const, cell: (s: SourceCoverage) => <StatNumber count={s.workloads.count} to={paths.twin} search={{ kind: 'workloads', q: s.workloads.query }} label={`workloads that ${s.source} speaks of`} /> },
    { id: 'unknown', head: 'Leaves unknown', grow: true, cell: (s: SourceCoverage) => (s.unknown.length === 0 && s.trouble.length === 0 ? <span className="text-faint">nothing that it should see</span> : <ul>{s.unknown.map((u, i) => <li key={i} className="foreign">{u}</li>)}{s.trouble.map((t, i) => <li key={`t${i}`} className="text-more foreign">{t.where}: {t.reason}</li>)}</ul>) },
  ]
  return (
    <PanelFrame id="sees" subject="What each source sees" title={`${plural(doc.sources.length, 'source')}, and what each leaves unknown`} note="What needs somebody comes first." flush sheet={{ head: ['source', 'kind', 'freshness', 'seen_at', 'sees', 'workloads', 'unknown', 'trouble'], rows: doc.sources.map((s) => [s.source, s.kind, s.freshness, s.seen_at, seesWords(s), s.workloads.count, s.unknown.join('; '), s.trouble.map((t) => `${t.where}: ${t.reason}`).join('; ')]) }}>
      <PlainTable label="What each source sees" testId="sees" columns={columns} rows={doc.sources} rowKey={(s) => s.source} state={(s) => s.freshness} />
    </PanelFrame>
  )
}

/** Kinds of sources of which there is none. */
export function MissingPanel({ list }: { list: MissingSource[] }) {
  return (
    <PanelFrame id="missing" subject="What no source tells" title={list.length === 0 ? 'There is a source of every kind' : `${plural(list.length, 'kind')} of sources of which there is none`} sheet={{ head: ['kind', 'leaves unknown', 'connect'], rows: list.map((m) => [m.kind, m.unknown, m.connect]) }}>
      <ul className="grid grid-cols-[minmax(0,1fr)] gap-3 rail:grid-cols-2">
        {list.map((m) => <li key={m.kind} data-missing={m.kind} className="min-w-0 text-sm"><span className="font-medium">{m.kind}</span><p className="text-dim foreign">Unknown without it: {m.unknown}</p>{m.connect && <p className="text-xs"><code className="foreign">{m.connect}</code></p>}</li>)}
      </ul>
    </PanelFrame>
  )
}
