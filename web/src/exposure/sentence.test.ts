import { describe, expect, it } from 'vitest'
import { pieces } from './sentence'

const linked = (sentence: string) => pieces(sentence).filter((p) => p.target).map((p) => [p.target, p.text])

describe('pieces', () => {
  it('links each reason to its evidence and changes no word', () => {
    const sentence = 'Act now: CVE-2021-44228 in log4j-core 2.14.1 runs in checkout (prod-eu), reachable from the internet and known to be exploited; fix: 2.17.1 by 2026-11-22.'
    expect(pieces(sentence).map((p) => p.text).join('')).toBe(sentence)
    expect(linked(sentence)).toEqual([
      ['rung-running', 'runs in checkout (prod-eu)'],
      ['rung-reachable', 'reachable from the internet'],
      ['rung-exploitable', 'known to be exploited'],
      ['panel-fix', 'fix: 2.17.1'],
    ])
  })
  it.each([
    ['Watch: CVE-1 in a 1 may run in b (c), not reachable from outside but likely to be exploited; no fix is known.', 3],
    ['Watch: CVE-1 in a 1 is in b (c) but does not run, perhaps reachable from the internet and with no exploit data; fix: 2 with the next upgrade.', 4],
    ['No action: CVE-1 in a is in the image b, which is deployed nowhere; no fix is known.', 1],
    ['It is not decided yet.', 0],
  ])('%s', (sentence, n) => {
    expect(linked(sentence)).toHaveLength(n)
    expect(pieces(sentence).map((p) => p.text).join('')).toBe(sentence)
  })
})
