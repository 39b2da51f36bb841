import { count } from '@/lib/format'
import { Button } from '@/ui/button'
import { type Outcome, outcomeWords } from './change'

export interface Progress {
  done: number
  all: number
}

interface Props {
  progress: Progress | null
  outcome: Outcome | null
  onDismiss: () => void
}

const most = 5

/** How far it is, and what was refused. */
export function OutcomeNote({ progress, outcome, onDismiss }: Props) {
  if (progress) {
    return (
      <div role="status" data-testid="progress" className="mb-3 flex items-center gap-3 text-sm text-dim">
        <progress value={progress.done} max={progress.all} aria-label="Changed so far" className="h-1.5 w-40 accent-ramp-1" />
        {count(progress.done)} of {count(progress.all)}
      </div>
    )
  }
  if (!outcome) return null
  const more = outcome.skipped.length - most
  return (
    <div role="alert" data-testid="refused" className="mb-3 flex items-start justify-between gap-3 rounded-lg border border-more bg-surface px-3 py-2 text-sm">
      <div className="min-w-0">
        <p className="font-medium">{outcome.changed.length + outcome.unchanged.length === 0 ? 'Not changed' : outcomeWords(outcome)}</p>
        <ul className="mt-0.5 text-dim">
          {outcome.skipped.slice(0, most).map(({ row, error }) => (
            <li key={row.id} className="foreign">{row.id}: {error.detail || error.title}{error.hint && `. ${error.hint}`}{error.request_id && <span className="text-faint"> · request {error.request_id}</span>}</li>
          ))}
          {more > 0 && <li>and {count(more)} more</li>}
        </ul>
      </div>
      <Button small kind="quiet" onClick={onDismiss}>Dismiss</Button>
    </div>
  )
}
