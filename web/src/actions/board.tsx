import { ChevronRight } from 'lucide-react'
import { type DragEvent, useState } from 'react'
import { cx } from '@/lib/class-names'
import { count } from '@/lib/format'
import { Button } from '@/ui/button'
import { Skeleton } from '@/ui/panel-frame'
import { ProblemNote } from '@/ui/problem-note'
import type { useActions } from './ask'
import { ActionCard, dragKind } from './card'
import { type Action, columns, isMove, lanesOf, onlyEvidence, stateMeans, stateWords } from './model'
import type { Moving } from './moving'

export type Lists = Record<string, ReturnType<typeof useActions>>

interface Props {
  lists: Lists
  /** Not all of the columns have come yet. */
  waits: boolean
  lanes: boolean
  moving: Moving
  barred: string
}

/** Who does what: a column for each state. People move cards up to "In progress"; evidence does the rest. */
export function Board({ lists, waits, lanes, moving, barred }: Props) {
  const [dragged, setDragged] = useState<Action | null>(null)
  const drop = (state: string) => {
    if (dragged) moving.to(dragged, state)
    setDragged(null)
  }
  return (
    <div className="-mx-6 overflow-x-auto px-6 pb-2 max-bar:-mx-4 max-bar:px-4" role="region" aria-label="Board of actions" tabIndex={0}>
      <div className="grid min-w-[68rem] grid-cols-5 gap-3 max-bar:min-w-0 max-bar:grid-cols-1 rail:min-w-0" data-testid="board">
        {columns.map((state) => <BoardColumn key={state} state={state} list={waits ? undefined : lists[state]} lanes={lanes} moving={moving} barred={barred} dragged={dragged} onDrag={setDragged} onDrop={() => drop(state)} />)}
      </div>
    </div>
  )
}

interface ColumnProps {
  state: string
  list: ReturnType<typeof useActions> | undefined
  lanes: boolean
  moving: Moving
  barred: string
  dragged: Action | null
  onDrag: (action: Action | null) => void
  onDrop: () => void
}

function BoardColumn({ state, list, dragged, onDrop, ...rest }: ColumnProps) {
  const [over, setOver] = useState(false)
  const closed = !isMove(state)
  const hold = (e: DragEvent) => {
    if (!dragged && !e.dataTransfer.types.includes(dragKind)) return
    e.preventDefault()
    // Dropping where only evidence leads is answered, not ignored.
    e.dataTransfer.dropEffect = 'move'
    setOver(true)
  }
  return (
    <section
      aria-label={stateWords[state]} data-testid="board-column" data-column={state} data-state={!list || list.loading ? 'loading' : list.error && list.loaded === 0 ? 'partial' : 'ready'}
      onDragOver={hold} onDragLeave={() => setOver(false)} onDrop={(e) => { e.preventDefault(); setOver(false); onDrop() }}
      className={cx('flex min-w-52 flex-col rounded-xl border bg-sunken p-2 max-bar:min-w-0', over ? (closed ? 'border-more' : 'border-focus') : 'border-hairline')}
    >
      <h2 className="flex h-7 items-center gap-2 px-1 text-sm font-semibold" title={stateMeans[state]}>
        {stateWords[state]}
        <span className="font-normal text-faint" data-total={list?.total ?? 0}>{list && !list.loading ? count(list.total) : ''}</span>
        {closed && state !== 'proposed' && <span className="ml-auto text-xs font-normal text-faint">by evidence</span>}
      </h2>
      {over && closed && dragged && dragged.state !== state && <p className="px-1 pb-1 text-xs font-medium text-more">{state === 'proposed' ? 'By the rules only.' : onlyEvidence.split('. ')[0] + '.'}</p>}
      <Cards list={list} state={state} {...rest} />
    </section>
  )
}

const nothing: Record<string, string> = {
  proposed: 'Nothing waits to be taken.', accepted: 'Nothing is taken and not begun.', 'in progress': 'Nothing is in work.',
  deployed: 'Nothing waits for proof.', verified: 'Nothing is proven gone yet.',
}

function Cards({ list, state, lanes, moving, barred, onDrag }: Omit<ColumnProps, 'dragged' | 'onDrop'>) {
  if (!list || list.loading) return <Skeleton lines={3} waiting="Reading the actions…" />
  if (list.error && list.loaded === 0) return <ProblemNote error={list.error} what={stateWords[state] ?? state} onRetry={list.retry} />
  if (list.loaded === 0) return <p className="px-1 py-3 text-xs text-faint">{nothing[state]}</p>
  const groups = lanes ? lanesOf(list.items) : [{ owner: '', actions: list.items }]
  return (
    <div className={cx('flex flex-col gap-3', list.busy && 'opacity-60')} aria-busy={list.busy}>
      {groups.map((lane) => (
        <div key={lane.owner} data-lane={lane.owner || undefined}>
          {lanes && <h3 className="px-1 pb-1 text-xs font-medium text-dim">{lane.owner || 'No owner'} <span className="text-faint">{lane.actions.length}</span></h3>}
          <ul className="flex flex-col gap-2">
            {lane.actions.map((a) => <ActionCard key={a.id} action={a} moving={moving} barred={barred} onDrag={onDrag} />)}
          </ul>
        </div>
      ))}
      {list.more && (
        <p className="flex flex-wrap items-center gap-2 px-1 text-xs text-faint">
          <Button small onClick={list.more} disabled={list.fetching}>Show more</Button>{count(list.loaded)} of {count(list.total)}
        </p>
      )}
    </div>
  )
}

/** Blocked and rejected ones: not on the way, and not to be forgotten. */
export function Asides({ lists, moving, barred }: Omit<Props, 'lanes' | 'waits'>) {
  const blocked = lists['blocked']
  const rejected = lists['rejected']
  const all = [...(blocked?.items ?? []), ...(rejected?.items ?? [])]
  if (all.length === 0) return <NoAsides waits={Boolean(blocked?.loading || rejected?.loading)} failed={Boolean(blocked?.error || rejected?.error)} />
  const total = (blocked?.total ?? 0) + (rejected?.total ?? 0)
  return (
    <details data-testid="asides" className="group mb-3 rounded-xl border border-hairline bg-sunken px-3 py-1.5">
      <summary className="flex min-h-6 cursor-pointer list-none items-center gap-2 text-sm font-semibold">
        <ChevronRight size={14} aria-hidden="true" className="text-faint group-open:rotate-90" />
        Blocked or rejected <span className="font-normal text-faint" data-total={total}>{count(total)}{total > all.length && `, the first ${all.length}`}</span>
      </summary>
      <ul className="grid grid-cols-[repeat(auto-fill,minmax(15rem,1fr))] gap-2 py-2">
        {all.map((a) => <ActionCard key={a.id} action={a} moving={moving} barred={barred} withState onDrag={() => undefined} />)}
      </ul>
    </details>
  )
}

/** The line stays, so that the board never moves. */
function NoAsides({ waits, failed }: { waits: boolean; failed: boolean }) {
  const words = failed ? 'Whether something is blocked or rejected could not be read.' : 'Nothing is blocked or rejected.'
  return <p data-testid="asides" className="mb-3 rounded-xl border border-hairline bg-sunken px-3 py-1.5 text-sm leading-6 text-faint">{waits ? '…' : words}</p>
}
