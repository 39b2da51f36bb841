import { componentName, type Row } from '@/exposures/row'
import { paths } from '@/app/paths'
import { pageOf, refKey } from '@/entity/ask'
import { kindWords, shortId } from '@/entity/words'
import type { EdgeLook, Graph, GraphEdge, GraphNode, NodeMark } from '@/graph/model'
import { type Decision, decisionOf, decisions } from '@/lib/decision'
import type { Workload } from './ask'
import { changesOf } from './change'
import type { DiffItem, Edge, ThingPage } from './wire'
import { imageWords } from './words'

/** The layers of a service's picture, from the internet to what it touches. */
export const serviceLayers = ['From where', 'Endpoint', 'Service', 'Workload', 'Image', 'Component', 'Data and identity']
const [layerFrom, layerDoor, layerService, layerWorkload, layerImage, layerComponent, layerEnd] = [0, 1, 2, 3, 4, 5, 6]

export interface ServiceParts {
  service: string
  workloads: Workload[]
  /** The pages of its workloads, as far as they were read. */
  pages: ThingPage[]
  /** Its live exposures, the most urgent first. */
  exposures: Row[]
  /** The pages of its images: what each holds. */
  images: ThingPage[]
  depth: number
  lens: string
  /** Under the lens of change: what became of the things that are drawn, and of those that are gone. */
  changes?: DiffItem[]
}

const weights: Record<Decision, number> = { act: 4, schedule: 3, watch: 2, none: 1, unknown: 1 }

function worst(list: Row[]): Decision | undefined {
  const found = list.map((r) => decisionOf(r.decision))
  return decisions.find((d) => found.includes(d)) ?? found[0]
}

const looks: Record<string, EdgeLook> = { observed: 'observed', declared: 'declared', documented: 'documented', inferred: 'inferred', content: 'declared', detected: 'observed' }

export function lookOf(basis: string): EdgeLook {
  return looks[basis] ?? 'declared'
}

/** Collects nodes once, whoever names them. */
class Drawing {
  nodes = new Map<string, GraphNode>()
  edges = new Map<string, GraphEdge>()
  add(node: GraphNode): string {
    if (!this.nodes.has(node.id)) this.nodes.set(node.id, node)
    return node.id
  }
  join(from: string, to: string, look: EdgeLook, words: string): void {
    const key = `${from}\n${to}\n${words}`
    if (!this.edges.has(key)) this.edges.set(key, { from, to, look, words })
  }
}

const workloadId = (w: Pick<Workload, 'service' | 'environment'>) => refKey({ kind: 'Workload', scope: w.environment, name: w.service })

/** What a service is in one picture. */
export function serviceGraph(parts: ServiceParts): Graph {
  const d = new Drawing()
  const mark = (rows: Row[], freshness?: string): NodeMark => {
    if (parts.lens === 'freshness') return freshness ? { freshness } : {}
    const decision = parts.lens === 'exposure' ? worst(rows) : undefined
    return decision ? { decision } : {}
  }
  const self = d.add({ id: 'service', layer: layerService, kind: 'Service', label: parts.service, note: `${parts.exposures.length} exposures`, mark: mark(parts.exposures), to: paths.service(parts.service) })
  for (const w of parts.workloads) {
    const rows = parts.exposures.filter((r) => r.environment === w.environment)
    const note = parts.lens === 'owner' ? w.owner || 'no owner' : parts.lens === 'freshness' ? w.freshness : w.service
    const id = d.add({ id: workloadId(w), layer: layerWorkload, kind: w.kind === 'Record' ? 'Workload' : w.kind, label: w.environment, note, mark: { ...mark(rows, w.freshness), ...(w.running === 'unknown' ? { unknown: true } : {}) }, ...pageOf({ kind: 'Workload', scope: w.environment, name: w.service }) })
    d.join(self, id, w.class === 'observed' ? 'observed' : 'declared', 'runs as')
    doors(d, w, self)
  }
  for (const page of parts.pages) around(d, page, parts)
  images(d, parts)
  if (parts.depth >= 2) components(d, parts, mark)
  if (parts.changes) changed(d, parts.service, parts.changes)
  return { nodes: [...d.nodes.values()], edges: [...d.edges.values()], layers: serviceLayers }
}

