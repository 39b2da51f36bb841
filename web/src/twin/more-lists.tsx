import { useQuery } from '@tanstack/react-query'
import { answer, api } from '@/api/client'
import { pageOf } from '@/entity/ask'
import { kindWords, shortId } from '@/entity/words'
import { useNarrow } from '@/exposures/use-narrow'
import { count } from '@/lib/format'
import { both, quoted, toggleFacet } from '@/state/query-text'
import { useAsOf, useScope } from '@/state/view'
import type { Column } from '@/table/columns'
import { KeysetTable } from '@/table/keyset-table'
import { useKeyset } from '@/table/use-keyset'
import { PageLink } from '@/ui/page-link'
import { Age } from '@/ui/time'
import { pageSize } from './ask'
import { ServiceLink } from './columns'
import { useOpenPage } from './lists'
import { FreshMark } from './marks'
import { Nothing } from './nothing'
import type { Endpoint, Identity, Thing } from './wire'

interface Props {
  q: string
  onClear: () => void
}

interface Query {
  limit: number
  q?: string
  as_of?: string
  cursor?: string
}

/** A list of things; what it takes of the scope bar is its own. */
function useThings<R>(kind: string, q: string, load: (query: Query, signal: AbortSignal) => Promise<{ items: R[]; total: number; next: string | null; as_of?: string }>) {
  const at = useAsOf()
  const asOf = at?.toISOString() ?? ''
  const list = useKeyset<R>({ key: ['twin', kind, q, asOf], load: (cursor, signal) => load({ limit: pageSize, ...(q ? { q } : {}), ...(asOf ? { as_of: asOf } : {}), ...(cursor ? { cursor } : {}) }, signal) })
  return { list, rowsOf: q + asOf }
}

const tri = (value: string) => (value === 'unknown' ? <span className="text-dim">Not known</span> : value === 'yes' ? 'Yes' : 'No')

function evidence(of: { freshness: string; seen_at: string | null; sources: string[] }) {
  return <><FreshMark value={of.freshness} /><span className="block truncate pl-4 text-xs text-faint"><Age at={of.seen_at} none="never seen" />{of.sources.length > 0 && ` · ${of.sources.join(', ')}`}</span></>
}

const kinds: Record<string, string> = { door: 'Door of a workload', operation: 'Operation of an API', port: 'Open port of a host' }

const endpointColumns: Column<Endpoint>[] = [
  { id: 'address', head: 'Endpoint', name: 'Address', width: 'minmax(14rem, 1.4fr)', fixed: true, cell: (e) => <><span className="block truncate font-medium" title={e.address}>{e.address}</span><span className="block truncate text-xs text-faint">{[kinds[e.kind] ?? e.kind, e.via && `through ${e.via}`].filter(Boolean).join(' · ')}</span></> },
  { id: 'service', head: 'Behind it', name: 'Service behind it', width: 'minmax(9rem, 1fr)', cell: (e) => (e.service ? <><ServiceLink name={e.service} /><span className="block truncate text-xs text-faint">{e.environment}</span></> : <span className="text-dim">{e.process || 'not known'}</span>) },
  { id: 'public', head: 'Public', name: 'From the internet', width: '6.5rem', cell: (e) => tri(e.public) },
  { id: 'auth', head: 'Signed in', name: 'Asks who comes', width: '6.5rem', cell: (e) => tri(e.authenticated) },
  { id: 'documented', head: 'Documented', name: 'Stands in a document of its API', width: '6.75rem', cell: (e) => tri(e.documented) },
  { id: 'owner', head: 'Owner', name: 'Owner', width: '8rem', cell: (e) => e.owner || <span className="text-faint italic">nobody</span> },
  { id: 'evidence', head: 'Evidence', name: 'Age of the evidence', width: '10rem', cell: evidence },
]

/** What fits on a phone: the first two columns. */
const narrowed = <R,>(columns: Column<R>[]) => columns.slice(0, 2).map((c, i) => ({ ...c, width: i === 0 ? 'minmax(9.5rem, 1fr)' : '8.5rem' }))

export function EndpointList({ q, onClear }: Props) {
  const [scope] = useScope()
  const scoped = both(q.trim(), [['product', scope.product], ['env', scope.env], ['owner', scope.owner]].filter(([, v]) => v).map(([k, v]) => `${k ?? ''}:${quoted(v ?? '')}`).join(' '))
  const { list, rowsOf } = useThings<Endpoint>('endpoints', scoped, async (query, signal) => answer(await api.GET('/api/v1/twin/endpoints', { params: { query }, signal })))
  const narrow = useNarrow()
  return <KeysetTable label="Endpoints" list={list} columns={narrow ? narrowed(endpointColumns) : endpointColumns} lines={2} rowsOf={rowsOf} rowKey={(e) => [e.kind, e.address, e.service, e.environment, e.via].join('|')} empty={<Nothing what="endpoints" q={scoped} onClear={onClear} />} />
}

