import { describe, expect, it } from 'vitest'
import { box, layersOf, layout, line } from './layout'
import { collapse, drawnWords, type Graph, type GraphNode, mostNodes, openOf, openText } from './model'

const node = (id: string, layer: number, more: Partial<GraphNode> = {}): GraphNode => ({ id, layer, kind: 'Component', label: id, ...more })
const edge = (from: string, to: string) => ({ from, to, look: 'declared' as const, words: 'holds' })

function fan(n: number): Graph {
  const parts = Array.from({ length: n }, (_, i) => node(`part-${String(i).padStart(5, '0')}`, 1, { weight: i % 7 === 0 ? 1 : 0 }))
  return { nodes: [node('image', 0), ...parts], edges: parts.map((p) => edge('image', p.id)), layers: ['Image', 'Component'] }
}

describe('collapse', () => {
  it('drops no node and no edge, and says how many are not drawn', () => {
    const drawn = collapse(fan(10_000), { first: 5, open: {} })
    const held = drawn.nodes.length + drawn.bundles.reduce((n, b) => n + b.members.length + b.beyond, 0)
    expect([held, drawn.total.nodes]).toEqual([10_001, 10_001])
    expect(drawn.edges.reduce((n, e) => n + e.count, 0)).toBe(10_000)
    expect(drawnWords(drawn)).toBe('6 of 10,001 nodes are drawn; 9,995 stand in one group. Nothing is dropped: all 10,000 edges lead to a node or its group.')
  })
  it('draws the weightiest first, and more on demand, up to what can be drawn', () => {
    expect(collapse(fan(100), { first: 3, open: {} }).nodes.slice(1).map((n) => n.label)).toEqual(['part-00000', 'part-00007', 'part-00014'])
    expect(collapse(fan(100), { first: 3, open: { 1: 53 } }).nodes.length).toBe(54)
    expect(collapse(fan(2000), { first: 3, open: { 1: 5000 } }).nodes.length).toBe(mostNodes)
  })
  it('draws what was found, whatever group it stands in, and still drops nothing', () => {
    const drawn = collapse(fan(10_000), { first: 3, open: {}, keep: 'part-09998' })
    expect(drawn.nodes.map((n) => n.id)).toContain('part-09998')
    expect(drawn.nodes.length + drawn.bundles.reduce((n, b) => n + b.members.length, 0)).toBe(10_001)
    expect(drawn.edges.find((e) => e.to === 'part-09998')?.count).toBe(1)
  })
  it('says in how many groups something is urgent', () => {
    const graph = fan(20)
    graph.nodes = graph.nodes.map((n, i) => (i > 5 ? { ...n, weight: 0, mark: { decision: 'act' as const } } : { ...n, weight: 5 }))
    expect(drawnWords(collapse(graph, { first: 2, open: {} }))).toMatch(/One group holds something to act on now\.$/)
  })
  it('makes no bundle of one, and counts what was not even asked for', () => {
    expect(collapse(fan(4), { first: 3, open: {} }).bundles).toEqual([])
    const [bundle] = collapse(fan(2), { first: 3, open: {}, beyond: { 1: 1204 } }).bundles
    expect([bundle?.members.length, bundle?.beyond]).toEqual([0, 1204])
  })
  it('keeps what is open in the address', () => expect(openOf(openText({ 'a,b:c': 50, x: 100 }))).toEqual({ 'a,b:c': 50, x: 100 }))
})

describe('layout', () => {
  it('gives the same places each time, and no two nodes the same', () => {
    const drawn = collapse(fan(40), { first: 20, open: {} })
    const [a, b] = [layout(drawn), layout(drawn)]
    expect([...a.places]).toEqual([...b.places])
    const spots = [...a.places.values()].map((p) => `${p.x},${p.y}`)
    expect(new Set(spots).size).toBe(spots.length)
    expect(Math.max(...[...a.places.values()].map((p) => p.y)) + box.height).toBeLessThanOrEqual(a.height)
  })
  it('orders a layer by its neighbours', () => {
    const graph = { nodes: [node('a', 0), node('b', 0), node('x', 1), node('y', 1)], edges: [edge('a', 'y'), edge('b', 'x')], layers: [] }
    const { places } = layout(collapse(graph, { first: 9, open: {} }))
    const above = (one: string, two: string) => (places.get(one)?.y ?? 0) < (places.get(two)?.y ?? 0)
    expect(above('a', 'b')).toBe(above('y', 'x'))
  })
  it('comes to an end on cycles, and goes round with their last edge', () => {
    const layers = layersOf(['a', 'b', 'c', 'self'], [{ from: 'a', to: 'b' }, { from: 'b', to: 'c' }, { from: 'c', to: 'a' }, { from: 'self', to: 'self' }])
    expect([...layers]).toEqual([['a', 0], ['b', 1], ['c', 2], ['self', 0]])
    expect(line({ x: 300, y: 0 }, { x: 0, y: 0 }, 150)).toMatch(/^M300 /)
  })
  it('is quick enough on long ways', () => {
    const ids = Array.from({ length: 20_000 }, (_, i) => `n${i}`)
    const layers = layersOf(ids, ids.slice(1).map((to, i) => ({ from: `n${i}`, to })))
    expect(layers.get('n19999')).toBe(19_999)
  })
})
