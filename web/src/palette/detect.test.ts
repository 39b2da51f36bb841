import { describe, expect, it } from 'vitest'
import { detect } from './detect'

describe('detect', () => {
  it.each([
    ['CVE-2021-44228', '/affected/CVE-2021-44228'],
    [' cve-2021-44228 ', '/affected/CVE-2021-44228'],
    ['GHSA-jfh8-c2jp-5v3q', '/affected/GHSA-jfh8-c2jp-5v3q'],
    ['PYSEC-2021-1', '/affected/PYSEC-2021-1'],
    ['pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1', '/affected/pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1'],
    ['pkg:npm/%40scope/name@1', '/affected/pkg:npm/%2540scope/name@1'],
    ['EXP-1a2b', '/exposures/EXP-1a2b'],
    ['act-9', '/actions/ACT-9'],
    ['log4j-core@2.14.1', '/affected/log4j-core@2.14.1'],
  ])('%s', (text, to) => expect(detect(text)?.to).toBe(to))

  it('looks a digest up, with or without its image', () => {
    const hex = 'a'.repeat(64)
    for (const text of [`sha256:${hex}`, `registry/app@sha256:${hex}`, hex]) {
      expect(detect(text)?.search).toEqual({ digest: `sha256:${hex}` })
    }
  })

  it.each(['checkout', '', 'CVE-', 'team@payments', 'what is EXP'])('leaves %s alone', (text) => expect(detect(text)).toBeNull())
})