const identityColumns: Column<Identity>[] = [
  { id: 'name', head: 'Account', name: 'Account', width: 'minmax(12rem, 1.2fr)', fixed: true, cell: (i) => <><PageLink {...pageOf({ kind: i.kind, scope: i.scope, name: i.id })} className="row-link max-w-full"><span className="truncate">{i.id}</span></PageLink><span className="block truncate text-xs text-faint">{[kindWords(i.kind), i.scope, i.state === 'named' && 'no source has it'].filter(Boolean).join(' · ')}</span></> },
  { id: 'for', head: 'Acts for', name: 'Workloads that run as it', width: 'minmax(9rem, 1fr)', cell: (i) => <span className="block truncate" title={i.workloads.join('\n')}>{i.workloads_total === 0 ? <span className="text-faint">nothing</span> : `${i.workloads[0] ?? ''}${i.workloads_total > 1 ? ` and ${count(i.workloads_total - 1)} more` : ''}`}</span> },
  { id: 'roles', head: 'Roles', name: 'Roles that bindings give it', width: 'minmax(9rem, 1fr)', cell: (i) => <span className="block truncate" title={i.roles.join('\n')}>{i.roles.length === 0 ? <span className="text-faint">{i.given === 'yes' ? 'none' : 'not known'}</span> : i.roles.join(', ')}</span> },
  { id: 'escalates', head: 'Can rise', name: 'May make itself more than it is', width: '7rem', cell: (i) => tri(i.escalates) },
  { id: 'evidence', head: 'Evidence', name: 'Age of the evidence', width: '10rem', cell: evidence },
]

export function IdentityList({ q, onClear }: Props) {
  const { list, rowsOf } = useThings<Identity>('identities', q.trim(), async (query, signal) => answer(await api.GET('/api/v1/twin/identities', { params: { query }, signal })))
  const narrow = useNarrow()
  return <KeysetTable label="Identities" list={list} columns={narrow ? narrowed(identityColumns) : identityColumns} lines={2} rowsOf={rowsOf} rowKey={(i) => `${i.kind}/${i.scope}/${i.id}`} empty={<Nothing what="identities" q={q} onClear={onClear} />} />
}

const thingColumns: Column<Thing>[] = [
  { id: 'name', head: 'Thing', name: 'Name', width: 'minmax(14rem, 1.6fr)', fixed: true, cell: (t) => <><PageLink {...pageOf({ kind: t.kind, scope: t.scope, name: t.id })} className="row-link max-w-full" title={t.id}><span className="truncate">{shortId(t.id)}</span></PageLink><span className="block truncate text-xs text-faint">{[kindWords(t.kind), t.scope].filter(Boolean).join(' · ')}</span></> },
  { id: 'links', head: 'Edges', name: 'Edges that it holds', width: '6rem', align: 'right', cell: (t) => count(t.links.length) },
  { id: 'class', head: 'Known', name: 'Declared or observed', width: '7rem', cell: (t) => t.class },
  { id: 'since', head: 'As it is since', name: 'Since when it is as it is', width: '8rem', cell: (t) => <Age at={t.since} none="not known" /> },
  { id: 'evidence', head: 'Evidence', name: 'Age of the evidence', width: '12rem', cell: evidence },
]

export function ThingList({ q, onClear, onQuery }: Props & { onQuery: (q: string) => void }) {
  const at = useAsOf()
  const asked = useQuery({ queryKey: ['twin', 'kinds', at?.toISOString() ?? ''], queryFn: async ({ signal }) => answer(await api.GET('/api/v1/twin/kinds', { params: { query: at ? { as_of: at.toISOString() } : {} }, signal })) })
  const { list, rowsOf } = useThings<Thing>('things', q.trim(), async (query, signal) => answer(await api.GET('/api/v1/twin/things', { params: { query }, signal })))
  const narrow = useNarrow()
  const open = useOpenPage()
  return (
    <>
      <ul aria-label="Kinds" className="mb-3 flex min-h-6 flex-wrap gap-1.5" data-testid="kinds">
        {(asked.data?.items ?? []).map((k) => (
          <li key={k.kind}><button type="button" aria-pressed={q.includes(`kind:${quoted(k.kind)}`)} onClick={() => onQuery(toggleFacet(q, 'kind', k.kind))} className="h-7 rounded-md border border-edge bg-surface px-2 text-xs hover:border-control aria-pressed:border-ink aria-pressed:bg-chosen">{kindWords(k.kind)} <span className="text-faint">{count(k.count)}</span></button></li>
        ))}
      </ul>
      <KeysetTable
        label="Things" list={list} columns={narrow ? narrowed(thingColumns) : thingColumns} lines={2} rowsOf={rowsOf} rowKey={(t) => `${t.kind}/${t.scope}/${t.id}`}
        onOpen={(t) => { const page = pageOf({ kind: t.kind, scope: t.scope, name: t.id }); open(page.to, page.search) }} empty={<Nothing what="things" q={q} onClear={onClear} />}
      />
    </>
  )
}
