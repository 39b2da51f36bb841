/** What is known of a cluster while it is being connected. */
export interface ClusterSeen {
  workloads: number
  /** Of which an SBOM of every image is there. */
  known: number
  exposures: number
  /** The server asks at least one registry. */
  registries: boolean
  /** What the cluster says that it may not read, while nothing of it is there; later, what registries could not give. */
  trouble: string[]
}

export type ClusterState = 'waiting' | 'seen' | 'exposed' | 'known'

/** How far it is: nothing there, seen, the first exposures, or the contents of all known. */
export function clusterState(seen: ClusterSeen): ClusterState {
  if (seen.workloads === 0) return 'waiting'
  if (seen.known >= seen.workloads) return 'known'
  return seen.exposures > 0 ? 'exposed' : 'seen'
}

const name = /^[A-Za-z0-9]([A-Za-z0-9._/-]*[A-Za-z0-9])?$/

/** As "tidemark connect kube" takes it. */
export function isClusterName(text: string): boolean {
  return text.length <= 100 && name.test(text)
}

export function clusterSource(cluster: string): string {
  return `kube/${cluster}`
}
