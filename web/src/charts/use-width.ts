import { type RefObject, useEffect, useRef, useState } from 'react'

/** The width of an element, followed as it changes; text in a picture then keeps its size. */
export function useWidth<E extends HTMLElement>(first = 480): [RefObject<E | null>, number] {
  const box = useRef<E>(null)
  const [width, setWidth] = useState(first)
  useEffect(() => {
    const element = box.current
    if (!element) return
    const watcher = new ResizeObserver(([entry]) => {
      if (entry) setWidth(Math.max(160, Math.floor(entry.contentRect.width)))
    })
    watcher.observe(element)
    return () => watcher.disconnect()
  }, [])
  return [box, width]
}
