import { duration, plural } from '@/lib/format'
import type { Artifact, MatrixCell, Workload } from './ask'
import type { ScopePart } from './ask'

/** What is said of an answer of the evidence. */
const answers: Record<string, Record<string, string>> = {
  running: { yes: 'Running', no: 'Not running', unknown: 'Not known' },
  reachable: { yes: 'From the internet', no: 'Not from the internet', unknown: 'Not known' },
  sbom: { yes: 'Known', partial: 'Partly known', no: 'Not known' },
  freshness: { fresh: 'Fresh', stale: 'Stale', unknown: 'Too old to say', none: 'No evidence' },
}

export function answerWords(kind: 'running' | 'reachable' | 'sbom' | 'freshness', value: string): string {
  return answers[kind]?.[value] ?? value
}

/** A door as a person says it: "pay.example.com, through ingress/pay". */
export function doorWords(door: Workload['doors'][number]): string {
  return door.via ? `${door.address}, through ${door.via}` : door.address
}

/** "registry.example/app/checkout:1.4@sha256:9c1…" without what nobody reads. */
export function imageWords(image: string): string {
  const [name = image, digest] = image.split('@')
  const short = name.split('/').at(-1) ?? name
  if (!digest) return short
  return name.includes(':') ? short : `${short}@${digest.slice(0, 'sha256:'.length + 8)}`
}

export function artifactTitle(a: Artifact): string {
  const name = a.name.split('/').at(-1) ?? a.name
  if (a.tag) return `${name}:${a.tag}`
  return name || a.id
}

/** What is odd about an SBOM, in words; "" when all of it can be matched. */
export function qualityWords(a: Artifact): string {
  const q = a.quality
  if (!q) return ''
  const lost = q.no_purl + q.no_version + q.unknown_ecosystem + q.bad_purl
  return lost === 0 ? '' : `${plural(lost, 'component')} cannot be matched`
}

/** The cell of the matrix for those who hear it. */
export function cellWords(service: string, environment: string, cell: MatrixCell): string {
  if (cell.running === '' && cell.exposures.count === 0) return `${service} is not in ${environment}`
  const parts = [answerWords('running', cell.running || 'unknown'), `reachable: ${cell.reachable || 'unknown'}`]
  if (cell.sbom !== 'yes') parts.push('contents not all known')
  if (cell.freshness !== 'fresh') parts.push(answerWords('freshness', cell.freshness || 'unknown').toLowerCase())
  return `${service} in ${environment}: ${parts.join(', ')}`
}

/** What cannot be seen in a cell: contents or evidence missing. */
export function isBlind(cell: MatrixCell): boolean {
  return cell.running !== '' && (cell.sbom === 'no' || cell.freshness === 'unknown' || cell.running === 'unknown')
}

const partWords: Record<ScopePart, string> = { product: 'product', env: 'environment', owner: 'owner' }

/** Says that a list is wider than the scope bar, when it is. */
export function leftWords(what: string, left: ScopePart[]): string {
  if (left.length === 0) return ''
  const named = left.map((l) => partWords[l])
  return `${what} are not narrowed by ${named.join(' or ')}: you see those of all.`
}

export function everyWords(seconds: number): string {
  return seconds > 0 ? `every ${duration(seconds)}` : 'does not age'
}

/** What values of facets are called. */
const tri = { yes: 'yes', no: 'no', unknown: 'not known' }
const part = { yes: 'known', partial: 'in part', no: 'not known', unknown: 'not known' }
export const facetWords: Record<string, Record<string, string>> = {
  env: {}, owner: { none: 'nobody' }, product: { none: 'none' }, reachable: tri, running: tri,
  fresh: { fresh: 'fresh', stale: 'stale', unknown: 'too old' }, class: { observed: 'observed', declared: 'only declared' },
  sbom: part, provenance: { ...part, yes: 'told', no: 'not told', unknown: 'no digest seen' },
}
