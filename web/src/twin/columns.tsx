import { paths } from '@/app/paths'
import { quoted } from '@/state/query-text'
import type { Column } from '@/table/columns'
import { PageLink } from '@/ui/page-link'
import { Age } from '@/ui/time'
import type { Artifact, Component, Workload } from './ask'
import { AnswerMark, FreshMark, SbomMark } from './marks'
import { artifactTitle, doorWords, imageWords, qualityWords } from './words'

export function ServiceLink({ name }: { name: string }) {
  return <PageLink to={paths.service(name)} className="row-link max-w-full"><span className="truncate">{name}</span></PageLink>
}

function Two({ first, second, title }: { first: string; second: string; title?: string }) {
  return (
    <span title={title}>
      <span className="block truncate">{first}</span>
      {second && <span className="block truncate text-xs text-faint">{second}</span>}
    </span>
  )
}

function Images({ images }: { images: string[] }) {
  const [first, ...more] = images
  if (first === undefined) return <span className="text-faint">none seen</span>
  return <Two first={imageWords(first)} second={more.length > 0 ? `and ${more.length} more` : ''} title={images.join('\n')} />
}

function Doors({ doors }: { doors: Workload['doors'] }) {
  const open = doors.filter((d) => d.public)
  const [first] = open.length > 0 ? open : doors
  if (!first) return <span className="text-faint">none</span>
  const more = doors.length - 1
  return <Two first={first.address} second={`${first.public ? 'public' : 'internal'}${more > 0 ? `, and ${more} more` : ''}`} title={doors.map(doorWords).join('\n')} />
}

const service: Column<Workload> = {
  id: 'service', head: 'Service', name: 'Service and kind', width: 'minmax(10rem, 1.2fr)', fixed: true,
  cell: (w) => (
    <>
      <ServiceLink name={w.service} />
      <span className="block truncate text-xs text-faint">{[w.kind === 'Record' ? '' : w.kind, w.namespace, w.class].filter(Boolean).join(' · ')}</span>
    </>
  ),
}

export const workloadColumns: Column<Workload>[] = [
  service,
  { id: 'env', head: 'Environment', name: 'Environment', width: '7rem', cell: (w) => <span className="block truncate" title={w.environment}>{w.environment}</span> },
  { id: 'running', head: 'Running', name: 'Running, and how many', width: '7rem', cell: (w) => <><AnswerMark kind="running" value={w.running} />{w.replicas > 0 && <span className="block pl-4 text-xs text-faint">{w.replicas} {w.replicas === 1 ? 'replica' : 'replicas'}</span>}</> },
  { id: 'reachable', head: 'Reachable', name: 'Reachable from the internet', width: '10.5rem', cell: (w) => <AnswerMark kind="reachable" value={w.reachable} /> },
  { id: 'doors', head: 'Doors', name: 'Addresses through which it can be reached', width: 'minmax(8rem, 1fr)', cell: (w) => <Doors doors={w.doors} /> },
  { id: 'owner', head: 'Owner', name: 'Who owns it', width: '8rem', cell: (w) => (w.owner ? <span className="block truncate" title={w.owner_rule}>{w.owner}</span> : <span className="text-faint italic">nobody</span>) },
  { id: 'images', head: 'Images', name: 'Images', width: 'minmax(9rem, 1fr)', cell: (w) => <Images images={w.images} /> },
  { id: 'sbom', head: 'Contents', name: 'Whether the contents of its images are known', width: '6.75rem', cell: (w) => <SbomMark value={w.sbom} /> },
  {
    id: 'fresh', head: 'Evidence', name: 'Age of the evidence, and who gave it', width: '10rem',
    cell: (w) => <><FreshMark value={w.freshness} /><span className="block truncate pl-4 text-xs text-faint"><Age at={w.seen_at} none="never seen" />{w.sources.length > 0 && ` · ${w.sources.join(', ')}`}</span></>,
  },
]

