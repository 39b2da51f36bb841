import { useState } from 'react'
import { count, plural } from '@/lib/format'
import { useAsOf } from '@/state/view'
import type { Edge, EdgeGroup } from '@/twin/wire'
import { Button } from '@/ui/button'
import { PageLink } from '@/ui/page-link'
import { PanelFrame } from '@/ui/panel-frame'
import { Age } from '@/ui/time'
import { pageOf } from './ask'
import { edgeWords, kindWords, shortId } from './words'

const first = 8
const step = 50

/** Everything that hangs together with it, in both directions. */
export function EdgesPanel({ groups }: { groups: EdgeGroup[] }) {
  const total = groups.reduce((n, g) => n + g.total, 0)
  return (
    <PanelFrame
      id="edges" subject="Its edges" title={total === 0 ? 'Nothing is known to hang together with it' : `${plural(total, 'edge')} of ${plural(groups.length, 'meaning')}`}
      sheet={{ head: ['meaning', 'kind', 'scope', 'name', 'known', 'source', 'since', 'seen_at', 'detail'], rows: groups.flatMap((g) => g.items.map((e) => [g.title, e.kind, e.scope, e.name, e.basis, e.source, e.since, e.seen_at, e.detail])) }}
    >
      {total === 0 && <p className="text-sm text-dim">That is what the sources said. A source that sees more may know of edges.</p>}
      <div className="grid grid-cols-[minmax(0,1fr)] gap-x-8 gap-y-4 wide:grid-cols-2">
        {groups.map((g) => <Group key={g.title} group={g} />)}
      </div>
    </PanelFrame>
  )
}

function Group({ group }: { group: EdgeGroup }) {
  const [shown, setShown] = useState(first)
  const left = group.items.length - shown
  return (
    <section data-testid="edge-group" data-title={group.title} data-total={group.total}>
      <h3 className="eyebrow first-letter:uppercase">{group.title} <span className="font-normal">({count(group.total)})</span></h3>
      <ul className="mt-0.5 text-sm">{group.items.slice(0, shown).map((e, i) => <Line key={i} edge={e} />)}</ul>
      {left > 0 && <Button small kind="quiet" onClick={() => setShown(shown + step)}>Show {count(Math.min(left, step))} more</Button>}
      {left <= 0 && group.total > group.items.length && <p className="text-xs text-faint">Showing {count(group.items.length)} of {count(group.total)}.</p>}
    </section>
  )
}

function Line({ edge }: { edge: Edge }) {
  const at = useAsOf()
  const guess = edge.basis === 'inferred'
  return (
    <li className="border-b border-hairline py-1 last:border-0" data-basis={edge.basis}>
      <span className="flex flex-wrap items-baseline justify-between gap-x-3">
        <PageLink {...pageOf(edge)} className="row-link foreign" title={edge.name}>{shortId(edge.label || edge.name)}</PageLink>
        <span className="text-xs text-faint">{kindWords(edge.kind)}{edge.seen_at && <> · <Age at={edge.seen_at} from={at} /></>}</span>
      </span>
      {edgeWords(edge) && <span className="block text-xs text-faint foreign">{guess && <span aria-hidden="true" className="mark hatched mr-1.5 inline-block size-2 rounded-full border border-control" />}{edgeWords(edge)}</span>}
    </li>
  )
}
