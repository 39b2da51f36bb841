import { paths } from '@/app/paths'
import { useNow } from '@/state/now'
import { useAsOf } from '@/state/view'
import { PanelFrame } from '@/ui/panel-frame'
import { StatNumber } from '@/ui/stat-number'
import { Age } from '@/ui/time'
import type { Change } from './ask'
import type { PartProps } from './gates-panel'

/** What happened lately, in the world and here. */
export function ChangesPanel({ doc, error, busy, onRetry }: PartProps) {
  const changes = doc?.changes ?? []
  return (
    <PanelFrame
      id="changes" subject="Changed lately" title="Changed lately" note="The last seven days, what touches you first." flush
      loading={!doc && !error} error={doc ? null : error} onRetry={onRetry} busy={busy} className="min-h-0 overflow-hidden" minHeight={176}
    >
      {changes.length === 0
        ? <p className="px-4 pb-4 text-sm text-dim">Nothing changed in seven days.</p>
        : <ul className="max-h-44 overflow-y-auto" tabIndex={0} aria-label="Changes">{changes.map((c, i) => <ChangeRow key={i} change={c} />)}</ul>}
    </PanelFrame>
  )
}

const words: Record<string, string> = {
  kev: 'KEV', epss: 'EPSS', advisory: 'New', published: 'New', withdrawn: 'Withdrawn', opened: 'Opened', fixed: 'Fixed', regressed: 'Came back', decided: 'Decided', source: 'Source',
}
/** Some count what happened in the whole week; the others happened at a time. */
function isSum(change: Change): boolean {
  return change.subject === change.kind
}

/** The head of the panel says since when; the number opens what it counts. */
function Sum({ change: { sentence, touches } }: { change: Change }) {
  const words = sentence.replace(/ since \d{4}-\d\d-\d\d$/, '')
  const rest = words.replace(/^\d[\d,]* /, '')
  if (rest === words || touches.query === '') return words
  return <><StatNumber count={touches.count} to={paths.exposures} search={{ q: touches.query }} label={rest} className="min-w-0!" /> {rest}</>
}

const bad = new Set(['regressed', 'source', 'kev'])

/** The clocks of the browser and of the server differ a little: nothing has happened in the future. */
function Past({ at, asOf }: { at: string; asOf: Date | null }) {
  const now = useNow()
  const t = new Date(at)
  const from = asOf ?? now
  return <Age at={at} from={t > from ? t : from} />
}

function ChangeRow({ change }: { change: Change }) {
  const at = useAsOf()
  return (
    <li data-kind={change.kind} className="grid grid-cols-[4.75rem_minmax(0,1fr)_auto] gap-x-2 border-t border-hairline px-4 py-1.5 text-sm">
      <span className={bad.has(change.kind) ? 'text-xs leading-6 font-medium text-more' : 'text-xs leading-6 font-medium text-dim'}>{words[change.kind] ?? change.kind}</span>
      <span className="foreign leading-6">
        {change.drill && <b className="mr-1 rounded border border-amber-edge bg-amber px-1 text-xs font-medium text-amber-ink">Drill</b>}
        {isSum(change) ? <Sum change={change} /> : change.sentence}
        {!isSum(change) && change.touches.count > 0 && change.touches.query !== '' && (
          <span className="text-xs whitespace-nowrap text-faint"> · touches <StatNumber count={change.touches.count} to={paths.exposures} search={{ q: change.touches.query }} label="exposures that it touches" className="justify-center! text-xs" /></span>
        )}
      </span>
      <span className="text-xs leading-6 text-faint">{isSum(change) ? '7 days' : <Past at={change.at} asOf={at} />}</span>
    </li>
  )
}
