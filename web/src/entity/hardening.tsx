import { cx } from '@/lib/class-names'
import { plural } from '@/lib/format'
import type { Proof } from '@/twin/wire'
import { PanelFrame } from '@/ui/panel-frame'
import { Basis } from './basis'
import type { Proofs } from './proofs'

type Look = 'open' | 'closed' | 'unsaid'
const fills: Record<Look, string> = { open: 'bg-more border-more', closed: 'border-control', unsaid: 'hatched border-control' }
const looks: Record<Look, string> = { open: 'more than it may need', closed: 'held', unsaid: 'not said' }

/** Facts of which "yes" is the careful answer; of all others it is "no". */
const careful = new Set(['system calls confined', 'read-only root'])
const names: Record<string, string> = {
  'host network': 'In the network of its host', 'host processes': 'Sees the processes of its host', 'host memory': 'Shares memory with its host', 'host path': 'Mounts folders of its host', 'runtime socket': 'Socket of the container runtime',
  privileged: 'Privileged', 'added capabilities': 'Added capabilities', 'system calls confined': 'System calls confined', 'read-only root': 'Root file system read only', 'runs as root': 'Runs as root', 'may gain privileges': 'May gain privileges',
}

export function lookOf(fact: { name: string; verdict: string }): Look {
  if (fact.verdict === 'unknown') return 'unsaid'
  return (fact.verdict === 'yes') === careful.has(fact.name) ? 'closed' : 'open'
}

/** How far its containers are held from their host: as declared, never tried. */
export function HardeningPanel({ asked }: { asked: Proofs['facts'] }) {
  const proof = asked.data?.items.find((p) => p.check === 'host')
  const facts = proof?.facts ?? []
  const open = facts.filter((f) => lookOf(f) === 'open').length
  const unsaid = facts.filter((f) => lookOf(f) === 'unsaid').length
  const title = !proof ? 'How it is held from its host is not known' : proof.verdict === 'yes' ? `It has a way to its host: ${proof.why}` : open > 0 ? `No way to its host is known; ${open} of ${plural(facts.length, 'fact')} more open than it may need` : unsaid > 0 ? `Nothing is opened, ${unsaid} of ${facts.length} facts are left to the platform` : 'It is held in every way that we look at'
  return (
    <PanelFrame id="hardening" subject="Hardening" title={title} error={asked.data ? undefined : asked.error} onRetry={() => void asked.refetch()} sheet={{ head: ['fact', 'answer', 'field', 'value'], rows: facts.map((f) => [f.name, f.verdict, f.field, f.value ?? '']) }}>
      {proof ? <Facts proof={proof} /> : <p className="text-sm text-dim">No source says what its pods are like. An agent in the cluster, or the manifests, would.</p>}
    </PanelFrame>
  )
}

function Facts({ proof }: { proof: Proof }) {
  return (
    <>
      <dl className="text-sm">
        {(proof.facts ?? []).map((f, i) => {
          const look = lookOf(f)
          return (
            <div key={i} data-fact={look} className="grid grid-cols-[minmax(0,1fr)_auto] gap-x-4 border-b border-hairline py-1 last:border-0">
              <dt className="text-dim">{names[f.name] ?? f.name}</dt>
              <dd className="inline-flex items-baseline gap-1.5"><span className={cx('mark size-2.5 shrink-0 self-center rounded-full border-[1.5px]', fills[look])}><span className="sr-only">{looks[look]}</span></span>{f.verdict === 'unknown' ? 'not said' : f.verdict}</dd>
              {look !== 'closed' && <dd className="col-span-2 text-xs text-faint foreign">{f.value && <span className="text-dim">{f.value} · </span>}<code>{f.field}</code></dd>}
            </div>
          )
        })}
      </dl>
      <Basis proof={proof} />
    </>
  )
}
