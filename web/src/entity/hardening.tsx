import { cx } from '@/lib/class-names'
import type { ThingPage } from '@/twin/wire'
import { PanelFrame } from '@/ui/panel-frame'
import { type Fact, hardening, workloadSpec } from './specs'

const fills: Record<Fact['look'], string> = { open: 'bg-more border-more', closed: 'border-control', unsaid: 'hatched border-control' }
const lookWords: Record<Fact['look'], string> = { open: 'more than it may need', closed: 'held', unsaid: 'not said' }

/** How far its containers are held from their host: as declared, never tried. */
export function HardeningPanel({ page }: { page: ThingPage }) {
  const says = page.says.find((s) => hardening(workloadSpec(s.spec)) !== null)
  const facts = says ? hardening(workloadSpec(says.spec)) : null
  if (!facts) {
    return <PanelFrame id="hardening" subject="Hardening" title="How it is held from its host is not known"><p className="text-sm text-dim">No source says what its pods are like. An agent in the cluster, or the manifests, would.</p></PanelFrame>
  }
  const open = facts.filter((f) => f.look === 'open').length
  const unsaid = facts.filter((f) => f.look === 'unsaid').length
  const title = open > 0 ? `${open} of ${facts.length} facts give it more than it may need` : unsaid > 0 ? `Nothing is opened, ${unsaid} of ${facts.length} are left to the platform` : 'It is held in every way that we look at'
  return (
    <PanelFrame id="hardening" subject="Hardening" title={title} note={`As ${says?.source ?? 'its source'} says it.`} sheet={{ head: ['fact', 'answer', 'look'], rows: facts.map((f) => [f.name, f.answer, f.look]) }}>
      <dl className="text-sm">
        {facts.map((f) => (
          <div key={f.name} data-fact={f.look} className="flex flex-wrap items-baseline justify-between gap-x-4 border-b border-hairline py-1 last:border-0">
            <dt className="text-dim">{f.name}</dt>
            <dd className="inline-flex items-baseline gap-1.5 foreign"><span className={cx('mark size-2.5 shrink-0 self-center rounded-full border-[1.5px]', fills[f.look])}><span className="sr-only">{lookWords[f.look]}</span></span>{f.answer}</dd>
          </div>
        ))}
      </dl>
    </PanelFrame>
  )
}
