import { paths } from '@/app/paths'
import { SlaBars, slaSheet } from '@/charts/sla-bars'
import { plural } from '@/lib/format'
import { PanelFrame } from '@/ui/panel-frame'
import type { OverviewDoc } from './ask'
import type { PartProps } from './gates-panel'

function titleOf(doc: OverviewDoc | undefined): string {
  const owners = doc?.owners ?? []
  const late = owners.reduce((n, o) => n + o.late.count, 0)
  const soon = owners.reduce((n, o) => n + o.soon.count, 0)
  if (owners.length === 0) return 'Deadlines'
  return `${late === 0 ? 'Nothing late' : `${plural(late, 'is', 'are')} late`}, ${plural(soon, 'is', 'are')} due in 7 days`
}

/** Who is late, and who will be. */
export function DeadlinesPanel({ doc, error, busy, onRetry }: PartProps) {
  const owners = doc?.owners ?? []
  return (
    <PanelFrame
      id="deadlines" subject="Deadlines" title={titleOf(doc)} note="Exposures with a deadline, by owner" loading={!doc && !error} error={doc ? null : error}
      onRetry={onRetry} busy={busy} sheet={slaSheet(owners)} minHeight={224}
      computed={<p>The deadline comes from the row of the policy’s table that applies; what is decided to wait has none. The exposure’s page names the row.</p>}
    >
      {owners.length === 0 ? <p className="text-sm text-dim">Nothing has a deadline.</p> : <div className="max-h-52 overflow-y-auto"><SlaBars owners={owners} to={paths.exposures} /></div>}
    </PanelFrame>
  )
}
