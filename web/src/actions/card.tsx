import { paths } from '@/app/paths'
import { cx } from '@/lib/class-names'
import { decisionOf } from '@/lib/decision'
import { DecisionChip } from '@/ui/mark'
import { PageLink } from '@/ui/page-link'
import { type Action, closesWords, exposuresSearch, refusalOf, removedWords, titleOf } from './model'
import { MoveMenu } from './move-menu'
import type { Moving } from './moving'
import { Clock, Owner, RegressedChip, StateChip } from './parts'

export const dragKind = 'application/x-tidemark-action'

interface Props {
  action: Action
  moving: Moving
  barred: string
  /** Say the state too, where the column does not. */
  withState?: boolean
  onDrag: (action: Action | null) => void
}

/** One fix: what to do, where, by when, by whom, and what it closes. */
export function ActionCard({ action, moving, barred, withState = false, onDrag }: Props) {
  const still = barred !== '' || refusalOf(action, 'blocked') !== ''
  return (
    <li
      data-testid="action-card" data-key={action.id} data-state={action.state} draggable={!still}
      onDragStart={(e) => { e.dataTransfer.setData(dragKind, action.id); e.dataTransfer.effectAllowed = 'move'; onDrag(action) }} onDragEnd={() => onDrag(null)}
      className={cx('relative rounded-lg border border-edge bg-surface p-2.5 text-sm', !still && 'cursor-grab active:cursor-grabbing')}
    >
      <div className="flex items-start gap-1">
        <h3 className="min-w-0 grow leading-snug font-medium foreign">
          <PageLink to={paths.action(action.id)} draggable={false} className="inline-block min-h-6 underline-offset-3 hover:underline">{titleOf(action)}</PageLink>
        </h3>
        <MoveMenu action={action} moving={moving} barred={barred} />
      </div>
      <p className="mt-0.5 flex flex-wrap items-center gap-x-2 gap-y-1 text-xs">
        {action.state === 'deployed' && action.open === 0 && <span className="text-dim" title={action.reason}>Waits for run-time evidence from every place</span>}
        {action.open > 0 && <DecisionChip decision={decisionOf(action.decision)} />}
        {withState && <StateChip state={action.state} />}
        <RegressedChip times={action.reopened} />
      </p>
      <p className="mt-1.5 flex flex-wrap items-center gap-x-2 text-xs text-dim">
        <PageLink to={paths.exposures} search={{ q: exposuresSearch(action) }} data-count={action.exposures.length} className="link target">{closesWords(action)}</PageLink>
        <span className="text-faint" title="All that it closes, together, on the scale from 0 to 1000">{removedWords(action)}</span>
      </p>
      <p className="mt-1 flex flex-wrap items-center justify-between gap-x-2 gap-y-1 border-t border-hairline pt-1.5 text-xs">
        <Owner owner={action.owner} />
        <Clock action={action} bar />
      </p>
      {action.state === 'blocked' && action.reason && <p className="mt-1.5 text-xs text-more foreign">{action.reason}</p>}
    </li>
  )
}
