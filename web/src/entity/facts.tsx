import { paths } from '@/app/paths'
import { count } from '@/lib/format'
import { AnswerMark, FreshMark, SbomMark } from '@/twin/marks'
import type { ThingPage } from '@/twin/wire'
import { CopyButton } from '@/ui/copy-button'
import { PageLink } from '@/ui/page-link'
import { PanelFrame } from '@/ui/panel-frame'
import { StatNumber } from '@/ui/stat-number'
import { Age, Time } from '@/ui/time'
import { useAsOf } from '@/state/view'
import { pageOf } from './ask'
import { kindWords, stateWords } from './words'

/** What it is, whose it is, and who says so. */
export function FactsPanel({ page }: { page: ThingPage }) {
  const { thing, workload: w, artifact: a, component: c } = page
  const at = useAsOf()
  const counted = w !== null || a !== null || c !== null
  return (
    <PanelFrame id="facts" subject="Its facts" title={stateWords(page.state)} aside={thing.freshness ? <FreshMark value={thing.freshness} /> : undefined}>
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-5 gap-y-1.5 text-sm" data-testid="entity-facts" data-standing={page.state}>
        <dt className="text-faint">Kind</dt><dd>{kindWords(thing.kind)}{w && w.kind !== thing.kind && <span className="text-dim"> ({w.kind})</span>}</dd>
        {thing.scope && <><dt className="text-faint">Where</dt><dd className="foreign">{thing.scope}</dd></>}
        <dt className="text-faint">Name</dt><dd className="flex items-start gap-1"><code className="min-w-0 text-xs leading-6 foreign">{thing.id || thing.name}</code><CopyButton text={thing.id || thing.name} what="the name" /></dd>
        {w && <><dt className="text-faint">Service</dt><dd><PageLink to={paths.service(w.service)} className="row-link">{w.service}</PageLink></dd></>}
        {w && <><dt className="text-faint">Running</dt><dd><AnswerMark kind="running" value={w.running} />{w.replicas > 0 && <span className="text-faint">, {count(w.replicas)} {w.replicas === 1 ? 'replica' : 'replicas'}</span>}</dd></>}
        {w && <><dt className="text-faint">Reachable</dt><dd><AnswerMark kind="reachable" value={w.reachable} /></dd></>}
        {w && <><dt className="text-faint">Contents</dt><dd><SbomMark value={w.sbom} /></dd></>}
        {a && <><dt className="text-faint">Deployed</dt><dd>{a.deployed ? 'yes' : 'not now'}</dd><dt className="text-faint">Contents</dt><dd><SbomMark value={a.sbom ? 'yes' : 'no'} />{a.sbom && <span className="text-faint">, {count(a.components)} components, <Age at={a.observed_at} from={at} /></span>}</dd></>}
        {c && <><dt className="text-faint">Ecosystem</dt><dd>{c.type || '–'}</dd><dt className="text-faint">In artifacts</dt><dd>{count(c.artifacts)}</dd><dt className="text-faint">Affected?</dt><dd><PageLink to={paths.affected(c.purl)} className="link target">Are we affected by it?</PageLink></dd></>}
        <dt className="text-faint">Owner</dt><dd className="foreign">{page.owner ? <><PageLink {...pageOf({ kind: 'Team', scope: '', name: page.owner })} className="row-link">{page.owner}</PageLink>{w?.owner_rule && <span className="block text-xs text-faint">by {w.owner_rule}</span>}</> : <span className="text-dim italic">nobody</span>}</dd>
        {page.products.length > 0 && <><dt className="text-faint">Part of</dt><dd>{page.products.map((p, i) => <span key={p}>{i > 0 && ', '}<PageLink to={paths.product(p)} className="row-link">{p}</PageLink></span>)}</dd></>}
        {counted && <><dt className="text-faint">Exposures</dt><dd><StatNumber count={page.exposures.count} to={paths.exposures} search={{ q: page.exposures.query }} label="live exposures here" className="justify-start!" /></dd></>}
        <dt className="text-faint">As it is since</dt><dd><Time at={thing.since} none="not known" /></dd>
        <dt className="text-faint">Last seen</dt><dd><Age at={thing.seen_at} from={at} none="never" /></dd>
        <dt className="text-faint">Said by</dt><dd className="foreign">{thing.sources.length === 0 ? <span className="text-dim">nobody; others name it</span> : thing.sources.map((s, i) => <span key={s}>{i > 0 && ', '}<PageLink to={paths.source(s)} className="row-link">{s}</PageLink></span>)}</dd>
      </dl>
    </PanelFrame>
  )
}
