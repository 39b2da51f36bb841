import { plural } from '@/lib/format'
import type { Edge, ThingPage } from '@/twin/wire'

/** "sha256:918c3e90…": as much of a digest as tells it from others. */
export function shortId(text: string): string {
  return text.replace(/(sha(?:256|512):[0-9a-f]{12})[0-9a-f]+/g, '$1…').replace(/@([0-9a-f]{12})[0-9a-f]{28,}$/, '@$1…')
}

const states: Record<string, string> = {
  live: 'Known now', ended: 'It was there, and is not at this time', named: 'Only named by others: no source speaks of it',
}

export function stateWords(state: string): string {
  return states[state] ?? state
}

const bases: Record<string, string> = {
  observed: 'observed', declared: 'declared', documented: 'documented', inferred: 'inferred from configuration', content: 'by its SBOM', detected: 'seen by a sensor',
}

export function basisWords(basis: string): string {
  return bases[basis] ?? basis
}

/** One word of the kind where people have one. */
const kinds: Record<string, string> = {
  ServiceAccount: 'Service account', DataStore: 'Data store', ConfigMap: 'Config map', NetworkPolicy: 'Network policy', StatefulSet: 'Stateful set', DaemonSet: 'Daemon set',
  ClusterRole: 'Cluster role', ClusterRoleBinding: 'Cluster role binding', RoleBinding: 'Role binding', HTTPRoute: 'HTTP route', Loaded: 'Loaded parts',
}

export function kindWords(kind: string): string {
  return kinds[kind] ?? kind
}

/** "1 workload", "4 workloads", "2 service accounts". */
export function countedKind(n: number, kind: string): string {
  const word = kindWords(kind)
  // Names that are short for something stay as they are: API, SaaS.
  const lower = /^[A-Z][a-z]/.test(word) && word !== 'SaaS' ? word.charAt(0).toLowerCase() + word.slice(1) : word
  return plural(n, lower, lower.endsWith('y') ? `${lower.slice(0, -1)}ies` : lower.endsWith('s') ? `${lower}es` : `${lower}s`)
}

/** What the page is about, as a person says it. */
export function titleOf(page: Pick<ThingPage, 'thing' | 'artifact' | 'component'>): string {
  const { thing, artifact, component } = page
  if (component) return [component.name, component.version].filter(Boolean).join(' ')
  if (artifact?.name) return `${artifact.name.split('/').at(-1) ?? artifact.name}${artifact.tag ? `:${artifact.tag}` : ''}`
  return shortId(thing.id || thing.name)
}

/** An edge in few words: what is said of it beside its end. */
export function edgeWords(edge: Edge): string {
  return [edge.detail, edge.basis && basisWords(edge.basis), edge.source && edge.basis !== 'content' ? `by ${edge.source}` : ''].filter(Boolean).join(' · ')
}
