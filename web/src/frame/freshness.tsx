import { paths } from '@/app/paths'
import { cx } from '@/lib/class-names'
import { age, percent } from '@/lib/format'
import { useNow } from '@/state/now'
import { PageLink } from '@/ui/page-link'
import { Popover } from '@/ui/popover'
import { type Standing, standingWords } from './standing'

const dots: Record<string, string> = {
  fresh: 'bg-ramp-2',
  stale: 'hatched border border-more',
  unknown: 'hatched border border-control',
  none: 'border border-control',
}
/** A dot with a word; behind it the worst source, its age, and what that means. */
export function Freshness({ standing }: { standing: Standing | undefined }) {
  const now = useNow()
  const state = standing?.state ?? 'unknown'
  const at = standing?.worst_at ? new Date(standing.worst_at) : null
  const trigger = (
    <button type="button" data-testid="freshness" data-state={state} className="inline-flex h-8 min-w-6 items-center gap-2 rounded-md px-2 text-sm hover:bg-hover">
      <span aria-hidden="true" className={cx('mark size-2.5 rounded-full', dots[state] ?? dots['unknown'])} />
      <span className="max-wide:sr-only">{standingWords(standing)}</span>
    </button>
  )
  return (
    <Popover trigger={trigger} label="How fresh the picture is" align="end">
      <div className="flex w-72 flex-col gap-2 p-3">
        <p className="font-medium foreign">{standing?.sentence ?? 'Not known yet.'}</p>
        {standing && (
          <dl className="grid grid-cols-[auto_1fr] gap-x-3 gap-y-1 text-sm">
            <dt className="text-faint">Workloads covered</dt>
            <dd className="text-right">{standing.covered} of {standing.workloads} ({percent(standing.covered, standing.workloads)})</dd>
            {standing.worst && <><dt className="text-faint">Longest silent</dt><dd className="text-right foreign">{standing.worst}{at && `, ${age(at, now)}`}</dd></>}
            {standing.stale.length > 0 && <><dt className="text-faint">{state === 'unknown' ? 'Silent' : 'Stale'}</dt><dd className="text-right foreign">{standing.stale.join(', ')}</dd></>}
          </dl>
        )}
        <PageLink to={paths.sources} className="link target self-start">Open sources</PageLink>
      </div>
    </Popover>
  )
}
