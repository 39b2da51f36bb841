import { paths } from '@/app/paths'
import { GateBars, gateSheet } from '@/charts/gate-bars'
import { count } from '@/lib/format'
import { PanelFrame } from '@/ui/panel-frame'
import { StatNumber } from '@/ui/stat-number'
import type { OverviewDoc } from './ask'

export interface PartProps {
  doc: OverviewDoc | undefined
  error: unknown
  busy: boolean
  onRetry: () => void
}

const computed = (
  <>
    <p>Every live exposure is found. A gate asks one question of what the gate before let through. “No” drops out; “yes” and “unknown” go on, so what we do not know never hides a risk.</p>
    <p>So yes, unknown and no of a gate add up to what came in. Act now is the decision in force among what passed every gate; it may also come from policy, beside the gates.</p>
  </>
)

/** What survives each gate. */
export function GatesPanel({ doc, error, busy, onRetry }: PartProps) {
  const bars = doc?.bars ?? []
  const first = bars[0]?.through.count ?? 0
  const last = bars.at(-1)?.through.count ?? 0
  return (
    <PanelFrame
      id="gates" subject="What survives each gate" note={doc && doc.act_outside.count > 0 ? <ByPolicy last={last} doc={doc} /> : 'Live exposures. Unknown counts as yes and stays hatched.'}
      title={doc ? `${count(doc.act_now.count)} of ${count(first)} to act on now` : 'What survives each gate'}
      loading={!doc && !error} waiting="Counting what survives each gate…" error={doc ? null : error} onRetry={onRetry} busy={busy} sheet={gateSheet(bars)} computed={computed} minHeight={271}
    >
      <GateBars bars={bars} to={paths.exposures} />
    </PanelFrame>
  )
}

/** Why more are to be acted on now than pass every gate. */
function ByPolicy({ last, doc }: { last: number; doc: OverviewDoc }) {
  return (
    <>
      {count(last)} {last === 1 ? 'passes' : 'pass'} every gate,{' '}
      <StatNumber count={doc.act_outside.count} to={paths.exposures} search={{ q: doc.act_outside.query }} label="act now by policy, without passing every gate" className="min-w-0! text-xs" />
      {' '}by policy. Unknown counts as yes and stays hatched.
    </>
  )
}
