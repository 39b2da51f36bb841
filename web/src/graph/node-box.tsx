import type { KeyboardEvent } from 'react'
import { cx } from '@/lib/class-names'
import { decisionWords } from '@/lib/decision'
import { count } from '@/lib/format'
import { DecisionShape } from '@/ui/mark'
import { box, type Place } from './layout'
import { type Bundle, changeSigns, changeWords, type GraphNode, type NodeMark } from './model'

/** Mean width of a letter of a name, and of the line under it. */
const [letter, smaller] = [6.9, 6.4]

/** As many letters as there is room for; the whole stands in the title. */
export function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`
}

/** What a node is, for those who hear it. */
export function nodeWords(node: Pick<GraphNode, 'kind' | 'label' | 'note' | 'mark'>): string {
  const { decision, freshness, change, unknown } = node.mark ?? {}
  return [`${node.kind} ${node.label}`, node.note, decision && decisionWords[decision], freshness && freshness !== 'fresh' && `evidence ${freshness}`, change && changeWords[change], unknown && 'not known'].filter(Boolean).join(', ')
}

interface Props {
  place: Place
  width: number
  chosen: boolean
  /** Something else is chosen, and this has nothing to do with it. */
  dull: boolean
  onPress: () => void
}

const press = (onPress: () => void) => ({
  role: 'button' as const, tabIndex: 0, onClick: onPress,
  onKeyDown: (event: KeyboardEvent) => {
    if (event.key !== 'Enter' && event.key !== ' ') return
    event.preventDefault()
    onPress()
  },
})

const frames = (chosen: boolean, unknown: boolean) => cx('fill-surface stroke-[1.2]', chosen ? 'stroke-ink stroke-2' : 'stroke-control', unknown && '[stroke-dasharray:4_3]')

export function NodeBox({ node, place, width, chosen, dull, onPress }: Props & { node: GraphNode }) {
  const { mark = {} } = node
  return (
    <g {...press(onPress)} transform={`translate(${place.x} ${place.y})`} aria-pressed={chosen} data-node={node.id} data-kind={node.kind} className={cx('cursor-pointer outline-none group', dull && 'opacity-45')}>
      <title>{nodeWords(node)}</title>
      <rect width={width} height={box.height} rx="6" className={frames(chosen, mark.unknown ?? false)} />
      <rect x="-3" y="-3" width={width + 6} height={box.height + 6} rx="8" fill="none" className="stroke-focus stroke-2 opacity-0 group-focus-visible:opacity-100" />
      <text x="10" y="17" className="fill-ink text-xs font-medium">{cut(node.label, Math.floor((width - (mark.decision || mark.change || mark.freshness ? 36 : 18)) / letter))}</text>
      <text x="10" y="32" className="fill-faint text-[0.6875rem]">{cut([node.kind, node.note].filter(Boolean).join(' · '), Math.floor((width - 18) / smaller))}</text>
      <MarkAt mark={mark} width={width} />
    </g>
  )
}

function MarkAt({ mark, width }: { mark: NodeMark; width: number }) {
  const at = `translate(${width - 22} 5)`
  if (mark.change) return <text x={width - 16} y="18" textAnchor="middle" className={cx('text-base font-bold', mark.change === 'removed' ? 'fill-more' : 'fill-fewer')}>{changeSigns[mark.change]}</text>
  if (mark.decision) return <g transform={at}><DecisionShape decision={mark.decision} /></g>
  if (!mark.freshness) return null
  return <circle cx={width - 15} cy="12" r="5" className={cx('mark stroke-[1.5]', mark.freshness === 'fresh' ? 'fill-ramp-2 stroke-ramp-2' : mark.freshness === 'stale' ? 'fill-transparent stroke-more [stroke-dasharray:2_2]' : 'fill-transparent stroke-control [stroke-dasharray:2_2]')} />
}

/** "+1,204 components (3 act now)". */
export function bundleWords(bundle: Bundle): string {
  const n = bundle.members.length + bundle.beyond
  const act = bundle.members.filter((m) => m.mark?.decision === 'act').length
  const name = bundle.name.toLowerCase()
  const many = n === 1 ? name : name.endsWith('y') ? `${name.slice(0, -1)}ies` : name.endsWith('s') ? name : `${name}s`
  return `+${count(n)} ${many}${act > 0 ? ` (${count(act)} act now)` : ''}`
}

export function BundleBox({ bundle, place, width, chosen, dull, onPress }: Props & { bundle: Bundle }) {
  const words = bundleWords(bundle)
  return (
    <g {...press(onPress)} transform={`translate(${place.x} ${place.y})`} data-bundle={bundle.id} data-count={bundle.members.length + bundle.beyond} className={cx('cursor-pointer outline-none group', dull && 'opacity-45')}>
      <title>{bundle.members.length === 0 ? `${words}: to the list` : `${words}: draw more of them`}</title>
      <rect x="4" y="4" width={width - 4} height={box.height - 4} rx="6" className="fill-sunken stroke-edge" />
      <rect width={width - 4} height={box.height - 4} rx="6" className={cx('fill-sunken', chosen ? 'stroke-ink stroke-2' : 'stroke-control')} />
      <rect x="-3" y="-3" width={width + 6} height={box.height + 6} rx="8" fill="none" className="stroke-focus stroke-2 opacity-0 group-focus-visible:opacity-100" />
      <text x="10" y="16" className="fill-ink text-xs font-medium">{cut(words, Math.floor((width - 22) / letter))}</text>
      <text x="10" y="30" className="fill-faint text-[0.6875rem]">{bundle.members.length === 0 ? 'in the list' : 'show more'}</text>
    </g>
  )
}
