import { type ReactNode, useState } from 'react'
import { count } from '@/lib/format'
import { useHistoryKey } from '@/state/view'
import { Skeleton } from '@/ui/panel-frame'
import { ProblemNote } from '@/ui/problem-note'
import type { Column } from './columns'
import { DataTable } from './data-table'
import { useCursor } from './remember'
import type { Keyset } from './use-keyset'

interface Props<R> {
  label: string
  list: Keyset<R>
  columns: Column<R>[]
  rowKey: (row: R) => string
  onOpen?: (row: R) => void
  empty: ReactNode
  /** Names the question: when it changes the list begins at its top. */
  rowsOf: string
  lines?: 1 | 2
}

/** A list of any length whose pages follow each other, with its states. */
export function KeysetTable<R>({ label, list, columns, rowKey, onOpen, empty, rowsOf, lines = 1 }: Props<R>) {
  const memory = useHistoryKey()
  const [current, setCurrent] = useCursor(memory)
  const [sort] = useState('')
  if (list.loading) return <div className="min-h-96 rounded-xl border border-edge bg-surface p-4" aria-busy="true" data-state="loading"><Skeleton lines={10} waiting={`Reading the ${label.toLowerCase()}…`} /></div>
  if (list.error && list.loaded === 0) return <div className="rounded-xl border border-edge bg-surface" data-state="partial"><ProblemNote error={list.error} what={label} onRetry={list.retry} /></div>
  if (list.rows === 0) return <div className="rounded-xl border border-edge bg-surface">{empty}</div>
  return (
    <div className="flex min-h-0 grow flex-col">
      <div className="flex h-[calc(100dvh-15rem)] min-h-96 flex-col">
        <DataTable
          label={label} columns={columns} total={list.rows} row={(i) => list.items[i]} rowKey={rowKey} onSight={list.see} sort={sort} current={Math.min(current, list.rows - 1)}
          onCurrent={setCurrent} memory={memory} rowsOf={rowsOf} busy={list.busy} lines={lines} {...(onOpen ? { onOpen, onOpenPage: onOpen } : {})}
        />
      </div>
      <p className="pt-2 text-xs text-faint" data-testid="total" data-total={list.total} role="status">
        {list.more ? `Showing the first ${count(list.loaded)} of ${count(list.total)}; more come as you scroll.` : `All ${count(list.total)}.`}
      </p>
    </div>
  )
}
