import { asApiError } from '@/api/problem'
import { Button } from './button'
import { CopyButton } from './copy-button'

interface Props {
  error: unknown
  /** What is not available: "The trend". */
  what: string
  onRetry?: () => void
}

/** A failure where it happened: what, why, what to do, and its number. */
export function ProblemNote({ error, what, onRetry }: Props) {
  const problem = asApiError(error)
  const said = problem.detail || problem.title
  return (
    <div role="alert" data-testid="problem" className="flex flex-col items-start gap-2 px-4 py-6 text-sm">
      <p className="font-medium foreign">{what} is not available: {said}</p>
      <p className="text-dim foreign">{problem.hint || 'The rest of this page is current.'}</p>
      <div className="flex flex-wrap items-center gap-2">
        {onRetry && problem.status !== 404 && <Button small onClick={onRetry}>Retry</Button>}
        {problem.request_id && (
          <span className="inline-flex items-center gap-1 text-xs text-faint">
            request <code data-testid="request-id">{problem.request_id}</code>
            <CopyButton text={problem.request_id} what="request id" />
          </span>
        )}
      </div>
    </div>
  )
}
