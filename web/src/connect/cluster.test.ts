import { describe, expect, it } from 'vitest'
import { clusterSource, clusterState, isClusterName } from './cluster'

const seen = (workloads: number, known: number, exposures: number) => ({ workloads, known, exposures, registries: true, trouble: [] })

describe('a cluster that is being connected', () => {
  it('waits, is seen, is exposed, is known', () => {
    expect([seen(0, 0, 0), seen(2, 0, 0), seen(2, 1, 3), seen(2, 2, 0)].map(clusterState)).toEqual(['waiting', 'seen', 'exposed', 'known'])
  })
  it('has a name that the command takes', () => {
    expect(['prod', 'prod/eu-1', 'a'].every(isClusterName)).toBe(true)
    expect(['', 'a b', '-a', "x'; rm", 'a'.repeat(101)].some(isClusterName)).toBe(false)
    expect(clusterSource('prod/eu')).toBe('kube/prod/eu')
  })
})
