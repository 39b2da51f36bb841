import { useEffect, useRef } from 'react'

/** What the server tells without being asked. "poll" is ours: look again yourself. */
export interface ServerEvent {
  kind: 'changed' | 'intel' | 'job' | 'heartbeat' | 'drill' | 'poll'
  data: Record<string, unknown>
}

const kinds = ['changed', 'intel', 'job', 'heartbeat', 'drill'] as const
/** "You missed some of what was told": look again. */
const missed = 'resync'
const firstWait = 1_000
const longestWait = 30_000
const failuresBeforePolling = 3

interface Source {
  addEventListener(kind: string, listen: (event: MessageEvent<string>) => void): void
  onopen: ((event: Event) => void) | null
  onerror: ((event: Event) => void) | null
  close(): void
}

export interface Wiring {
  open: (url: string) => Source
  later: (run: () => void, ms: number) => number
  cancel: (timer: number) => void
}

const browser: Wiring = {
  open: (url) => new EventSource(url),
  later: (run, ms) => window.setTimeout(run, ms),
  cancel: (timer) => window.clearTimeout(timer),
}

function read(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/**
 * Listens until the returned function is called. A lost line is opened again,
 * each time later; after three failures in a row each try also says "poll".
 */
export function connectEvents(tell: (event: ServerEvent) => void, url: string, wiring: Wiring = browser): () => void {
  let source: Source | null = null
  let timer = 0
  let failures = 0
  const lost = () => {
    source?.close()
    failures++
    if (failures >= failuresBeforePolling) tell({ kind: 'poll', data: {} })
    timer = wiring.later(connect, Math.min(longestWait, firstWait * 2 ** (failures - 1)))
  }
  const connect = () => {
    source = wiring.open(url)
    source.onopen = () => {
      // What happened while the line was down is not told again.
      if (failures > 0) tell({ kind: 'poll', data: {} })
      failures = 0
    }
    source.onerror = lost
    for (const kind of kinds) source.addEventListener(kind, (event) => tell({ kind, data: read(event.data) }))
    source.addEventListener(missed, () => tell({ kind: 'poll', data: {} }))
  }
  connect()
  return () => {
    wiring.cancel(timer)
    source?.close()
  }
}

const listeners = new Set<(event: ServerEvent) => void>()
let hangUp: (() => void) | null = null

/** One line for the whole page, however many parts listen: browsers open six at most. */
function listen(tell: (event: ServerEvent) => void): () => void {
  listeners.add(tell)
  hangUp ??= connectEvents((event) => listeners.forEach((each) => each(event)), '/api/v1/events')
  return () => {
    listeners.delete(tell)
    if (listeners.size > 0) return
    hangUp?.()
    hangUp = null
  }
}

export function useEvents(tell: (event: ServerEvent) => void, enabled = true): void {
  const latest = useRef(tell)
  useEffect(() => {
    latest.current = tell
  })
  useEffect(() => {
    if (!enabled) return
    return listen((event) => latest.current(event))
  }, [enabled])
}
