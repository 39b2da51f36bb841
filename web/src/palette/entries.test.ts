import { expect, it } from 'vitest'
import { entriesFor } from './entries'

const hit = (path: string) => ({ kind: 'weakness', id: 'x', label: 'x', note: '', path })

it('takes the search out of the path of a hit', () => {
  const [found] = entriesFor('zzz', [hit('/affected?digest=sha256:ab&q=a%20b')], [])
  expect([found?.to, found?.search]).toEqual(['/affected', { digest: 'sha256:ab', q: 'a b' }])
})

it('says once what was pasted', () => {
  const got = entriesFor('CVE-2021-44228', [hit('/affected/CVE-2021-44228'), hit('/intel/CVE-2021-44228')], [])
  expect(got.map((e) => e.to)).toEqual(['/affected/CVE-2021-44228', '/intel/CVE-2021-44228'])
})
