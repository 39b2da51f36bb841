import { Ban, CircleAlert, RotateCcw, ShieldCheck } from 'lucide-react'
import { cx } from '@/lib/class-names'
import { useNow } from '@/state/now'
import { useAsOf } from '@/state/view'
import { type Action, clockOf, spent, stateMeans, stateWords } from './model'

/** The state as a word, with the sign of those that stand out. */
export function StateChip({ state }: { state: string }) {
  const Sign = state === 'verified' ? ShieldCheck : state === 'blocked' ? CircleAlert : state === 'rejected' ? Ban : null
  return (
    <span data-state={state} title={stateMeans[state]} className={cx('inline-flex h-5 items-center gap-1 rounded border px-1.5 text-xs font-medium whitespace-nowrap', state === 'verified' ? 'border-fewer text-fewer' : state === 'blocked' ? 'border-more text-more' : 'border-edge text-dim')}>
      {Sign && <Sign size={12} aria-hidden="true" />}
      {stateWords[state] ?? state}
    </span>
  )
}

/** It came back after it was fixed. */
export function RegressedChip({ times }: { times: number }) {
  if (times === 0) return null
  return (
    <span data-testid="regressed" data-times={times} title={`It came back after a fix, ${times === 1 ? 'once' : `${times} times`}`} className="inline-flex h-5 items-center gap-1 rounded border border-more px-1.5 text-xs font-medium whitespace-nowrap text-more">
      <RotateCcw size={11} aria-hidden="true" />Regressed{times > 1 && ` ${times}×`}
    </span>
  )
}

/** The time that is left, in words and as a bar. */
export function Clock({ action, bar = false }: { action: Action; bar?: boolean }) {
  const present = useNow()
  const at = useAsOf()
  const now = at ?? present
  const { words, late, soon } = clockOf(action, now)
  if (words === '') return null
  const gone = spent(action, now)
  return (
    <span className="inline-flex items-center gap-2">
      {bar && (
        <span aria-hidden="true" className="bar h-1.5 w-12 overflow-hidden rounded-full bg-sunken outline-1 outline-edge">
          <span className={cx('block h-full', late || soon ? 'bg-more' : 'bg-ramp-3')} style={{ width: `${Math.round(gone * 100)}%` }} />
        </span>
      )}
      <time dateTime={action.due ?? ''} className={cx('text-xs whitespace-nowrap', late ? 'font-semibold text-more' : 'text-dim')}>{words}</time>
    </span>
  )
}

export function Owner({ owner }: { owner: string | undefined }) {
  // A server that does not tell owners has not said that there is none.
  if (owner === undefined) return <span className="text-faint">–</span>
  if (owner) return <span className="truncate" title={`Owner: ${owner}`}>{owner}</span>
  return <span className="whitespace-nowrap text-dim italic">No owner</span>
}
