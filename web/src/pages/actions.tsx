import { X } from 'lucide-react'
import { lazy, Suspense } from 'react'
import { useActionQuestion, useActions, useFollowActions } from '@/actions/ask'
import { Asides, Board, type Lists } from '@/actions/board'
import { asides, columns } from '@/actions/model'
import { type Moving, useMoving } from '@/actions/moving'
import { useWorkRefusal } from '@/actions/rights'
import { paths } from '@/app/paths'
import { cx } from '@/lib/class-names'
import { count } from '@/lib/format'
import { useView } from '@/state/view'
import { QueryBox } from '@/table/query-box'
import { Wider } from '@/twin/wider'
import { leftWords } from '@/twin/words'
import { Button, buttonLook, IconButton } from '@/ui/button'
import { EmptyState } from '@/ui/empty-state'
import { Page } from '@/ui/page'
import { PageLink } from '@/ui/page-link'
import { Skeleton } from '@/ui/panel-frame'
import { Segments } from '@/ui/segments'

const ActionList = lazy(() => import('@/actions/list').then((m) => ({ default: m.ActionList })))

const layouts = [{ id: 'board', label: 'Board' }, { id: 'list', label: 'List' }]
const groups = [{ id: 'state', label: 'No lanes' }, { id: 'owner', label: 'By owner' }]
/** Cards of a column before "Show more". */
const columnSize = 25
const listSize = 200

type Question = ReturnType<typeof useActionQuestion>

export function Actions() {
  const [view, set] = useView({ layout: 'board', by: 'state', q: '' })
  const barred = useWorkRefusal()
  const moving = useMoving(barred)
  const ask = useActionQuestion(view.q)
  useFollowActions()
  const clear = () => set({ q: '' })
  const board = view.layout !== 'list'
  const choices = (
    <>
      {board && <Segments label="Lanes" segments={groups} value={view.by} onChange={(by) => set({ by })} />}
      <Segments label="Layout" segments={layouts} value={board ? 'board' : 'list'} onChange={(layout) => set({ layout })} />
    </>
  )
  return (
    <Page page="Actions" question="Who does what by when; what is late?" actions={choices}>
      <div className="mb-3"><QueryBox value={view.q} onChange={(q) => set({ q }, { replace: true })} placeholder="Filter: owner:payments svc:checkout decision:act state:blocked component:log4j-core" label="Filter the actions" /></div>
      <Wider words={leftWords('Actions', ask.left)} />
      <Refused moving={moving} />
      {moving.element}
      {board ? <BoardPart ask={ask} lanes={view.by === 'owner'} moving={moving} barred={barred} onClear={clear} /> : <ListPart ask={ask} moving={moving} barred={barred} onClear={clear} />}
    </Page>
  )
}

/** Why the last move was not made; it stays until it is read or the next one. */
function Refused({ moving }: { moving: Moving }) {
  if (moving.refused === '') return null
  return (
    <p role="alert" data-testid="refused" className="mb-3 flex items-center gap-3 rounded-lg border border-amber-edge bg-amber py-1 pr-1 pl-3 text-sm text-amber-ink">
      <span className="grow foreign">{moving.refused}</span>
      <IconButton label="Dismiss" className="size-7 text-amber-ink" onClick={moving.forget}><X size={14} aria-hidden="true" /></IconButton>
    </p>
  )
}

interface PartProps {
  ask: Question
  moving: Moving
  barred: string
  onClear: () => void
}

function BoardPart({ ask, lanes, moving, barred, onClear }: PartProps & { lanes: boolean }) {
  const lists: Lists = {
    proposed: useActions(ask, columns[0], columnSize),
    accepted: useActions(ask, columns[1], columnSize),
    'in progress': useActions(ask, columns[2], columnSize),
    deployed: useActions(ask, columns[3], columnSize),
    verified: useActions(ask, columns[4], columnSize),
    blocked: useActions(ask, asides[0], columnSize),
    rejected: useActions(ask, asides[1], columnSize),
  }
  const all = Object.values(lists)
  // The columns stand below each other on a phone: they come together, or each would move the next.
  const waits = all.some((l) => l.loading)
  const none = all.every((l) => !l.loading && !l.error && l.loaded === 0)
  if (none) return <NoActions q={ask.q} onClear={onClear} />
  return (
    <>
      <Asides lists={lists} moving={moving} barred={barred} />
      <Board key={waits ? 'asked' : 'told'} waits={waits} lists={lists} lanes={lanes} moving={moving} barred={barred} />
      <p className={cx('pt-2 text-xs text-faint', waits && 'hidden')}>
        {count(all.reduce((n, l) => n + l.total, 0))} actions. Drag a card to Accepted or In progress, or use its menu; Deployed and Verified are set by evidence only.
      </p>
    </>
  )
}

function ListPart({ ask, moving, barred, onClear }: PartProps) {
  const list = useActions(ask, '', listSize)
  return <Suspense fallback={<Skeleton />}><ActionList list={list} moving={moving} barred={barred} rowsOf={ask.q + ask.asOf} empty={<NoActions q={ask.q} onClear={onClear} />} /></Suspense>
}

function NoActions({ q, onClear }: { q: string; onClear: () => void }) {
  if (q !== '') return <EmptyState kind="filtered" title={`No actions match “${q}”.`} actions={<Button onClick={onClear}>Clear the filter</Button>}>The scope bar narrows them too.</EmptyState>
  return (
    <EmptyState kind="done" title="No actions." actions={<PageLink to={paths.exposures} className={buttonLook('plain')}>Open exposures</PageLink>}>
      An action appears by itself when an exposure has to be acted on or scheduled and a component with a fix is known.
    </EmptyState>
  )
}
