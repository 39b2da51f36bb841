import { plural } from '@/lib/format'
import type { Workload } from '@/twin/ask'
import type { Proof } from '@/twin/wire'
import { PanelFrame } from '@/ui/panel-frame'
import { Basis, ObjectLink, SideLine, VerdictMark } from './basis'
import { type Proofs, proofOf, verdictWords } from './proofs'

interface Told {
  address: string
  via: string
  public: boolean
  proof: Proof | undefined
}

/** Every door, with what was worked out of it; a proof of a door that the list has no longer stays in sight. */
export function doorsOf(workload: Workload, proofs: Proof[]): Told[] {
  const told = workload.doors.map((d): Told => ({ address: d.address, via: d.via ?? '', public: d.public, proof: proofOf(d, proofs) }))
  const rest = proofs.filter((p) => !told.some((d) => d.proof === p))
  return [...told, ...rest.map((p): Told => ({ address: p.about, via: '', public: p.public ?? false, proof: p }))]
}

const verdictOf = (d: Told) => d.proof?.verdict ?? 'unknown'

export function doorsTitle(doors: Told[], reachable: string): string {
  if (doors.length === 0) return reachable === 'no' ? 'It has no door' : 'No door is known'
  const of = (verdict: string) => doors.filter((d) => verdictOf(d) === verdict).length
  const parts = [of('policy-allowed') > 0 && `${of('policy-allowed')} let in`, of('policy-denied') > 0 && `${of('policy-denied')} shut by policy`, of('unknown') > 0 && `${of('unknown')} not known`].filter(Boolean)
  return `${plural(doors.length, 'door')}, ${doors.filter((d) => d.public).length} from the internet: ${parts.join(', ')}`
}

/** The doors of a workload: who may come in through which, and by which policy. */
export function DoorsPanel({ workload, asked }: { workload: Workload; asked: Proofs['doors'] }) {
  const doors = doorsOf(workload, asked.data?.items ?? [])
  return (
    <PanelFrame
      id="doors" subject="Its doors" title={doorsTitle(doors, workload.reachable)} {...(doors.length > 0 ? { note: 'Whether what comes in through each reaches it, by the policies of both sides.' } : {})} error={asked.data ? undefined : asked.error} onRetry={() => void asked.refetch()}
      sheet={{ head: ['address', 'via', 'public', 'verdict', 'why', 'path', 'port', 'policies'], rows: doors.map((d) => [d.address, d.via, d.public ? 'yes' : 'no', verdictOf(d), d.proof?.why ?? '', (d.proof?.path ?? []).join(' > '), d.proof?.port ?? '', (d.proof?.receiver?.policies ?? []).join(', ')]) }}
      computed={<p>A door is let in where the policies that select the sender let it out and those that select the receiver let it in. It is shut only where it is known that the network applies policies, and its traffic is refused from every address it may come with. All else is not known.</p>}
    >
      {doors.length === 0 && <p className="text-sm text-dim">{workload.reachable === 'no' ? 'The source names every door there is, and none leads here.' : 'No address leads here by what the sources said; there may be one.'}</p>}
      <ul className="flex flex-col text-sm">{doors.map((d, i) => <Door key={i} door={d} scope={workload.environment} />)}</ul>
    </PanelFrame>
  )
}

function Door({ door: d, scope }: { door: Told; scope: string }) {
  const p = d.proof
  const path = (p?.path ?? []).filter((x) => x !== '')
  return (
    <li data-testid="door" data-door={verdictOf(d)} className="border-b border-hairline py-1.5 last:border-0">
      <span className="flex flex-wrap items-baseline justify-between gap-x-4">
        <span className="min-w-0 font-medium foreign">{d.address}</span>
        <VerdictMark value={verdictOf(d)} />
      </span>
      <span className="block text-xs text-faint foreign">{d.public ? 'from the internet' : 'from within'}{d.via && `, through ${d.via}`}</span>
      <span className="block text-dim foreign">{p ? p.why : 'Nothing was worked out of this door at this time.'}</span>
      {path.length > 0 && <span className="block text-xs">{path.map((x, i) => <span key={i}>{i > 0 && <span aria-hidden="true" className="text-faint"> → </span>}<ObjectLink text={x} scope={scope} /></span>)}{p?.port && <span className="text-faint"> at {p.port}</span>}</span>}
      {p && (p.sender ?? p.receiver) && <ul className="text-xs"><SideLine who="Who sends" side={p.sender} scope={scope} /><SideLine who="Who receives" side={p.receiver} scope={scope} /></ul>}
      {p && <Basis proof={p} />}
    </li>
  )
}

const checks: Record<string, string> = { inside: 'From other workloads', outside: 'From addresses' }

/** Who may reach it, where that is not everybody. */
export function ReachedByPanel({ asked, scope }: { asked: Proofs['facts']; scope: string }) {
  const list = (asked.data?.items ?? []).filter((p) => p.check in checks)
  if (list.length === 0) return null
  const shut = list.filter((p) => p.verdict === 'policy-denied').length
  return (
    <PanelFrame
      id="reached-by" subject="Who may reach it" title={`${shut} of ${plural(list.length, 'way')} to it shut by policy`} note="For each port: other workloads by what policies say of them, and blocks of addresses."
      sheet={{ head: ['check', 'about', 'verdict', 'why', 'names'], rows: list.map((p) => [p.check, p.about, p.verdict, p.why, (p.peers ?? []).flatMap((x) => x.names).join(', ')]) }}
    >
      <ul className="flex flex-col text-sm">
        {list.map((p) => (
          <li key={p.id} data-testid="reached-by" className="border-b border-hairline py-1.5 last:border-0">
            <span className="flex flex-wrap items-baseline justify-between gap-x-4"><span className="font-medium foreign">{checks[p.check]}: {p.about.replace(/ (?:policy-\w+|unknown)$/, '')}</span><VerdictMark value={p.verdict} /></span>
            <span className="block text-dim foreign">{p.why}</span>
            {(p.peers ?? []).map((x) => <span key={x.verdict} className="block text-xs text-faint foreign">{verdictWords[x.verdict] ?? x.verdict}: {x.names.join(', ')}{x.total > x.names.length && `, and ${x.total - x.names.length} more`}</span>)}
            {p.receiver && <ul className="text-xs"><SideLine who="Who receives" side={p.receiver} scope={scope} /></ul>}
            <Basis proof={p} />
          </li>
        ))}
      </ul>
    </PanelFrame>
  )
}
