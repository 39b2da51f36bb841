import { type RefObject, useEffect, useRef } from 'react'

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

/** Notes the place of the list while it is looked at. */
export function useRemembered(name: string, scroller: RefObject<HTMLDivElement | null>, current: number): void {
  const latest = useRef(current)
  useEffect(() => {
    latest.current = current
  })
  useEffect(() => {
    const box = scroller.current
    if (name === '' || !box) return
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
