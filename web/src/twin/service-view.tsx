import { useQueries, useQuery, type UseQueryResult } from '@tanstack/react-query'
import { useMemo } from 'react'
import { useNavigate } from '@tanstack/react-router'
import { paths } from '@/app/paths'
import { thingQuery } from '@/entity/ask'
import { loadWindow } from '@/exposures/ask'
import { GraphTable, graphSheet } from '@/graph/graph-table'
import { GraphView } from '@/graph/graph-view'
import type { Graph } from '@/graph/model'
import { count, plural } from '@/lib/format'
import { quoted } from '@/state/query-text'
import { scopeSearch, type Search } from '@/state/search'
import { useAsOf, useView } from '@/state/view'
import { PanelFrame } from '@/ui/panel-frame'
import { Segments } from '@/ui/segments'
import type { Workload } from './ask'
import { recentWords, useRecent, useSince } from './change'
import { lensOf, LensPick } from './lens'
import { beyondPage, componentBundle, imagesOf, kindsIn, serviceGraph } from './service-graph'
import type { ThingPage } from './wire'

/** Most environments whose pages are read for one picture, and most exposures. */
const mostPages = 12
const mostExposures = 200
const depths = [{ id: '1', label: 'Its images' }, { id: '2', label: 'What they hold and touch' }, { id: '3', label: 'And who comes in' }]

/** Kept as it is while nothing in it changes. */
function together(results: UseQueryResult<ThingPage>[]) {
  return {
    read: results.flatMap((p) => (p.data ? [p.data] : [])),
    loading: results.some((p) => p.isLoading),
    error: results.find((p) => p.error && !p.data)?.error ?? null,
    refetch: () => results.forEach((p) => void p.refetch()),
  }
}

/** What the picture of a service is made of. */
function useParts(service: string, workloads: Workload[], depth: number) {
  const at = useAsOf()
  const asOf = at?.toISOString() ?? ''
  const asked = workloads.slice(0, mostPages)
  const pages = useQueries({ queries: asked.map((w) => thingQuery({ kind: 'Workload', scope: w.environment, name: w.service }, at)), combine: together })
  const q = `svc:${quoted(service)}`
  const exposures = useQuery({ queryKey: ['twin', 'service-exposures', q, asOf], queryFn: ({ signal }) => loadWindow({ q, sort: '-decision,-score', asOf }, 0, mostExposures, signal) })
  const ids = [...new Set(asked.flatMap((w) => imagesOf(w, pages.read).map((i) => i.id)))]
  const images = useQueries({ queries: (depth >= 2 && !pages.loading ? ids.slice(0, mostPages) : []).map((id) => thingQuery({ kind: 'Artifact', scope: '', name: id }, at)), combine: together })
  return { pages, exposures, images, unread: workloads.length - asked.length, unreadImages: depth >= 2 ? Math.max(0, ids.length - mostPages) : 0 }
}

/** What became of the parts of a picture: of its workloads and images, and of the things around them. */
function useChanges(service: string, graph: Graph, enabled: boolean) {
  const [since] = useSince()
  const kinds = kindsIn(graph)
  const own = useRecent(enabled, `svc:${quoted(service)}`)
  const around = useRecent(enabled && kinds.length > 0, `kind:${kinds.join(',')}`)
  const items = useMemo(() => (own.data ? [...own.data.items, ...(around.data?.items ?? [])] : undefined), [own.data, around.data])
  if (!enabled) return { items: undefined, words: '' }
  if (own.error) return { items: undefined, words: 'what changed is not available' }
  const came = items?.filter((i) => i.id === service || i.kind === 'Artifact').length
  return { items, words: items && `+ new, ~ changed, − gone: changes ${recentWords(since, own.data)}${came === 0 ? ': nothing of the service' : ''}; what images hold is not compared${around.data?.truncated ? ', and not all things around it' : ''}${around.error ? ', and what is around it is not available' : ''}` }
}

