import { Time } from '@/ui/time'

interface Props {
  /** When the server last answered; null: not since the page was opened. */
  last: Date | null
  onRetry: () => void
}

/** The server is away: what is shown stays, and is called what it is. */
export function AwayStrip({ last, onRetry }: Props) {
  return (
    <div role="status" data-testid="away-strip" data-state="stale" className="flex flex-wrap items-center justify-center gap-x-2 border-b border-amber-edge bg-amber px-4 py-1 text-sm text-amber-ink">
      <span>The server does not answer{last ? <>; this is from <Time at={last.toISOString()} /></> : ''}. It is tried again every few seconds.</span>
      <button type="button" onClick={onRetry} className="target rounded px-1 font-medium underline underline-offset-2">Retry now</button>
    </div>
  )
}
