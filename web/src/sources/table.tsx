import { paths } from '@/app/paths'
import { count } from '@/lib/format'
import { useNow } from '@/state/now'
import { useAsOf } from '@/state/view'
import { PlainTable } from '@/table/plain-table'
import { FreshMark } from '@/twin/marks'
import { PageLink } from '@/ui/page-link'
import { Age } from '@/ui/time'
import { effectWords, expectedWords, type Source, sourceKey, stateWords, worstFirst } from './model'

function Refused({ n }: { n: number }) {
  return n > 0 ? <span className="font-semibold text-more">{count(n)}</span> : <span className="text-faint">0</span>
}

export function SourceTable({ list, busy }: { list: Source[]; busy: boolean }) {
  const present = useNow()
  const at = useAsOf()
  const now = at ?? present
  const columns = [
    {
      id: 'source', head: 'Source',
      cell: (s: Source) => (
        <>
          <PageLink to={paths.source(s.source)} className="row-link foreign">{s.source}</PageLink>
          <span className="block text-xs font-normal text-faint">{[s.scope, s.class].filter(Boolean).join(' · ')}</span>
        </>
      ),
    },
    { id: 'state', head: 'State', cell: (s: Source) => <FreshMark value={s.freshness} word={stateWords(s.freshness)} /> },
    { id: 'seen', head: 'Last heard', cell: (s: Source) => <Age at={s.seen_at} from={at} none="never" /> },
    { id: 'every', head: 'Expected', cell: (s: Source) => <span className="whitespace-nowrap text-dim">{expectedWords(s, now)}</span> },
    { id: 'rejected', head: 'Refused', align: 'right' as const, cell: (s: Source) => <Refused n={s.rejected} /> },
    { id: 'quarantined', head: 'Set aside', align: 'right' as const, cell: (s: Source) => <Refused n={s.quarantined} /> },
    { id: 'effect', head: 'What its silence breaks', grow: true, cell: (s: Source) => <span className={s.freshness === 'fresh' ? 'text-faint' : 'text-ink'}>{effectWords(s)}</span> },
  ]
  return <PlainTable label="Sources" testId="sources" columns={columns} rows={worstFirst(list)} rowKey={sourceKey} state={(s) => s.freshness} busy={busy} />
}

export function sourceSheet(list: Source[]) {
  return {
    head: ['source', 'scope', 'class', 'state', 'seen_at', 'every_seconds', 'refused', 'set_aside', 'effect'],
    rows: worstFirst(list).map((s) => [s.source, s.scope, s.class, s.freshness, s.seen_at, s.every, s.rejected, s.quarantined, effectWords(s)]),
  }
}
