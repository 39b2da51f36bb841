import { useMemo, useState } from 'react'
import { useWidth } from '@/charts/use-width'
import { cx } from '@/lib/class-names'
import { count } from '@/lib/format'
import { EdgeKey, edgeLooks } from './edge-key'
import { box, layout, line } from './layout'
import { type Bundle, bundleStep, collapse, drawnWords, type Graph, mostNodes, openOf, openText } from './model'
import { BundleBox, NodeBox } from './node-box'
import { NodeNote } from './node-note'

interface Props {
  /** What the picture is about, read aloud. */
  label: string
  graph: Graph
  /** How many of a bundle are drawn at first. */
  first?: number
  /** How many nodes of a bundle there are beyond those in the graph. */
  beyond?: Record<string, number>
  /** Which bundles are open, as the address has it. */
  open: string
  onOpen: (open: string) => void
  /** The node that is chosen, in the picture and in the table. */
  chosen: string
  onChosen: (id: string) => void
  /** Of a bundle only those are left that are not in the graph. */
  onMore?: (bundle: Bundle) => void
}

/** A layered picture, from left to right. Every node is a button, in the order of the layers. */
export function GraphView({ label, graph, first = 8, beyond, open, onOpen, chosen, onChosen, onMore }: Props) {
  const opened = openOf(open)
  const drawn = useMemo(() => collapse(graph, { first, open: openOf(open), keep: chosen, ...(beyond ? { beyond } : {}) }), [graph, first, open, beyond, chosen])
  const [room, width] = useWidth<HTMLDivElement>(1100)
  const made = useMemo(() => layout(drawn, width), [drawn, width])
  const near = new Set(drawn.edges.flatMap((e) => (e.from === chosen || e.to === chosen ? [e.from, e.to] : [])))
  const held = made.places.has(chosen)
  const dull = (id: string) => held && id !== chosen && !near.has(id)
  const full = drawn.nodes.length >= mostNodes
  const expand = (bundle: Bundle) => {
    const key = bundle.id.slice(1)
    const shown = drawn.nodes.filter((n) => (n.bundle ?? `${n.layer}`) === key).length
    if (bundle.members.length === 0) return onMore?.(bundle)
    if (full) return
    onOpen(openText({ ...opened, [key]: shown + bundleStep }))
  }
  return (
    <div data-testid="graph" data-nodes={drawn.nodes.length} data-total={drawn.total.nodes} data-edges={drawn.total.edges}>
      <Find graph={graph} onChosen={onChosen} />
      <div ref={room} className="overflow-x-auto rounded-lg border border-hairline bg-canvas" role="region" aria-label={label} tabIndex={0}>
        <svg data-chart="graph" width={made.width} height={made.height + box.edge} viewBox={`0 0 ${made.width} ${made.height + box.edge}`} role="group" aria-label={label} className="block font-sans">
          {made.columns.map((c) => <text key={c.layer} x={c.x} y="15" className="fill-faint text-[0.6875rem] font-medium">{graph.layers[c.layer] ?? ''}</text>)}
          <g aria-hidden="true">
            {drawn.edges.map((e) => {
              const [from, to] = [made.places.get(e.from), made.places.get(e.to)]
              if (!from || !to) return null
              const lit = e.from === chosen || e.to === chosen
              return (
                <path key={`${e.from} ${e.to}`} d={line(from, to, made.node)} fill="none" data-edge={e.look} className={cx(edgeLooks[e.look].look, held && !lit && 'opacity-25')} strokeWidth={lit ? 2.2 : Math.min(4, 1.2 + Math.log10(e.count))}>
                  <title>{e.words}</title>
                </path>
              )
            })}
          </g>
          {[...drawn.nodes].sort((a, b) => a.layer - b.layer || (made.places.get(a.id)?.y ?? 0) - (made.places.get(b.id)?.y ?? 0)).map((n) => {
            const place = made.places.get(n.id)
            return place && <NodeBox key={n.id} node={n} place={place} width={made.node} chosen={n.id === chosen} dull={dull(n.id)} onPress={() => onChosen(n.id === chosen ? '' : n.id)} />
          })}
          {drawn.bundles.map((b) => {
            const place = made.places.get(b.id)
            return place && <BundleBox key={b.id} bundle={b} place={place} width={made.node} chosen={false} dull={dull(b.id)} onPress={() => expand(b)} />
          })}
        </svg>
      </div>
      <p className="mt-2 text-xs text-faint" role="status" data-testid="drawn">{drawnWords(drawn)}{full && ` ${count(mostNodes)} nodes are as many as can be read in a picture; the table has all of them.`}</p>
      <EdgeKey looks={[...new Set(graph.edges.map((e) => e.look))]} />
      <NodeNote graph={graph} chosen={chosen} onChosen={onChosen} />
    </div>
  )
}

/** Finds a node by its name; Enter goes to the next one. */
function Find({ graph, onChosen }: Pick<Props, 'graph' | 'onChosen'>) {
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const [said, setSaid] = useState('')
  const wanted = text.trim().toLowerCase()
  const found = wanted === '' ? [] : graph.nodes.filter((n) => n.label.toLowerCase().includes(wanted))
  const go = (n: number) => {
    const node = found[n % Math.max(1, found.length)]
    if (!node) return
    setAt(n + 1)
    onChosen(node.id)
    setSaid(`${node.kind} ${node.label}, ${(n % found.length) + 1} of ${count(found.length)}`)
    // It may have stood in a group until now: it is drawn first.
    requestAnimationFrame(() => requestAnimationFrame(() => document.querySelector(`[data-node="${CSS.escape(node.id)}"]`)?.scrollIntoView({ block: 'nearest', inline: 'center' })))
  }
  return (
    <form className="mb-2 flex flex-wrap items-center gap-2" onSubmit={(e) => { e.preventDefault(); go(at) }}>
      <input type="search" aria-label="Find in the picture" placeholder="Find in the picture" value={text} onChange={(e) => { setText(e.target.value); setAt(0); setSaid('') }} className="field w-52 max-w-full" />
      <span className="text-xs text-faint" role="status" data-testid="graph-found">{wanted !== '' && `${count(found.length)} of ${count(graph.nodes.length)} match${said ? `: ${said}` : found.length > 0 ? '; Enter goes to the next' : ''}`}</span>
    </form>
  )
}
