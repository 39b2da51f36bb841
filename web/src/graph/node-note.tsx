import { plural } from '@/lib/format'
import { Button } from '@/ui/button'
import { PageLink } from '@/ui/page-link'
import type { Graph, GraphNode } from './model'
import { nodeWords } from './node-box'

const most = 12

/** What is known of the node that is chosen: its edges, and the way to its page. */
export function NodeNote({ graph, chosen, onChosen }: { graph: Graph; chosen: string; onChosen: (id: string) => void }) {
  const node = graph.nodes.find((n) => n.id === chosen)
  if (!node) return null
  const name = new Map(graph.nodes.map((n) => [n.id, n]))
  const edges = graph.edges.filter((e) => e.from === chosen || e.to === chosen)
  return (
    <section aria-label={node.label} data-testid="node-note" className="mt-3 rounded-lg border border-edge bg-surface px-4 py-3 text-sm">
      <p className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1">
        <span className="font-semibold foreign">{nodeWords(node)}</span>
        <span className="flex items-center gap-3">{node.to && <PageLink to={node.to} {...(node.search ? { search: node.search } : {})} className="link target">Open its page</PageLink>}<Button small kind="quiet" onClick={() => onChosen('')}>Close</Button></span>
      </p>
      <p className="text-xs text-faint">{plural(edges.length, 'edge')} in this picture{edges.length > most && `, the first ${most}`}</p>
      <ul className="mt-1">
        {edges.slice(0, most).map((e, i) => <li key={i} className="flex flex-wrap gap-x-2 border-b border-hairline py-1 last:border-0 foreign"><End node={name.get(e.from)} self={e.from === chosen} onChosen={onChosen} /><span className="text-faint">{e.words}{e.look !== 'declared' && `, ${e.look}`}</span><End node={name.get(e.to)} self={e.to === chosen} onChosen={onChosen} /></li>)}
      </ul>
    </section>
  )
}

function End({ node, self, onChosen }: { node: GraphNode | undefined; self: boolean; onChosen: (id: string) => void }) {
  if (!node) return null
  if (self) return <span className="text-dim">this</span>
  return <button type="button" onClick={() => onChosen(node.id)} className="row-link text-left">{node.label}</button>
}
