import { X } from 'lucide-react'
import { createContext, type ReactNode, use, useCallback, useMemo, useRef, useState } from 'react'
import { useShortcuts } from '@/keys/shortcuts'
import { Button, IconButton } from './button'

interface Shown {
  id: number
  text: string
  undo: (() => void) | undefined
}

interface Toasts {
  /** Says what was done. With undo it stays for 30 s and "z" takes it back. */
  say: (text: string, undo?: () => void) => void
}

const Context = createContext<Toasts>({ say: () => undefined })
const forUndo = 30_000
const forReading = 6_000
const most = 3

/** What was done, at the foot of the page. Never for errors: those stay where they happened. */
export function ToastProvider({ children }: { children: ReactNode }) {
  const [shown, setShown] = useState<Shown[]>([])
  const last = useRef(0)
  const drop = useCallback((id: number) => setShown((all) => all.filter((t) => t.id !== id)), [])
  const say = useCallback<Toasts['say']>(
    (text, undo) => {
      const id = ++last.current
      setShown((all) => [...all, { id, text, undo }].slice(-most))
      setTimeout(() => drop(id), undo ? forUndo : forReading)
    },
    [drop],
  )
  const takeBack = useCallback(
    (toast: Shown) => {
      drop(toast.id)
      toast.undo?.()
    },
    [drop],
  )
  useShortcuts({
    z: () => {
      const latest = shown.findLast((t) => t.undo)
      if (latest) takeBack(latest)
    },
  })
  const toasts = useMemo(() => ({ say }), [say])
  return (
    <Context value={toasts}>
      {children}
      <div role="status" aria-live="polite" data-testid="toasts" className="no-print fixed right-4 bottom-4 z-50 flex w-80 max-w-[calc(100vw-2rem)] flex-col gap-2 max-bar:bottom-18">
        {shown.map((toast) => (
          <div key={toast.id} className="flex items-center gap-2 rounded-lg bg-ink py-1.5 pr-1.5 pl-3.5 text-sm text-inverse shadow-float">
            <span className="grow foreign">{toast.text}</span>
            {toast.undo && <Button small kind="quiet" className="text-inverse underline" onClick={() => takeBack(toast)}>Undo (z)</Button>}
            <IconButton label="Dismiss" className="size-7 text-inverse" onClick={() => drop(toast.id)}><X size={14} aria-hidden="true" /></IconButton>
          </div>
        ))}
      </div>
    </Context>
  )
}

export function useToast(): Toasts {
  return use(Context)
}
