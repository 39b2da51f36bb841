import { pushTo } from '@/lib/multimap'
import type { Drawn } from './model'

export interface Place {
  x: number
  y: number
}

export interface Layout {
  width: number
  height: number
  /** Of each node. */
  node: number
  places: Map<string, Place>
  /** The left edge of each layer that is used. */
  columns: { layer: number; x: number }[]
}

export const box = { least: 128, most: 208, height: 40, between: 10, across: 40, head: 26, edge: 4 }

/** How often the order within the layers is improved; more changes nothing that one would see. */
const sweeps = 4

/**
 * Places of a layered picture, from left to right. The same graph always gives
 * the same places: nodes are ordered by where their neighbours stand, and where
 * that says nothing they keep their order.
 */
export function layout(drawn: Drawn, room = 1150): Layout {
  const all = [...drawn.nodes, ...drawn.bundles].map((n) => ({ id: n.id, layer: n.layer }))
  const used = [...new Set(all.map((n) => n.layer))].sort((a, b) => a - b)
  const layers = used.map((layer) => all.filter((n) => n.layer === layer).map((n) => n.id))
  const near = neighbours(drawn)
  for (let i = 0; i < sweeps; i++) {
    for (let l = 1; l < layers.length; l++) layers[l] = ordered(layers[l] ?? [], layers[l - 1] ?? [], near)
    for (let l = layers.length - 2; l >= 0; l--) layers[l] = ordered(layers[l] ?? [], layers[l + 1] ?? [], near)
  }
  const n = Math.max(1, layers.length)
  const node = Math.floor(Math.min(box.most, Math.max(box.least, (room - 2 * box.edge - (n - 1) * box.across) / n)))
  const tallest = Math.max(1, ...layers.map((l) => l.length))
  const step = box.height + box.between
  const places = new Map<string, Place>()
  const columns = layers.map((ids, l) => {
    const x = box.edge + l * (node + box.across)
    const top = box.head + ((tallest - ids.length) * step) / 2
    ids.forEach((id, i) => places.set(id, { x, y: Math.round(top + i * step) }))
    return { layer: used[l] ?? 0, x }
  })
  return { width: 2 * box.edge + n * (node + box.across) - box.across, node, height: box.head + tallest * step, places, columns }
}

function neighbours(drawn: Drawn): Map<string, string[]> {
  const near = new Map<string, string[]>()
  for (const { from, to } of drawn.edges) {
    pushTo(near, from, to)
    pushTo(near, to, from)
  }
  return near
}

/** A layer, ordered by the middle of the neighbours in the one beside it. */
function ordered(ids: string[], beside: string[], near: Map<string, string[]>): string[] {
  const at = new Map(beside.map((id, i) => [id, i]))
  const middle = ids.map((id, i) => {
    const found = (near.get(id) ?? []).flatMap((n) => at.get(n) ?? [])
    // Who has no neighbour there stays where it is, as far as that goes.
    return { id, i, m: found.length === 0 ? (i * beside.length) / Math.max(1, ids.length) : found.reduce((s, n) => s + n, 0) / found.length }
  })
  return middle.sort((a, b) => a.m - b.m || a.i - b.i).map((n) => n.id)
}

/** The line of an edge: from the right side of one node to the left side of the other; back round below when it goes back. */
export function line(from: Place, to: Place, node: number): string {
  const [x1, y1, x2, y2] = [from.x + node, from.y + box.height / 2, to.x, to.y + box.height / 2]
  if (x2 > x1) {
    const bend = (x2 - x1) / 2
    return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`
  }
  const out = box.across * 0.45
  if (from.x === to.x) return `M${x1} ${y1}C${x1 + out} ${y1} ${x1 + out} ${y2} ${x1} ${y2}`
  return `M${from.x} ${y1}C${from.x - out} ${y1} ${to.x + node + out} ${y2} ${to.x + node} ${y2}`
}

/** Layers for a graph that has none: as far from a beginning as the longest way, cycles cut where they close. */
export function layersOf(ids: string[], edges: { from: string; to: string }[]): Map<string, number> {
  const out = new Map<string, string[]>()
  for (const { from, to } of edges) pushTo(out, from, to)
  const into = new Set(edges.filter((e) => e.from !== e.to).map((e) => e.to))
  const state = new Map<string, 'open' | 'done'>()
  const order: string[] = []
  const cut = new Set<string>()
  const walk = (root: string) => {
    // By hand, not by calls: a way may be as long as the graph.
    const stack: { id: string; next: number }[] = [{ id: root, next: 0 }]
    state.set(root, 'open')
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const to = out.get(top.id)?.[top.next++]
      if (to === undefined) {
        state.set(top.id, 'done')
        order.push(top.id)
        stack.pop()
      } else if (state.get(to) === 'open') cut.add(`${top.id}\n${to}`)
      else if (!state.has(to)) {
        state.set(to, 'open')
        stack.push({ id: to, next: 0 })
      }
    }
  }
  for (const id of ids) if (!into.has(id) && !state.has(id)) walk(id)
  for (const id of ids) if (!state.has(id)) walk(id)
  const layer = new Map(ids.map((id) => [id, 0]))
  for (const id of order.reverse()) {
    for (const to of out.get(id) ?? []) {
      if (!cut.has(`${id}\n${to}`)) layer.set(to, Math.max(layer.get(to) ?? 0, (layer.get(id) ?? 0) + 1))
    }
  }
  return layer
}