/** A service as a layered picture, with its table twin. */
export function ServicePicture({ service, workloads }: { service: string; workloads: Workload[] }) {
  const navigate = useNavigate()
  const [view, setView] = useView({ lens: 'exposure', depth: '2', layout: 'picture', open: '', sel: '' })
  const depth = Math.min(3, Math.max(1, Number(view.depth) || 2))
  const lens = lensOf(view.lens)
  const { pages, exposures, images, unread, unreadImages } = useParts(service, workloads, depth)
  const plain = useMemo(
    () => serviceGraph({ service, workloads, pages: pages.read, exposures: exposures.data?.rows ?? [], images: images.read, depth, lens }),
    [service, workloads, pages.read, exposures.data, images.read, depth, lens],
  )
  const recent = useChanges(service, plain, lens === 'change')
  const graph = useMemo(
    () => (recent.items ? serviceGraph({ service, workloads, pages: pages.read, exposures: exposures.data?.rows ?? [], images: images.read, depth, lens, changes: recent.items }) : plain),
    [service, workloads, pages.read, exposures.data, images.read, depth, lens, recent.items, plain],
  )
  const beyond = images.read.reduce((n, p) => n + beyondPage(p), 0)
  const components = graph.nodes.filter((n) => n.bundle === componentBundle).length + beyond
  const loading = exposures.isLoading || pages.loading || images.loading
  const failed = pages.error ?? images.error ?? (exposures.data ? null : exposures.error)
  const left = [
    unread > 0 && `${plural(unread, 'workload')} more: what hangs together with them is on their own pages`,
    unreadImages > 0 && `${plural(unreadImages, 'image')} more: what they hold is on their own pages`,
    recent.words,
    (exposures.data?.total ?? 0) > mostExposures && `components are ranked by the ${mostExposures} most urgent of ${count(exposures.data?.total ?? 0)} exposures`,
  ].filter(Boolean)
  return (
    <PanelFrame
      id="picture" subject="The picture" title={`${service}: ${plural(workloads.length, 'workload')}, ${plural(graph.nodes.filter((n) => n.kind === 'Image' && n.mark?.change !== 'removed').length, 'image')}${depth >= 2 ? `, ${plural(components, 'component')}` : ''}`} minHeight={420} loading={loading} waiting="Reading what hangs together…"
      error={failed} onRetry={pages.refetch} sheet={graphSheet(graph)}
      note={left.length > 0 ? left.join('; ') : 'From the internet to the data: who leads where, and what it is made of.'}
      computed={<p>Nodes come from the workloads of the service, the edges that sources tell of them, and the components of their images, the most urgent first. Solid lines were seen or declared, dashed ones are inferred from configuration, dotted ones are not known.</p>}
    >
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <Segments label="Picture or table" segments={[{ id: 'picture', label: 'Picture' }, { id: 'table', label: 'Table' }]} value={view.layout} onChange={(layout) => setView({ layout })} />
        <LensPick value={lens} onChange={(to) => setView({ lens: to })} />
        <Segments label="How far" segments={depths.map((d) => ({ ...d, label: d.id }))} value={String(depth)} onChange={(to) => setView({ depth: to })} />
        <span className="text-xs text-faint">{depths[depth - 1]?.label}</span>
      </div>
      {view.layout === 'table' ? <GraphTable label={`Parts of ${service}`} graph={graph} chosen={view.sel} onChosen={(sel) => setView({ sel }, { replace: true })} /> : (
        <GraphView
          label={`How ${service} hangs together`} graph={graph} first={8} beyond={beyond > 0 ? { [componentBundle]: beyond } : {}} open={view.open} onOpen={(open) => setView({ open }, { replace: true })}
          chosen={view.sel} onChosen={(sel) => setView({ sel }, { replace: true })} onMore={() => void navigate({ to: paths.twin as '/', search: ((before: Search) => ({ ...scopeSearch(before), kind: 'components', q: `svc:${quoted(service)}` })) as never })}
        />
      )}
    </PanelFrame>
  )
}
