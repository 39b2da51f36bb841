/** What sources say of a workload's containers, as far as these pages read it. Anything else stands in the raw evidence. */
interface Security {
  privileged?: boolean
  escalation?: boolean
  read_only_root?: boolean
  non_root?: boolean
  user?: number
  added?: string[]
  dropped?: string[]
  seccomp?: string
}

export interface Container {
  name?: string
  role?: string
  init?: boolean
  image?: { name?: string; tag?: string; digest?: string }
  wanted?: string
  security?: Security
}

interface Pod {
  account?: string
  host_network?: boolean
  host_pid?: boolean
  host_ipc?: boolean
  no_token?: boolean
  ports?: { name?: string; number: number; protocol?: string; host?: number }[]
  mounts?: { kind: string; name: string; read_only?: boolean }[]
}

export interface WorkloadSpec {
  containers?: Container[]
  pod?: Pod
}

export function workloadSpec(spec: unknown): WorkloadSpec {
  return spec !== null && typeof spec === 'object' ? (spec as WorkloadSpec) : {}
}

/** A fact of a workload: more than others have, less, or not said. */
export interface Fact {
  name: string
  answer: string
  /** open: more rights than it may need; closed: fewer; unsaid: the platform's default holds. */
  look: 'open' | 'closed' | 'unsaid'
}

const dangerous = /(?:docker|containerd|crio|podman)\.sock$/

/** How far its containers are held from their host; null when no source says what its pods are like. */
export function hardening(spec: WorkloadSpec): Fact[] | null {
  const { pod } = spec
  const containers = spec.containers ?? []
  if (!pod && !containers.some((c) => c.security)) return null
  const named = (list: Container[]) => list.map((c) => c.name || 'its container').join(', ')
  const with_ = (is: (s: Security) => boolean) => containers.filter((c) => is(c.security ?? {}))
  const facts: Fact[] = []
  const all = (name: string, good: string, held: Container[]) => {
    const left = containers.filter((c) => !held.includes(c))
    facts.push(left.length === 0 ? { name, answer: good, look: 'closed' } : { name, answer: `not said of ${named(left)}`, look: 'unsaid' })
  }
  const none = (name: string, found: Container[], says: (c: Container) => string) => {
    facts.push(found.length === 0 ? { name, answer: 'none', look: 'closed' } : { name, answer: found.map(says).join('; '), look: 'open' })
  }
  none('Privileged', with_((s) => s.privileged === true), (c) => c.name ?? 'yes')
  none('Added capabilities', with_((s) => (s.added ?? []).length > 0), (c) => `${c.name ?? ''} ${(c.security?.added ?? []).join(', ')}`.trim())
  if (pod) {
    const shared = [pod.host_network && 'network', pod.host_pid && 'processes', pod.host_ipc && 'memory'].filter(Boolean).join(', ')
    facts.push({ name: 'Shares with the host', answer: shared || 'nothing', look: shared ? 'open' : 'closed' })
    const host = (pod.mounts ?? []).filter((m) => m.kind === 'Host')
    facts.push({ name: 'Mounts of the host', answer: host.length === 0 ? 'none' : host.map((m) => `${m.name}${dangerous.test(m.name) ? ' (rules the host)' : ''}${m.read_only ? ', read only' : ''}`).join('; '), look: host.length === 0 ? 'closed' : 'open' })
    const ports = (pod.ports ?? []).filter((p) => p.host)
    facts.push({ name: 'Ports of the host', answer: ports.length === 0 ? 'none' : ports.map((p) => String(p.host)).join(', '), look: ports.length === 0 ? 'closed' : 'open' })
    facts.push({ name: 'Token of its account', answer: pod.no_token ? 'not mounted' : 'mounted', look: pod.no_token ? 'closed' : 'open' })
  }
  all('May not gain rights', 'yes', with_((s) => s.escalation === false))
  all('Runs as another than root', 'yes', with_((s) => s.non_root === true || (s.user !== undefined && s.user > 0)))
  all('Root file system read only', 'yes', with_((s) => s.read_only_root === true))
  all('Capabilities dropped', 'all', with_((s) => (s.dropped ?? []).includes('ALL')))
  all('System calls filtered', 'yes', with_((s) => s.seccomp !== undefined && s.seccomp !== '' && s.seccomp !== 'Unconfined'))
  return facts
}
