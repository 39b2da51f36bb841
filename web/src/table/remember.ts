import { type RefObject, useEffect, useRef, useState } from 'react'

interface Place {
  top: number
  current: number
}

const prefix = 'tidemark.place.'

/** Where the list stood at this entry of the history. */
export function recall(name: string): Place | null {
  if (name === '') return null
  try {
    return JSON.parse(sessionStorage.getItem(prefix + name) ?? 'null') as Place | null
  } catch {
    return null
  }
}

/** Which row has the cursor; after Back the one that had it: useCursor(useHistoryKey()). */
export function useCursor(name: string): [number, (index: number) => void] {
  return useState(() => recall(name)?.current ?? 0)
}

/** Notes the place of the list while it is looked at. */
export function useRemembered(name: string, scroller: RefObject<HTMLDivElement | null>, current: number): void {
  const latest = useRef(current)
  useEffect(() => {
    latest.current = current
  })
  useEffect(() => {
    const box = scroller.current
    if (name === '' || !box) return
    const before = recall(name)
    if (before) focusSoon(box, before.current)
    let top = box.scrollTop
    let timer = 0
    const write = () => sessionStorage.setItem(prefix + name, JSON.stringify({ top, current: latest.current }))
    const note = () => {
      top = box.scrollTop
      window.clearTimeout(timer)
      timer = window.setTimeout(write, 100)
    }
    box.addEventListener('scroll', note, { passive: true })
    return () => {
      box.removeEventListener('scroll', note)
      window.clearTimeout(timer)
      write()
    }
  }, [name, scroller])
}

/** Other rows begin at the top; the first ones stand where they were left. */
export function useTopWhenNew(rowsOf: string, scroller: RefObject<HTMLDivElement | null>, onCurrent: (index: number) => void): void {
  const before = useRef(rowsOf)
  useEffect(() => {
    if (before.current === rowsOf) return
    before.current = rowsOf
    if (scroller.current) scroller.current.scrollTop = 0
    onCurrent(0)
  }, [rowsOf, scroller, onCurrent])
}

/** The rows are there after a frame; who has begun to do something else keeps the focus. */
function focusSoon(box: HTMLElement, index: number): void {
  requestAnimationFrame(() => requestAnimationFrame(() => {
    if (document.activeElement !== document.body) return
    box.querySelector<HTMLElement>(`[data-row="${index}"]`)?.focus({ preventScroll: true })
  }))
}
