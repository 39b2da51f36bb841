import { expect, it } from 'vitest'
import { cliLine } from './cli'

it.each([
  [{ command: 'exposures list' }, 'tidemark exposures list'],
  [{ command: 'exposures list', q: 'kev:yes env:prod', sort: '-score' }, "tidemark exposures list -q 'kev:yes env:prod' --sort=-score"],
  [{ command: 'actions list', q: `"it's $(x)"`, asOf: '2026-09-30T23:59:59Z' }, String.raw`tidemark actions list -q '"it'\''s $(x)"' --as-of 2026-09-30T23:59:59Z`],
])('%o', (ask, want) => expect(cliLine(ask)).toBe(want))
