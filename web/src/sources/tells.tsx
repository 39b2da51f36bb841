import { countedKind } from '@/entity/words'
import { count, plural } from '@/lib/format'
import type { Rejection, SourceCoverage } from '@/twin/wire'
import { PanelFrame } from '@/ui/panel-frame'
import { Time } from '@/ui/time'

function Lines({ title, list, testId }: { title: string; list: Rejection[]; testId: string }) {
  if (list.length === 0) return null
  return (
    <section>
      <h3 className="eyebrow">{title}</h3>
      <ul className="text-sm" data-testid={testId}>{list.map((r, i) => <li key={i} className="border-b border-hairline py-1 last:border-0 foreign"><code className="text-xs text-faint">{r.where}</code> {r.reason}</li>)}</ul>
    </section>
  )
}

/** What a source sees, what it says that it cannot see, and what was refused of it. */
export function TellsPanel({ source: s }: { source: SourceCoverage }) {
  const bad = s.rejected_total + s.quarantined
  const title = s.trouble.length > 0 ? `It says that it cannot see all: ${plural(s.trouble.length, 'trouble')}` : bad > 0 ? `${count(bad)} of what it said ${bad === 1 ? 'was' : 'were'} not taken` : 'All that it said was taken'
  return (
    <PanelFrame id="tells" subject="What it tells" title={title}>
      <div className="flex flex-col gap-3">
        <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-1 text-sm max-phone:grid-cols-[minmax(0,1fr)]">
          <dt className="text-faint">Can see</dt><dd className="foreign">{s.can_see.join('; ') || '–'}</dd>
          <dt className="text-faint">Sees now</dt><dd className="foreign">{s.sees.length === 0 ? 'nothing' : s.sees.map((k) => countedKind(k.count, k.kind)).join(', ')}</dd>
          <dt className="text-faint">Leaves unknown</dt><dd className="foreign">{s.unknown.join('; ') || 'nothing that it should see'}</dd>
          {s.effects.map((e, i) => <div key={i} className="contents"><dt className="text-faint">If it stays silent</dt><dd className="foreign"><Time at={e.at} />: {e.says}</dd></div>)}
        </dl>
        <Lines title="What it says that it cannot see" list={s.trouble} testId="trouble" />
        <Lines title="Left out of what it gave" list={s.left_out.map((l) => ({ where: `${count(l.count)} ×`, reason: l.reason }))} testId="left-out" />
        <Lines title={`Refused or set aside, the newest of ${count(bad)}`} list={s.rejected} testId="rejected" />
      </div>
    </PanelFrame>
  )
}
