import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { answer, api } from '@/api/client'
import { paths } from '@/app/paths'
import { refKey, useFollowTwin } from '@/entity/ask'
import { kindWords, shortId } from '@/entity/words'
import { flowGraph, type Flows as Doc, refOf } from '@/flows/model'
import { DataChips, FlowTable, ReachTable } from '@/flows/table'
import { graphSheet } from '@/graph/graph-table'
import { GraphView } from '@/graph/graph-view'
import { count, plural } from '@/lib/format'
import { scopeTerms } from '@/exposures/ask'
import { useAsOf, useScope, useView } from '@/state/view'
import { Button, buttonLook } from '@/ui/button'
import { EmptyState } from '@/ui/empty-state'
import { Page } from '@/ui/page'
import { PageLink } from '@/ui/page-link'
import { PanelFrame } from '@/ui/panel-frame'
import { Segments } from '@/ui/segments'

const most = 1000
const layouts = [{ id: 'picture', label: 'Picture' }, { id: 'table', label: 'Table' }]
const ways = [{ id: 'out', label: 'What it can get at' }, { id: 'back', label: 'Who can get at it' }]

/** What is asked: all edges, or those of one node with its blast radius. */
function useFlows(from: string, way: string) {
  const [scope] = useScope()
  const at = useAsOf()
  const q = scopeTerms(scope)
  const ref = refOf(from)
  const query = { limit: most, ...(ref ? { kind: ref.kind, id: ref.name, ...(ref.scope ? { scope: ref.scope } : {}), ...(way === 'back' ? { back: true } : {}) } : q ? { q } : {}), ...(at ? { as_of: at.toISOString() } : {}) }
  return useQuery({ queryKey: ['twin', 'flows', query], queryFn: async ({ signal }) => answer(await api.GET('/api/v1/twin/flows', { params: { query }, signal })) })
}

/** How the parts interact, and what data they touch. */
export function Flows() {
  const [view, set] = useView({ from: '', way: 'out', layout: 'picture', open: '', sel: '' })
  const asked = useFlows(view.from, view.way)
  useFollowTwin()
  const doc = asked.data
  const ref = refOf(view.from, doc)
  const none = doc?.items.length === 0
  return (
    <Page page="Flows" {...(ref ? { object: ref.name } : {})} title={ref ? `Flows of ${shortId(ref.name)}` : 'How do the parts interact, and what data do they touch?'} question="Edges that were seen, that somebody wrote down, and that are inferred from configuration." actions={<PageLink to={paths.twin} className={buttonLook('plain')}>The twin</PageLink>} foot={{ asOf: doc?.as_of ?? null, ...(doc ? { rows: doc.items.length } : {}) }} arrived={!asked.isLoading}>
      <div className="panels">
        {ref && <p className="flex flex-wrap items-center gap-2 text-sm"><span>Around <span className="font-medium foreign">{shortId(ref.name)}</span> <span className="text-faint foreign">({[kindWords(ref.kind), ref.scope].filter(Boolean).join(', ')})</span></span><Button small onClick={() => set({ from: '', way: 'out' })}>All flows</Button></p>}
        <PanelFrame
          id="flows" subject="The flows" title={doc ? doc.sentence || titleOf(doc) : 'The flows'} note={doc?.truncated ? `Showing ${count(doc.items.length)} of ${count(doc.total)} edges: the scope bar narrows them.` : 'The surer an edge is known, the more solid its line.'} minHeight={420} flush={view.layout === 'table' && !none}
          loading={asked.isLoading} error={doc ? undefined : asked.error} onRetry={() => void asked.refetch()} busy={asked.isPlaceholderData} aside={<Segments label="Picture or table" segments={layouts} value={view.layout} onChange={(layout) => set({ layout })} />}
          computed={<p>Observed: spans, network flows or sockets were seen. Documented: somebody wrote it down. Inferred: a configuration names the address. Only what is observed ages. An edge that was only tried and refused is no way.</p>}
        >
          {doc && none && <NoFlows around={ref !== null} onAll={() => set({ from: '' })} />}
          {doc && !none && (view.layout === 'table' ? <FlowTable doc={doc} busy={asked.isPlaceholderData} /> : <Picture doc={doc} view={view} set={set} />)}
        </PanelFrame>
        {doc?.radius && ref && <Radius doc={doc} way={view.way} onWay={(way) => set({ way })} />}
      </div>
    </Page>
  )
}

