import { treemap } from '@/charts/treemap'
import { useWidth } from '@/charts/use-width'
import { paths } from '@/app/paths'
import { cx } from '@/lib/class-names'
import { type Decision, decisionWords } from '@/lib/decision'
import { count, plural } from '@/lib/format'
import { DecisionShape } from '@/ui/mark'
import { PageLink } from '@/ui/page-link'
import { liveBelow, nameOf, worstBelow } from './estate'
import { FreshMark } from './marks'
import { changeText, type Changed } from './change'
import type { TreeNode } from './wire'

const grounds: Record<Decision, string> = { act: 'bg-act/18', schedule: 'bg-schedule/15', watch: 'bg-watch/15', none: 'bg-sunken', unknown: 'bg-sunken' }
const neutral = ['bg-ramp-5', 'bg-sunken']
const height = 380
const gap = 3

interface Props {
  products: TreeNode[]
  lens: string
  changed: (product: string) => Changed | undefined
}

/** What a product shows under a lens: its ground, and a word. */
function look(n: TreeNode, lens: string, changed: Props['changed']): { ground: string; mark: React.ReactNode; word: string } {
  if (lens === 'freshness') return { ground: n.freshness === 'fresh' ? neutral[0] ?? '' : 'bg-amber', mark: <FreshMark value={n.freshness || 'none'} word="" />, word: n.freshness === 'fresh' ? 'fresh' : n.freshness || 'no evidence' }
  if (lens === 'owner') return { ground: n.owner ? neutral[0] ?? '' : 'bg-surface', mark: null, word: n.owner || 'no owner' }
  if (lens === 'change') {
    const c = changed(n.id)
    return { ground: c ? neutral[0] ?? '' : neutral[1] ?? '', mark: null, word: c ? changeText(c) : 'no change' }
  }
  const decision = worstBelow(n)
  return { ground: grounds[decision], mark: <DecisionShape decision={decision} />, word: liveBelow(n) === 0 ? 'no live exposure' : `${count(n.exposures?.act.count ?? 0)} act now of ${count(liveBelow(n))}` }
}

/** The estate at one look: a field for each product, as large as what runs in it. */
export function EstateMap({ products, lens, changed }: Props) {
  const [box, width] = useWidth<HTMLDivElement>(1000)
  const areas = treemap(products.map((p) => p.workloads), width, height)
  const none = products.filter((p) => p.workloads === 0)
  return (
    <div data-chart="treemap">
      <div ref={box} className="relative overflow-hidden rounded-lg" style={{ height }} data-testid="treemap">
        {products.map((p, i) => {
          const a = areas[i]
          if (!a || a.width === 0) return null
          const { ground, mark, word } = look(p, lens, changed)
          const words = `${nameOf(p)}: ${plural(p.workloads, 'workload')}, ${word}${p.blind > 0 ? `, ${plural(p.blind, 'workload')} of unknown contents` : ''}`
          const tiny = a.width < 74 || a.height < 34
          return (
            <PageLink
              key={p.id} to={paths.twin} search={{ product: p.id || 'none' }} title={words} data-testid="field" data-product={p.id} data-workloads={p.workloads} data-worst={worstBelow(p)} data-blind={p.blind}
              className={cx('absolute flex min-w-0 flex-col overflow-hidden rounded-md border border-edge hover:border-ink', ground)} style={{ left: a.x, top: a.y, width: Math.max(26, a.width - gap), height: Math.max(26, a.height - gap) }}
            >
              <span className={tiny ? 'sr-only' : 'flex min-w-0 items-center gap-1.5 px-2 pt-1.5 text-sm font-semibold'}>{mark}<span className="truncate">{nameOf(p)}</span></span>
              <span className={tiny || a.height < 60 ? 'sr-only' : 'px-2 text-xs text-dim'}>{plural(p.workloads, 'workload')} · {word}</span>
              {p.blind > 0 && <span className="mark hatched mt-auto h-3 border-t border-control bg-surface" style={{ width: `${Math.max(8, (100 * p.blind) / p.workloads)}%` }}><span className="sr-only">{plural(p.blind, 'workload')} of unknown contents</span></span>}
            </PageLink>
          )
        })}
      </div>
      <p className="mt-2 flex flex-wrap items-center gap-x-4 gap-y-1 text-xs text-faint">
        <span>Area: running workloads</span>
        {lens === 'exposure' && (['act', 'schedule', 'watch'] as const).map((d) => <span key={d} className="inline-flex items-center gap-1.5"><DecisionShape decision={d} />{decisionWords[d]}</span>)}
        <span className="inline-flex items-center gap-1.5"><span aria-hidden="true" className="mark hatched h-2.5 w-4 border border-control" />workloads of whose contents nothing is known</span>
        {none.length > 0 && <span className="foreign">Without a workload, and so without a field: {none.map(nameOf).join(', ')}</span>}
      </p>
    </div>
  )
}
