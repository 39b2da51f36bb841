import { pageOf, type Ref, refKey } from '@/entity/ask'
import { kindWords, shortId } from '@/entity/words'
import { layersOf } from '@/graph/layout'
import type { EdgeLook, Graph } from '@/graph/model'
import type { components } from '@/api/schema'

type Schemas = components['schemas']
export type Flows = Schemas['Flows']
export type FlowEdge = Schemas['FlowEdge']
export type FlowReached = Schemas['FlowReached']

/** The node that the address names: "Workload/prod/cart". The scope of a workload may have a slash. */
export function refOf(text: string, doc?: Flows): Ref | null {
  const known = doc?.nodes.find((n) => refKey(n) === text)
  if (known) return { kind: known.kind, scope: known.scope, name: known.name }
  const [kind = '', ...rest] = text.split('/')
  const name = rest.at(-1) ?? ''
  if (kind === '' || name === '') return null
  // Without the answer it is only a guess where the scope ends: a namespace stands before its name elsewhere.
  return kind === 'Workload' || rest.length < 2 ? { kind, scope: rest.slice(0, -1).join('/'), name } : { kind, scope: rest[0] ?? '', name: rest.slice(1).join('/') }
}

export function lookOf(edge: Pick<FlowEdge, 'how' | 'denied'> & { freshness?: string }): EdgeLook {
  if (edge.freshness === 'lapsed') return 'unknown'
  if (edge.denied) return 'refused'
  return edge.how === 'observed' || edge.how === 'documented' || edge.how === 'inferred' ? edge.how : 'unknown'
}

/** "grpc/7070, personal data: PII". */
export function edgeWords(edge: FlowEdge): string {
  return [edge.denied ? 'tried and refused' : 'talks to', edge.protocols.join(', '), edge.data.length > 0 && `data: ${edge.data.join(', ')}`].filter(Boolean).join(', ')
}

/** All ends, as far from a beginning as the longest way goes. */
export function flowGraph(doc: Flows): Graph {
  const ids = doc.nodes.map(refKey)
  const edges = doc.items.map((e) => ({ from: refKey(e.from), to: refKey(e.to), look: lookOf(e), words: edgeWords(e) }))
  const layers = layersOf(ids, edges)
  // What holds data stands at the right, whoever reads it first.
  const last = Math.max(0, ...layers.values())
  return {
    nodes: doc.nodes.map((n) => ({
      id: refKey(n), layer: isStore(n.kind) ? Math.max(last, 1) : (layers.get(refKey(n)) ?? 0), kind: kindWords(n.kind), label: n.kind === 'Workload' ? n.name : shortId(n.label || n.name), bundle: `${isStore(n.kind) ? last : (layers.get(refKey(n)) ?? 0)} ${n.kind}`,
      ...noteOf(n), ...pageOf(n),
    })),
    edges, layers: [],
  }
}

/** Where a workload is; of what else, which system it is and what data it holds. */
function noteOf(n: Flows['nodes'][number]): { note?: string } {
  const note = [n.kind === 'Workload' ? n.scope : n.system, n.data.join(', ')].filter(Boolean).join(' · ')
  return note === '' ? {} : { note }
}

function isStore(kind: string): boolean {
  return kind === 'DataStore' || kind === 'Dataset'
}

/** ", 1,200 calls or more" where somebody counted. */
export function countWords(edge: Pick<FlowEdge, 'says'>): string {
  const calls = edge.says.reduce((sum, s) => sum + s.calls, 0)
  return calls > 0 ? `, ${calls.toLocaleString('en-GB')} ${calls === 1 ? 'call' : 'calls'} or more` : ''
}

/** Who says so, in a line: "observed by otlp; inferred from configuration (env DATABASE_URL)". */
export function saysWords(edge: FlowEdge): string {
  return edge.says.map((s) => `${s.how}${s.source === 'configuration' ? ' from configuration' : ` by ${s.source}`}${s.where.length > 0 ? ` (${s.where.join(', ')})` : ''}${s.denied ? ', refused' : ''}`).join('; ')
}
