import { describe, expect, it, vi } from 'vitest'
import { connectEvents, type ServerEvent, type Wiring } from './events'
import { asApiError, problemOf } from './problem'

describe('problemOf', () => {
  it('reads a problem', async () => {
    const body = { title: 'Bad query', status: 400, detail: 'no key `sevrity`', hint: 'did you mean `sev`?', code: 'invalid', request_id: 'r1' }
    const got = await problemOf(new Response(JSON.stringify(body), { status: 400 }))
    expect(got).toMatchObject({ ...body, message: body.detail, errors: [] })
  })

  it('makes one of a body that is none', async () => {
    const response = new Response('<html>', { status: 502, headers: { 'x-request-id': 'r2' } })
    expect(await problemOf(response)).toMatchObject({ status: 502, request_id: 'r2', code: 'internal' })
  })

  it('gives no answer the status 0', () => {
    expect(asApiError(new TypeError('failed to fetch'))).toMatchObject({ status: 0, code: 'unavailable' })
  })
})

function wired() {
  const sources: { onopen: unknown; onerror: unknown; listen: Record<string, (e: unknown) => void>; close: () => void }[] = []
  const waits: number[] = []
  let next: () => void = () => undefined
  const wiring = {
    open: () => {
      const source = { onopen: null, onerror: null, listen: {} as Record<string, (e: unknown) => void>, close: vi.fn(), addEventListener(kind: string, run: (e: unknown) => void) { source.listen[kind] = run } }
      sources.push(source)
      return source
    },
    later: (run: () => void, ms: number) => {
      waits.push(ms)
      next = run
      return 1
    },
    cancel: vi.fn(),
  } as unknown as Wiring
  return { wiring, sources, waits, again: () => next() }
}

describe('connectEvents', () => {
  it('hands on what comes, with a broken body as nothing', () => {
    const { wiring, sources } = wired()
    const got: ServerEvent[] = []
    connectEvents((e) => got.push(e), '/e', wiring)
    sources[0]?.listen['changed']?.({ data: '{"what":"exposures","n":3}' })
    sources[0]?.listen['job']?.({ data: 'oops' })
    expect(got).toEqual([{ kind: 'changed', data: { what: 'exposures', n: 3 } }, { kind: 'job', data: {} }])
  })

  it('opens a lost line again, later each time, and asks to poll from the third', () => {
    const { wiring, sources, waits, again } = wired()
    const got: string[] = []
    connectEvents((e) => got.push(e.kind), '/e', wiring)
    for (let i = 0; i < 3; i++) {
      ;(sources[i]?.onerror as () => void)()
      again()
    }
    expect([waits, got]).toEqual([[1000, 2000, 4000], ['poll']])
    ;(sources[3]?.onopen as () => void)()
    expect(got).toEqual(['poll', 'poll'])
  })
})
