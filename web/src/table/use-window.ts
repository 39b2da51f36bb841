import { type RefObject, useCallback, useEffect, useLayoutEffect, useState } from 'react'

/** Rows before and after what is in sight; with 60 rows on a high screen it stays below 150. */
const overscan = 8
/** Before it has been measured. */
const guess = 600

interface Options {
  scroller: RefObject<HTMLDivElement | null>
  /** Where the rows are, under the head of the table. */
  body: RefObject<HTMLDivElement | null>
  total: number
  /** Of each row: all are as high. */
  height: number
  /** A row that is there whether it is in sight or not: the one with the cursor. */
  hold: number
  /** How far down the list begins. */
  start: number
}

export interface ListWindow {
  indexes: number[]
  first: number
  last: number
  /** Scrolls no further than is needed to see the row. */
  show: (index: number) => void
}

/** Which rows of a long list are drawn. */
export function useWindow({ scroller, body, total, height, hold, start }: Options): ListWindow {
  const [at, setAt] = useState({ row: Math.floor(start / height), rows: Math.ceil(guess / height) })
  useLayoutEffect(() => {
    if (scroller.current && start > 0) scroller.current.scrollTop = start
    // Only where the list stands when it is first drawn.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [])
  useEffect(() => {
    const box = scroller.current
    if (!box) return
    const look = () => {
      const row = Math.floor(box.scrollTop / height)
      const rows = Math.ceil((box.clientHeight || guess) / height)
      setAt((was) => (was.row === row && was.rows === rows ? was : { row, rows }))
    }
    look()
    const sized = new ResizeObserver(look)
    sized.observe(box)
    box.addEventListener('scroll', look, { passive: true })
    return () => {
      sized.disconnect()
      box.removeEventListener('scroll', look)
    }
  }, [scroller, height])
  const show = useCallback((index: number) => {
    const box = scroller.current
    if (!box) return
    const head = body.current?.offsetTop ?? 0
    const [top, bottom] = [index * height, head + (index + 1) * height]
    if (top < box.scrollTop) box.scrollTop = top
    else if (bottom > box.scrollTop + box.clientHeight) box.scrollTop = bottom - box.clientHeight
  }, [scroller, body, height])
  const first = Math.max(0, Math.min(at.row, total - at.rows))
  const last = Math.max(0, Math.min(total - 1, first + at.rows))
  return { indexes: drawn(first, last, total, hold), first, last, show }
}

/** The rows in sight with some around them, and the one that is held, in their order. */
export function drawn(first: number, last: number, total: number, hold: number): number[] {
  const from = Math.max(0, first - overscan)
  const to = Math.min(total - 1, last + overscan)
  const rows = Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i)
  if (hold < 0 || hold >= total || (hold >= from && hold <= to)) return rows
  return hold < from ? [hold, ...rows] : [...rows, hold]
}
