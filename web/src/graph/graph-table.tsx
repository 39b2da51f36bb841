import { count } from '@/lib/format'
import { cx } from '@/lib/class-names'
import type { Sheet } from '@/lib/download'
import { Button } from '@/ui/button'
import { DecisionChip } from '@/ui/mark'
import { PageLink } from '@/ui/page-link'
import { useMemo, useState } from 'react'
import { changeSigns, changeWords, type Graph } from './model'

const page = 200

/** The same items as the picture, with the same one chosen. */
export function GraphTable({ label, graph, chosen, onChosen }: { label: string; graph: Graph; chosen: string; onChosen: (id: string) => void }) {
  const [shown, setShown] = useState(page)
  const [text, setText] = useState('')
  const wanted = text.trim().toLowerCase()
  const nodes = wanted === '' ? graph.nodes : graph.nodes.filter((n) => n.label.toLowerCase().includes(wanted) || n.kind.toLowerCase().includes(wanted))
  const edges = useMemo(() => {
    const of = new Map<string, number>()
    for (const e of graph.edges) for (const end of new Set([e.from, e.to])) of.set(end, (of.get(end) ?? 0) + 1)
    return of
  }, [graph])
  return (
    <>
      <p className="mb-2 flex flex-wrap items-center gap-2"><input type="search" aria-label="Find in the table" placeholder="Find in the table" value={text} onChange={(e) => setText(e.target.value)} className="field w-52 max-w-full" /><span role="status" className="text-xs text-faint" data-testid="graph-rows">{wanted !== '' && `${count(nodes.length)} of ${count(graph.nodes.length)} match`}</span></p>
      <div className="overflow-x-auto" role="region" aria-label={label} tabIndex={0}>
        <table className="w-full text-sm" data-testid="graph-table" data-total={graph.nodes.length}>
          <caption className="sr-only">{label}</caption>
          <thead><tr className="border-b border-edge text-left text-xs text-faint"><th scope="col" className="py-1.5 pr-4 font-medium">Name</th><th scope="col" className="py-1.5 pr-4 font-medium">Kind</th><th scope="col" className="py-1.5 pr-4 font-medium">{graph.nodes.some((n) => n.mark?.change) ? 'Change' : 'Decision'}</th><th scope="col" className="py-1.5 pr-4 text-right font-medium">Edges</th><th scope="col" className="py-1.5 font-medium"><span className="sr-only">Page</span></th></tr></thead>
          <tbody>
            {nodes.slice(0, shown).map((n) => (
              <tr key={n.id} data-testid="row" data-key={n.id} className={cx('border-b border-hairline last:border-0', n.id === chosen && 'bg-chosen')}>
                <th scope="row" className="max-w-72 py-1 pr-4 text-left font-medium"><button type="button" aria-pressed={n.id === chosen} onClick={() => onChosen(n.id === chosen ? '' : n.id)} className="row-link text-left foreign">{n.label}</button></th>
                <td className="py-1 pr-4 text-dim">{n.kind}{n.note && ` · ${n.note}`}</td>
                <td className="py-1 pr-4">{n.mark?.change ? <span data-change={n.mark.change}>{changeSigns[n.mark.change]} {changeWords[n.mark.change]}</span> : n.mark?.decision ? <DecisionChip decision={n.mark.decision} /> : <span className="text-faint">{n.mark?.unknown ? 'not known' : '–'}</span>}</td>
                <td className="py-1 pr-4 text-right">{count(edges.get(n.id) ?? 0)}</td>
                <td className="py-1">{n.to && <PageLink to={n.to} {...(n.search ? { search: n.search } : {})} className="link target" aria-label={`Page of ${n.label}`}>Page</PageLink>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {nodes.length > shown && <p className="mt-2 flex items-center gap-3 text-xs text-faint"><Button small onClick={() => setShown(shown + page)}>Show more</Button>Showing {count(shown)} of {count(nodes.length)}.</p>}
    </>
  )
}

export function graphSheet(graph: Graph): Sheet {
  const name = new Map(graph.nodes.map((n) => [n.id, n]))
  return {
    head: ['from_kind', 'from', 'meaning', 'known', 'to_kind', 'to'],
    rows: graph.edges.map((e) => [name.get(e.from)?.kind ?? '', name.get(e.from)?.label ?? e.from, e.words, e.look, name.get(e.to)?.kind ?? '', name.get(e.to)?.label ?? e.to]),
  }
}
