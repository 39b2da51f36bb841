import { paths } from '@/app/paths'
import { cx } from '@/lib/class-names'
import { plural } from '@/lib/format'
import type { Proof, SideSays } from '@/twin/wire'
import { PageLink } from '@/ui/page-link'
import { Time } from '@/ui/time'
import { pageOf } from './ask'
import { pagedIn, verdictWords } from './proofs'
import { kindWords } from './words'

const fills: Record<string, string> = { 'policy-allowed': 'bg-more border-more', yes: 'bg-more border-more', 'policy-denied': 'border-control', no: 'border-control' }

/** What was worked out: by its form and in words, never by colour alone. */
export function VerdictMark({ value, words }: { value: string; words?: string }) {
  return <span className="inline-flex items-center gap-1.5 whitespace-nowrap" data-verdict={value}><span aria-hidden="true" className={cx('mark size-2.5 shrink-0 rounded-full border-[1.5px]', fills[value] ?? 'hatched border-control')} />{words ?? verdictWords[value] ?? value}</span>
}

/** An object by its name, with its page where it has one. */
export function ObjectLink({ text, scope }: { text: string; scope: string }) {
  const ref = pagedIn(text, scope)
  if (!ref) return <span className="foreign">{text}</span>
  return <PageLink {...pageOf(ref)} className="row-link foreign" title={text}>{kindWords(ref.kind)} {ref.name}</PageLink>
}

/** What the policies of one side say: which select it, and which rules let it pass. */
export function SideLine({ who, side, scope }: { who: string; side: SideSays | undefined; scope: string }) {
  if (!side) return null
  const named = (list: string[]) => list.map((p, i) => {
    const name = p.replace(/ (?:ingress|egress).*$/, '')
    return <span key={p}>{i > 0 && ', '}<PageLink {...pageOf({ kind: 'NetworkPolicy', scope, name })} className="link foreign">{p}</PageLink></span>
  })
  return (
    <li className="flex flex-wrap gap-x-2" data-side={who}>
      <span className="text-faint">{who}</span>
      <VerdictMark value={side.verdict} words={side.policies.length === 0 && side.verdict === 'policy-allowed' ? 'open: no policy selects it' : undefined} />
      {side.policies.length > 0 && <span>policies: {named(side.policies)}</span>}
      {side.rules.length > 0 && <span className="foreign">rules: {side.rules.join(', ')}</span>}
      {side.why && <span className="text-dim foreign">{side.why}</span>}
    </li>
  )
}

/** On what a proof rests: whose word, since when, and the objects as they were. */
export function Basis({ proof: p }: { proof: Proof }) {
  return (
    <details className="mt-0.5 text-xs">
      <summary className="target w-fit text-link">What it rests on</summary>
      <ul className="mt-0.5 flex flex-col gap-0.5 text-dim">
        <li>So since <Time at={p.since} none="not known" />, worked out <Time at={p.known_since} none="not known" /> by {p.rules}</li>
        <li>By the word of {p.sources.length === 0 ? 'nobody' : p.sources.map((s, i) => <span key={`${s.source}/${s.scope}`}>{i > 0 && ', '}<PageLink to={paths.source(s.source)} className="link foreign">{s.source}</PageLink>{s.scope && <span className="foreign"> ({s.scope})</span>}</span>)}</li>
        <li>{p.inputs.length === 0 ? 'No object of a policy or a role had a say' : <>{plural(p.inputs.length, 'object')}: {p.inputs.map((x, i) => <span key={`${x.kind}/${x.name}`}>{i > 0 && ', '}<ObjectLink text={`${x.kind}/${x.name}`} scope={p.environment} /> <code className="text-faint">{x.revision}</code></span>)}</>}</li>
        <li className="text-faint">{p.id}</li>
      </ul>
    </details>
  )
}
