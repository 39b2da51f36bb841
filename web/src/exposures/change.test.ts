import { describe, expect, it } from 'vitest'
import { ApiError } from '@/api/problem'
import { changeAll, outcomeWords } from './change'
import type { Detail } from './keep'
import type { Row } from './row'

const rows = ['a', 'b', 'c', 'd'].map((id) => ({ id }) as Row)
const refused = new ApiError({ title: 'No', status: 403, detail: 'not yours', hint: '', code: 'forbidden', request_id: 'r', errors: [] })

describe('changeAll', () => {
  it('goes on after a refusal, and what it counts adds up', async () => {
    const seen: string[] = []
    const out = await changeAll(rows, {
      needed: (r) => r.id !== 'b',
      change: (r) => (r.id === 'c' ? Promise.reject(refused) : Promise.resolve({ id: r.id } as Detail)),
      after: (r, detail, done) => seen.push(`${done}${r.id}${detail ? '+' : '-'}`),
    })
    expect(seen).toEqual(['1a+', '2b-', '3c-', '4d+'])
    expect([out.changed, out.unchanged, out.skipped.map((s) => s.row)].map((l) => l.map((r) => r.id))).toEqual([['a', 'd'], ['b'], ['c']])
    expect(outcomeWords(out)).toBe('2 changed · 1 unchanged · 1 skipped')
  })
})