/** On a phone: what it is, and what is worth knowing of it. */
export const workloadNarrow: Column<Workload>[] = [
  { ...service, width: 'minmax(9.5rem, 1fr)', cell: (w) => <><ServiceLink name={w.service} /><span className="block truncate text-xs text-faint">{w.environment}</span></> },
  { id: 'state', head: 'State', name: 'Running, and its evidence', width: '10rem', cell: (w) => <><AnswerMark kind="running" value={w.running} /><span className="block"><FreshMark value={w.freshness} /></span></> },
]

export const artifactColumns: Column<Artifact>[] = [
  { id: 'name', head: 'Artifact', name: 'Artifact and digest', width: 'minmax(13rem, 1.4fr)', fixed: true, cell: (a) => <Two first={artifactTitle(a)} second={a.digest || a.name} title={a.id} /> },
  { id: 'deployed', head: 'Deployed', name: 'Whether something runs it', width: '7rem', cell: (a) => (a.deployed ? 'Deployed' : <span className="text-faint">Not now</span>) },
  { id: 'sbom', head: 'Contents', name: 'Whether there is an SBOM', width: '9rem', cell: (a) => <SbomMark value={a.sbom ? 'yes' : 'no'} /> },
  { id: 'components', head: 'Components', name: 'Components', width: '7.5rem', align: 'right', cell: (a) => (a.sbom ? a.components.toLocaleString('en-GB') : '–') },
  { id: 'quality', head: 'Unsaid', name: 'What its SBOM leaves unsaid', width: 'minmax(11rem, 1fr)', cell: (a) => <span className="block truncate text-dim">{qualityWords(a) || (a.sbom ? 'nothing' : 'all of it')}</span> },
  { id: 'observed', head: 'SBOM of', name: 'Time of the newest SBOM', width: '7.5rem', cell: (a) => <Age at={a.observed_at} none="no SBOM" /> },
]

export const artifactNarrow: Column<Artifact>[] = [
  { ...(artifactColumns[0] as Column<Artifact>), width: 'minmax(9.5rem, 1fr)' },
  { ...(artifactColumns[2] as Column<Artifact>), width: '8rem' },
]

function componentQuery(c: Component): string {
  return `component:${quoted(c.name)}`
}

export const componentColumns: Column<Component>[] = [
  { id: 'name', head: 'Component', name: 'Component', width: 'minmax(13rem, 1fr)', fixed: true, cell: (c) => <PageLink to={paths.affected(c.purl)} className="row-link max-w-full"><span className="truncate">{c.name}</span></PageLink> },
  { id: 'version', head: 'Version', name: 'Version', width: '9rem', cell: (c) => <span className="block truncate">{c.version || '–'}</span> },
  { id: 'type', head: 'Ecosystem', name: 'Ecosystem', width: '8rem', cell: (c) => c.type },
  { id: 'artifacts', head: 'In artifacts', name: 'Artifacts that hold it now', width: '7.5rem', align: 'right', cell: (c) => c.artifacts },
  { id: 'purl', head: 'Package URL', name: 'Package URL', width: 'minmax(14rem, 1.3fr)', cell: (c) => <code className="block truncate text-xs text-dim" title={c.purl}>{c.purl}</code> },
  { id: 'exposures', head: '', name: 'Its exposures', width: '6.5rem', cell: (c) => <PageLink to={paths.exposures} search={{ q: componentQuery(c) }} className="link target" aria-label={`Exposures of ${c.name}`}>Exposures</PageLink> },
]

export const componentNarrow: Column<Component>[] = [
  { ...(componentColumns[0] as Column<Component>), width: 'minmax(9rem, 1fr)', cell: (c) => <><PageLink to={paths.affected(c.purl)} className="row-link max-w-full"><span className="truncate">{c.name}</span></PageLink><span className="block truncate text-xs text-faint">{c.type}</span></> },
  { ...(componentColumns[1] as Column<Component>), width: '7rem' },
]