function titleOf(doc: Doc): string {
  const parts = [`${count(doc.observed)} observed`, `${count(doc.documented)} documented`, `${count(doc.inferred)} inferred`, doc.denied > 0 && `${count(doc.denied)} only tried and refused`].filter(Boolean)
  return `${plural(doc.total, 'edge')}: ${parts.join(', ')}`
}

interface PictureProps {
  doc: Doc
  view: { open: string; sel: string; from: string }
  set: (patch: { open?: string; sel?: string; from?: string }, options?: { replace?: boolean }) => void
}

function Picture({ doc, view, set }: PictureProps) {
  const graph = useMemo(() => flowGraph(doc), [doc])
  const chosen = view.sel || view.from
  return (
    <>
      <GraphView label="How the parts interact" graph={graph} first={12} open={view.open} onOpen={(open) => set({ open }, { replace: true })} chosen={chosen} onChosen={(sel) => set({ sel }, { replace: true })} />
      {view.sel !== '' && view.sel !== view.from && doc.nodes.some((n) => refKey(n) === view.sel) && <p className="mt-2"><Button onClick={() => set({ from: view.sel, sel: '' })}>Its blast radius</Button></p>}
      <details className="mt-3"><summary className="target w-fit text-sm text-link">The same as a list of {plural(graph.edges.length, 'edge')}</summary><ul className="text-xs" data-testid="flow-list">{graphSheet(graph).rows.map((r, i) => <li key={i} className="border-b border-hairline py-1 foreign">{r[1]} → {r[5]} <span className="text-faint">{r[2]}, {r[3]}</span></li>)}</ul></details>
    </>
  )
}

/** What an attacker who has this node can get at, and by what kind of knowledge. */
function Radius({ doc, way, onWay }: { doc: Doc; way: string; onWay: (way: string) => void }) {
  const radius = doc.radius
  if (!radius) return null
  const back = way === 'back'
  const title = radius.total === 0 ? (back ? 'Nothing is known to get at it' : 'It is not known to get at anything') : `${plural(radius.total, 'part')} ${back ? 'can get at it' : 'can be got at from here'}`
  return (
    <PanelFrame
      id="radius" subject="The blast radius" title={title} note={radius.total > radius.items.length ? `Showing ${count(radius.items.length)} of ${count(radius.total)}, the nearest first.` : 'The nearest first; a way is as sure as its weakest step.'} flush
      aside={<Segments label="Direction" segments={ways} value={back ? 'back' : 'out'} onChange={onWay} />} sheet={{ head: ['kind', 'scope', 'name', 'steps', 'weakest', 'data', 'seen_at'], rows: radius.items.map((r) => [r.kind, r.scope, r.name, r.hops, r.how, r.data.join(' '), r.seen_at]) }}
    >
      <p className="px-4 pb-2 text-sm"><span className="text-faint">Data that is touched:</span> <DataChips data={radius.data} /></p>
      {radius.items.length > 0 && <ReachTable items={radius.items} />}
    </PanelFrame>
  )
}

function NoFlows({ around, onAll }: { around: boolean; onAll: () => void }) {
  if (around) return <EmptyState kind="filtered" title="No flow begins or ends here by what the sources said." actions={<Button onClick={onAll}>All flows</Button>}>That is no proof that there is none: who sees flows stands at the coverage.</EmptyState>
  return (
    <EmptyState kind="blind" title="We cannot say who talks to whom: no source tells of flows." actions={<PageLink to={paths.connect} className={buttonLook('primary')}>Connect a source</PageLink>}>
      Spans over OTLP, network flows of Hubble, the host agent, a bill of services, or manifests with their environment would.
    </EmptyState>
  )
}
