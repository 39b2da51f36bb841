import { type RefObject, useCallback } from 'react'
import { type Shortcuts, useShortcuts } from '@/keys/shortcuts'
import type { DataTableProps } from './data-table'

/** The keys of a list. They work from anywhere on the page but fields, menus and dialogs. */
export function useListKeys<R>(
  table: DataTableProps<R>,
  show: (index: number) => void,
  scroller: RefObject<HTMLDivElement | null>,
): (index: number) => void {
  const { total, onCurrent } = table
  const focusRow = useCallback(
    (index: number) => {
      onCurrent(index)
      show(index)
      // The row is there after the next frame, when it came from out of sight.
      requestAnimationFrame(() => requestAnimationFrame(() => {
        scroller.current?.querySelector<HTMLElement>(`[data-row="${index}"]`)?.focus({ preventScroll: true })
      }))
    },
    [onCurrent, show, scroller],
  )
  useShortcuts(listShortcuts(table, (to) => {
    if (total > 0) focusRow(Math.max(0, Math.min(total - 1, to)))
  }, scroller), { enabled: total > 0 })
  return focusRow
}

function listShortcuts<R>(table: DataTableProps<R>, go: (to: number) => void, scroller: RefObject<HTMLDivElement | null>): Shortcuts {
  const { current, row, rowKey, chosen, onChosen, onOpen, onOpenPage, onEscape, rowKeys = {} } = table
  const here = (run: ((row: R) => void) | undefined) => () => {
    const data = row(current)
    if (data !== undefined) run?.(data)
  }
  // j before any row has the focus goes to the row under the cursor first.
  const within = () => scroller.current?.contains(document.activeElement) ?? false
  const down = () => go(within() ? current + 1 : current)
  const up = () => go(within() ? current - 1 : current)
  const keys: Shortcuts = {
    j: down,
    ArrowDown: down,
    k: up,
    ArrowUp: up,
    Enter: here(onOpen),
    o: here(onOpen),
    'Shift+Enter': here(onOpenPage),
    Escape: () => (chosen && chosen.size > 0 ? onChosen?.(new Set()) : onEscape?.()),
  }
  if (chosen) {
    keys['x'] = here((data) => {
      const next = new Set(chosen)
      if (!next.delete(rowKey(data))) next.add(rowKey(data))
      onChosen?.(next)
    })
  }
  for (const [key, run] of Object.entries(rowKeys)) keys[key] = here((data) => run(data, current))
  return keys
}
