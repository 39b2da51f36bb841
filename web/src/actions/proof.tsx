import { paths } from '@/app/paths'
import { plural } from '@/lib/format'
import { ShieldCheck } from 'lucide-react'
import { PageLink } from '@/ui/page-link'
import { Time } from '@/ui/time'
import { type ActionDetail, exposuresSearch, onlyEvidence, removedWords, scoreOf } from './model'

/** What shows that it is done, or what is missing for it. */
export function Proof({ action }: { action: ActionDetail }) {
  const all = action.open + action.fixed
  const done = all === 0 ? 0 : Math.round((action.fixed / all) * 100)
  return (
    <div className="flex flex-col gap-3 text-sm" data-testid="proof" data-state={action.state}>
      <p className="foreign">{sentence(action)}</p>
      <div>
        <div role="img" aria-label={`${action.fixed} of ${all} exposures are fixed`} className="bar flex h-2.5 overflow-hidden rounded-full border border-edge bg-sunken">
          <span className="bg-fewer" style={{ width: `${done}%` }} />
        </div>
        <p className="mt-1 flex justify-between text-xs text-faint"><span>{action.fixed} fixed</span><span>{action.open} open</span></p>
      </div>
      <dl className="grid grid-cols-[auto_1fr] items-baseline gap-x-4 gap-y-1">
        <dt className="text-faint">Closes</dt>
        <dd><PageLink to={paths.exposures} search={{ q: exposuresSearch(action) }} data-count={action.exposures.length} className="link target">{plural(action.exposures.length, 'exposure')}</PageLink></dd>
        <dt className="text-faint">Score</dt>
        <dd>{removedWords(action) || '–'}{action.risk_removed > 0 && action.state !== 'verified' && `; ${scoreOf(action.risk_removed)} is gone already`}</dd>
        <dt className="text-faint">Changed</dt>
        <dd><Time at={action.changed_at} /></dd>
      </dl>
    </div>
  )
}

function sentence(action: ActionDetail) {
  if (action.state === 'verified') return <><ShieldCheck size={14} aria-hidden="true" className="mr-1.5 inline align-[-2px] text-fewer" />Proven: the newest evidence does not show it any more.{action.reason && ` ${capital(action.reason)}.`}</>
  if (action.state === 'deployed') return <>The fix runs, and proof is not complete. {action.reason && `${capital(action.reason)}.`}</>
  if (action.reopened > 0) return <>It came back after a fix{action.reopened > 1 && `, ${action.reopened} times`}. It is verified again when the newest evidence of every place shows the fix.</>
  return <>No proof yet. {onlyEvidence}</>
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