/** Marks what came, went and changed; what ran before and does no longer is drawn too. */
function changed(d: Drawing, service: string, items: DiffItem[]): void {
  for (const i of items.filter((x) => x.change === 'removed')) {
    const ref = { kind: i.kind, scope: i.scope, name: i.id }
    if (i.kind === 'Workload' && i.id === service) d.join('service', d.add({ id: refKey(ref), layer: layerWorkload, kind: 'Workload', label: i.scope, note: 'gone', ...pageOf(ref) }), 'declared', 'ran as')
    if (i.kind !== 'Artifact') continue
    const id = d.add({ id: refKey(ref), layer: layerImage, kind: 'Image', label: shortId(i.id), note: 'ran before', ...pageOf(ref) })
    for (const w of items) {
      if (w.kind === 'Workload' && w.id === service && w.changes.some((c) => c.before.includes(i.id))) d.join(refKey({ kind: w.kind, scope: w.scope, name: w.id }), id, 'declared', 'ran before')
    }
  }
  const changes = changesOf(items)
  for (const [id, node] of d.nodes) {
    const change = changes.get(id)
    // What changed is drawn first where not all is.
    if (change) d.nodes.set(id, { ...node, weight: 9000, mark: { ...node.mark, change } })
  }
}

/** The kinds of things in a picture that a diff of its service does not compare. */
export function kindsIn(graph: Graph): string[] {
  const kinds = graph.nodes.flatMap((n) => /^([A-Z]\w*)\//.exec(n.id)?.[1] ?? [])
  return [...new Set(kinds)].filter((k) => !['Workload', 'Artifact', 'Component', 'Product', 'Team'].includes(k)).sort()
}

function doors(d: Drawing, w: Workload, self: string): void {
  const world = () => d.add({ id: 'world', layer: layerFrom, kind: 'Everyone', label: 'The internet' })
  for (const door of w.doors) {
    const id = d.add({ id: `door ${door.address}`, layer: layerDoor, kind: 'Endpoint', label: door.address.replace(/^https?:\/\//, ''), note: door.public ? 'public' : 'internal' })
    d.join(id, self, 'declared', `leads to it in ${w.environment}${door.via ? `, through ${door.via}` : ''}`)
    if (door.public) d.join(world(), id, 'declared', 'may come in')
  }
  if (w.reachable !== 'unknown') return
  const id = d.add({ id: `door? ${w.environment}`, layer: layerDoor, kind: 'Endpoint', label: `A door in ${w.environment}?`, note: 'not known', mark: { unknown: true } })
  d.join(id, self, 'unknown', 'whether the internet reaches it is not known')
  d.join(world(), id, 'unknown', 'not known')
}

/** What stands on the right side of a workload, and with depth 3 who comes from the left. */
function around(d: Drawing, page: ThingPage, parts: ServiceParts): void {
  const from = refKey({ kind: 'Workload', scope: page.thing.scope, name: page.thing.id || page.thing.name })
  for (const group of page.edges) {
    for (const edge of group.items) beside(d, { from, title: group.title, depth: parts.depth }, edge)
  }
}

const callers = new Set(['connects-to', 'reads', 'from'])
const openers = new Set(['exposes', 'selects', 'protects'])

function beside(d: Drawing, { from, title, depth }: { from: string; title: string; depth: number }, edge: Edge): void {
  if (edge.rel === 'runs' || edge.rel === 'owned-by') return
  const words = [title, edge.detail].filter(Boolean).join(', ')
  const left = edge.incoming && (callers.has(edge.rel) ? layerFrom : openers.has(edge.rel) ? layerDoor : null)
  if (left !== false && left !== null) {
    if (depth >= 3) d.join(d.add(endNode(edge, left)), from, lookOf(edge.basis), words)
  } else if (depth >= 2) {
    d.join(from, d.add(endNode(edge, layerEnd)), edge.detail.includes('refused') ? 'refused' : lookOf(edge.basis), words)
  }
}

function endNode(edge: Edge, layer: number): GraphNode {
  const ref = { kind: edge.kind, scope: edge.scope, name: edge.name }
  const others = layer === layerEnd ? `ends ${edge.kind}` : `${layer} ${edge.kind}`
  return { id: refKey(ref), layer, kind: kindWords(edge.kind), label: shortId(edge.label || edge.name), bundle: others, ...pageOf(ref) }
}

/** Which artifacts a workload runs: by its page, else by what its list says. */
export function imagesOf(w: Workload, pages: ThingPage[]): { id: string; label: string; page: boolean }[] {
  const page = pages.find((p) => p.thing.scope === w.environment && (p.thing.id || p.thing.name) === w.service)
  const ran = page?.edges.flatMap((g) => g.items).filter((e) => e.rel === 'runs' && !e.incoming) ?? []
  return w.images.map((image) => {
    const digest = image.split('@')[1] ?? ''
    const found = ran.find((e) => e.name === digest || e.name === image) ?? (ran.length === 1 && w.images.length === 1 ? ran[0] : undefined)
    return { id: found?.name ?? (digest || image), label: imageWords(image), page: found !== undefined || digest !== '' }
  })
}

function images(d: Drawing, { workloads, pages }: ServiceParts): void {
  for (const w of workloads) {
    for (const image of imagesOf(w, pages)) {
      const ref = { kind: 'Artifact', scope: '', name: image.id }
      const id = d.add({ id: refKey(ref), layer: layerImage, kind: 'Image', label: image.label, ...(w.sbom === 'yes' ? {} : { note: w.sbom === 'no' ? 'contents not known' : 'contents partly known', mark: { unknown: w.sbom === 'no' } }), ...pageOf(ref) })
      d.join(workloadId(w), id, w.class === 'observed' ? 'observed' : 'declared', 'runs')
    }
  }
}

export const componentBundle = 'components'

function components(d: Drawing, parts: ServiceParts, mark: (rows: Row[]) => NodeMark): void {
  const rows = new Map<string, Row[]>()
  for (const r of parts.exposures) {
    const list = rows.get(r.component)
    if (list) list.push(r)
    else rows.set(r.component, [r])
  }
  const add = (purl: string, list: Row[], { label, at, sure }: { label: string; at: string[]; sure: boolean }) => {
    const ref = { kind: 'Component', scope: '', name: purl }
    const urgent = worst(list)
    const weight = (urgent ? weights[urgent] * 1000 : 0) + Math.max(0, ...list.map((r) => r.score))
    const id = d.add({ id: refKey(ref), layer: layerComponent, kind: 'Component', label, bundle: componentBundle, weight, ...(list.length > 0 ? { note: list.length === 1 ? '1 exposure' : `${list.length} exposures` } : {}), mark: mark(list), ...pageOf(ref) })
    // Of what is beyond the page of an image it is only known that one of them holds it.
    for (const image of at) d.join(image, id, 'declared', sure || at.length === 1 ? 'holds' : 'one of these holds')
  }
  const at = (environment: string) => [...new Set(parts.workloads.filter((w) => w.environment === environment).flatMap((w) => imagesOf(w, parts.pages).map((i) => refKey({ kind: 'Artifact', scope: '', name: i.id }))))]
  const holders = new Map<string, { label: string; images: string[] }>()
  for (const page of parts.images) {
    for (const edge of heldBy(page)) {
      const image = refKey({ kind: 'Artifact', scope: '', name: page.thing.id || page.thing.name })
      const found = holders.get(edge.name)
      if (found) found.images.push(image)
      else holders.set(edge.name, { label: edge.label || edge.name, images: [image] })
    }
  }
  for (const [purl, list] of rows) {
    const sure = holders.get(purl)
    add(purl, list, { label: sure?.label ?? label(purl), at: sure?.images ?? [...new Set(list.flatMap((r) => at(r.environment)))], sure: sure !== undefined })
  }
  for (const [purl, held] of holders) if (!rows.has(purl)) add(purl, [], { label: held.label, at: held.images, sure: true })
}

/** The edges to what an image holds, as far as its page has them. */
function heldBy(page: ThingPage): Edge[] {
  return page.edges.filter((g) => g.title === 'made of').flatMap((g) => g.items).filter((e) => e.kind === 'Component')
}

/** How many components of an image its page does not name. */
export function beyondPage(page: ThingPage): number {
  return Math.max(0, (page.artifact?.components ?? 0) - heldBy(page).length)
}

function label(purl: string): string {
  const version = /@([^@?#/]+)(?:[?#].*)?$/.exec(purl)?.[1]
  return [componentName(purl), version && decodeURIComponent(version)].filter(Boolean).join(' ')
}
