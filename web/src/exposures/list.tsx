import { useNavigate } from '@tanstack/react-router'
import { useQueryClient } from '@tanstack/react-query'
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { paths } from '@/app/paths'
import { GateKey } from '@/evidence/gate-strip'
import { useShortcuts } from '@/keys/shortcuts'
import { cx } from '@/lib/class-names'
import { decisions } from '@/lib/decision'
import { count } from '@/lib/format'
import { scopeSearch, type Search } from '@/state/search'
import { useHistoryKey, useScope } from '@/state/view'
import { shownColumns } from '@/table/columns'
import { DataTable } from '@/table/data-table'
import { recall } from '@/table/remember'
import { Button } from '@/ui/button'
import { ProblemNote } from '@/ui/problem-note'
import { Skeleton } from '@/ui/panel-frame'
import { groupingOf, type Question } from './ask'
import { exposureColumns, narrowColumns } from './columns'
import type { Deciding, Word } from './deciding'
import type { News } from './fresh'
import { keptRow } from './keep'
import { useRefusal } from './rights'
import type { Row } from './row'
import type { useList } from './use-list'
import { useMedium, useNarrow } from './use-narrow'

const BulkBar = lazy(() => import('./bulk-bar').then((m) => ({ default: m.BulkBar })))
const GroupList = lazy(() => import('./group-list').then((m) => ({ default: m.GroupList })))
const NothingHere = lazy(() => import('./empty').then((m) => ({ default: m.NothingHere })))

export interface ListState {
  q: string
  sort: string
  cols: string
  group: string
  sel: string
}

interface Props {
  view: ListState
  set: (patch: Partial<ListState>, options?: { replace?: boolean }) => void
  list: ReturnType<typeof useList>
  deciding: Deciding
  news: News
}

/** Puts the focus on a row of the table once it is drawn. */
function focusRow(index: number, preventScroll = false): void {
  requestAnimationFrame(() => requestAnimationFrame(() => {
    document.querySelector<HTMLElement>(`[role=grid] [data-row="${index}"]`)?.focus({ preventScroll })
  }))
}

/** After Back the row that had the cursor has the focus again. */
function useReturn(memory: string, ready: boolean, current: number): void {
  const returning = useRef(recall(memory) !== null)
  useEffect(() => {
    if (!ready || !returning.current) return
    returning.current = false
    focusRow(current, true)
  }, [ready, current])
}

