import type { Decision } from '@/lib/decision'
import { pushTo } from '@/lib/multimap'
import type { Search } from '@/state/search'

/** What a node says beside its name: the same marks as everywhere. */
export interface NodeMark {
  decision?: Decision
  freshness?: string
  change?: Change
  /** It cannot be said: hatched. */
  unknown?: boolean
}

export type Change = 'added' | 'removed' | 'changed'

export const changeSigns: Record<Change, string> = { added: '+', removed: '−', changed: '~' }
export const changeWords: Record<Change, string> = { added: 'new', removed: 'gone', changed: 'changed' }

/** Something that is drawn. Layers go from left to right. */
export interface GraphNode {
  id: string
  layer: number
  kind: string
  label: string
  note?: string
  mark?: NodeMark
  /** The page of it. */
  to?: string
  search?: Search
  /** Nodes of one bundle are put together when they are many. */
  bundle?: string
  /** Within a bundle the highest comes first. */
  weight?: number
}

/** How an edge is known: seen, said by somebody, read from a configuration, or not known to be there. */
export type EdgeLook = 'observed' | 'declared' | 'documented' | 'inferred' | 'unknown' | 'refused'

export interface GraphEdge {
  from: string
  to: string
  look: EdgeLook
  /** What it means: "runs", "talks to, postgresql, port 5432". */
  words: string
}

export interface Graph {
  nodes: GraphNode[]
  edges: GraphEdge[]
  /** Names of the layers, from the left; what has no name has no head. */
  layers: string[]
}

/** What stands for many nodes. */
export interface Bundle {
  id: string
  layer: number
  name: string
  /** The nodes in it that are not drawn. */
  members: GraphNode[]
  /** More of them that were not even asked for. */
  beyond: number
}

export interface Drawn {
  nodes: GraphNode[]
  bundles: Bundle[]
  /** Between nodes and bundles; an edge that stands for several says for how many. */
  edges: (GraphEdge & { count: number })[]
  /** What the whole graph has. */
  total: { nodes: number; edges: number }
}

/** In the order of their letters; quicker than by the rules of a language, and the same everywhere. */
const byName = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/** Most nodes that are drawn one by one. */
export const mostNodes = 300
/** How many of a bundle come with each click. */
export const bundleStep = 50

export interface CollapseOptions {
  /** How many of a bundle are drawn at first. */
  first: number
  /** How many of which bundle are to be drawn: from the address. */
  open: Record<string, number>
  /** How many nodes of a bundle there are beyond those handed in. */
  beyond?: Record<string, number>
  /** This one is drawn whatever else is not: it was chosen, or found. */
  keep?: string
}

/**
 * Puts together what is too much to draw. No edge goes away: those of nodes that
 * are not drawn lead to their bundle, and are counted.
 */
export function collapse(graph: Graph, { first, open, beyond = {}, keep = '' }: CollapseOptions): Drawn {
  const groups = new Map<string, GraphNode[]>()
  for (const node of graph.nodes) {
    pushTo(groups, node.bundle ?? `${node.layer}`, node)
  }
  const place = new Map<string, string>()
  const nodes: GraphNode[] = []
  const bundles: Bundle[] = []
  let room = mostNodes
  for (const [key, members] of groups) {
    const sorted = [...members].sort((a, b) => (b.weight ?? 0) - (a.weight ?? 0) || byName(a.label, b.label) || byName(a.id, b.id))
    const more = beyond[key] ?? 0
    const wanted = Math.max(first, open[key] ?? 0)
    // One node alone is no bundle, unless there are more of them elsewhere.
    const shown = Math.min(sorted.length <= wanted + 1 && more === 0 ? sorted.length : wanted, room)
    room -= Math.min(shown, sorted.length)
    for (const node of sorted.slice(0, shown)) {
      nodes.push(node)
      place.set(node.id, node.id)
    }
    const rest = sorted.slice(shown)
    const kept = rest.findIndex((n) => n.id === keep)
    if (kept >= 0) {
      for (const node of rest.splice(kept, 1)) {
        nodes.push(node)
        place.set(node.id, node.id)
      }
    }
    if (rest.length + more === 0) continue
    const sample = sorted[0] as GraphNode
    const bundle = { id: `+${key}`, layer: sample.layer, name: sample.kind, members: rest, beyond: more }
    bundles.push(bundle)
    for (const node of rest) place.set(node.id, bundle.id)
  }
  return { nodes, bundles, edges: merged(graph.edges, place), total: { nodes: graph.nodes.length + bundles.reduce((n, b) => n + b.beyond, 0), edges: graph.edges.length } }
}

function merged(edges: GraphEdge[], place: Map<string, string>): Drawn['edges'] {
  const out = new Map<string, GraphEdge & { count: number }>()
  for (const edge of edges) {
    const [from, to] = [place.get(edge.from), place.get(edge.to)]
    if (from === undefined || to === undefined) continue
    const key = `${from}\n${to}`
    const have = out.get(key)
    if (!have) out.set(key, { ...edge, from, to, count: 1 })
    else out.set(key, { ...have, count: have.count + 1, look: stronger(have.look, edge.look), words: have.words === edge.words ? have.words : `${have.count + 1} edges` })
  }
  return [...out.values()]
}

const strength: EdgeLook[] = ['unknown', 'refused', 'inferred', 'documented', 'declared', 'observed']

export function stronger(a: EdgeLook, b: EdgeLook): EdgeLook {
  return strength.indexOf(a) >= strength.indexOf(b) ? a : b
}

/** What is drawn, and what is not, in one sentence. */
export function drawnWords(drawn: Drawn): string {
  const nodes = drawn.nodes.length
  const inBundles = drawn.total.nodes - nodes
  const edges = `${drawn.total.edges.toLocaleString('en-GB')} ${drawn.total.edges === 1 ? 'edge' : 'edges'}`
  if (inBundles === 0) return `All ${nodes.toLocaleString('en-GB')} nodes and ${edges} are drawn.`
  const urgent = drawn.bundles.filter((b) => b.members.some((m) => m.mark?.decision === 'act')).length
  const act = urgent === 0 ? '' : urgent === 1 ? ' One group holds something to act on now.' : ` ${urgent} groups hold something to act on now.`
  return `${nodes.toLocaleString('en-GB')} of ${drawn.total.nodes.toLocaleString('en-GB')} nodes are drawn; ${inBundles.toLocaleString('en-GB')} stand in ${drawn.bundles.length === 1 ? 'one group' : `${drawn.bundles.length} groups`}. Nothing is dropped: all ${edges} lead to a node or its group.${act}`
}

/** "open=a:50,b:100" of the address. */
export function openOf(text: string): Record<string, number> {
  const out: Record<string, number> = {}
  for (const part of text.split(',')) {
    const at = part.lastIndexOf(':')
    const n = Number(part.slice(at + 1))
    if (at > 0 && Number.isInteger(n) && n > 0) out[decodeURIComponent(part.slice(0, at))] = Math.min(n, mostNodes)
  }
  return out
}

export function openText(open: Record<string, number>): string {
  return Object.entries(open).map(([key, n]) => `${encodeURIComponent(key)}:${n}`).join(',')
}