/** The rows with their cursor, their choice and their keys. */
export function ExposureList({ view, set, list, deciding, news }: Props) {
  const { rows, ask, at } = list
  const client = useQueryClient()
  const navigate = useNavigate()
  const memory = useHistoryKey()
  const refused = useRefusal()
  const [, setScope] = useScope()
  const [narrow, medium] = [useNarrow(), useMedium()]
  const [current, setCurrent] = useState(() => recall(memory)?.current ?? 0)
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const grouping = groupingOf(view.group)
  useBegin(`${ask.q}|${ask.sort}`, () => {
    setCurrent(0)
    setChosen(new Set())
  })
  useReturn(memory, !rows.loading, current)
  const columns = useMemo(() => exposureColumns(at), [at])
  const tight = narrow || view.sel !== ''
  const shown = useMemo(() => (tight ? narrowColumns(at) : shownColumns(columns, view.cols).filter((c) => !(medium && view.cols === '' && c.id === 'because'))), [tight, medium, at, columns, view.cols])

  const show = (row: Row | undefined, replace: boolean) => row && set({ sel: row.id }, { replace })
  const move = useCallback((index: number) => {
    setCurrent(index)
    const row = rows.row(index)
    // What is shown beside the list is what the keys act on.
    if (view.sel !== '' && row && row.id !== view.sel) set({ sel: row.id }, { replace: true })
  }, [rows, set, view.sel])
  const step = (by: number) => {
    const to = Math.max(0, Math.min(rows.total - 1, current + by))
    move(to)
    focusRow(to)
  }
  const target = (row: Row): Row => (view.sel === '' || row.id === view.sel ? row : (keptRow(client, view.sel) ?? row))
  const picked = (row: Row): Row[] => {
    const ids = [...chosen]
    if (ids.length === 0) return [target(row)]
    return ids.flatMap((id) => keptRow(client, id) ?? [])
  }
  const decide = (word: Word) => (row: Row, index: number) => {
    if (refused || deciding.busy) return
    const many = chosen.size > 0
    news.own()
    deciding.decide(picked(row), word, many ? undefined : () => { if (index + 1 < rows.total) { move(index + 1); focusRow(index + 1) } })
  }
  const assign = (row: Row) => {
    if (refused) return
    news.own()
    deciding.assign(picked(row))
  }
  const keys: Record<string, (row: Row, index: number) => void> = { a: assign }
  decisions.forEach((word, i) => { keys[String(i + 1)] = decide(word as Word) })
  useShortcuts({ '[': () => step(-1), ']': () => step(1) }, { enabled: view.sel !== '' && rows.total > 0 })

  const [firstRow] = [rows.row(current)]
  if (grouping) return <Suspense fallback={null}><GroupList ask={ask} by={grouping} reading={news.reading} /></Suspense>
  if (rows.loading) return <div className="min-h-0 grow rounded-xl border border-edge bg-surface p-4" aria-busy="true" data-state="loading"><Skeleton lines={10} waiting="Reading the exposures…" /></div>
  if (list.error && rows.total === 0) return <div className="min-h-0 grow rounded-xl border border-edge bg-surface" data-state="partial"><ProblemNote error={list.error} what="The list" onRetry={rows.retry} /></div>
  return (
    <div className="flex min-h-0 min-w-0 grow flex-col">
      {list.error ? <StaleNote onRetry={rows.retry} /> : null}
      {chosen.size > 0 && firstRow && (
        <Suspense fallback={<div className="mb-3 h-10" />}>
          <BulkBar chosen={chosen.size} busy={deciding.busy} refused={refused} onClear={() => setChosen(new Set())}
            onDecide={(word) => decide(word)(firstRow, current)} onAssign={() => assign(firstRow)} />
        </Suspense>
      )}
      <DataTable
        label="Exposures" columns={shown} total={rows.total} row={rows.row} rowKey={(r) => r.id} onSight={rows.see} lines={2} memory={memory}
        sort={view.sort} onSort={(sort) => set({ sort })} current={current} onCurrent={move} chosen={chosen} onChosen={setChosen} rowKeys={keys} busy={rows.busy}
        onOpen={(row) => show(row, view.sel !== '')} onEscape={() => view.sel !== '' && set({ sel: '' })}
        onOpenPage={(row) => void navigate({ to: paths.exposure(row.id) as '/', search: ((before: Search) => scopeSearch(before)) as never })}
        empty={<Suspense fallback={null}><NothingHere q={view.q} ask={ask} all={list.all} scoped={list.scoped} onQuery={(q) => set({ q })} onClear={() => { setScope({ product: '', env: '', owner: '' }); set({ q: '' }) }} /></Suspense>}
      />
      <div className={cx('pt-2.5', tight && 'hidden')}><GateKey /></div>
    </div>
  )
}

/** Runs when the question is another one than at the last look. */
function useBegin(question: string, begin: () => void): void {
  const [was, setWas] = useState(question)
  if (was === question) return
  setWas(question)
  begin()
}

function StaleNote({ onRetry }: { onRetry: () => void }) {
  return (
    <p role="alert" data-state="stale" className="mb-3 flex items-center gap-3 rounded-lg border border-amber-edge bg-amber px-3 py-1 text-sm text-amber-ink">
      The server did not answer. You see the rows of before. <Button small onClick={onRetry}>Retry</Button>
    </p>
  )
}

/** That there is something new; the rows stay until somebody wants to see it. */
export function NewsBar({ news }: { news: News }) {
  if (!news.moved) return null
  return (
    <button type="button" onClick={news.show} data-testid="news" data-count-new={news.fresh}
      className="mb-3 w-full rounded-lg border border-edge bg-chosen px-3 py-1 text-center text-sm font-medium hover:border-control">
      {news.fresh > 0 ? `${count(news.fresh)} new — show` : 'The list has changed — show'}
    </button>
  )
}

export type { Question }
