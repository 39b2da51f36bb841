import { screen } from '@testing-library/react'
import { expect, it } from 'vitest'
import { renderAt } from '@/test-frame'
import type { ChainPath } from '@/twin/wire'
import { ChainList } from './chain'

const link = (step: string, state: string, more = {}) => ({ step, state, kind: 'Build', scope: '', name: step, label: step, source: 'ci/github', at: '2026-11-20T00:00:00Z', signature: '', why: '', ...more })

it('shows a missing link in plain sight, with its reason, and what a signature is worth', async () => {
  const path = { links: [link('commit', 'unknown', { why: 'no build names this digest' }), link('build', 'known', { signature: 'failed' }), link('endpoint', 'none')], missing: ['commit'] } as ChainPath
  await renderAt('/x', () => <ChainList paths={[path]} total={3} />)
  expect(screen.getByText('Unknown')).toBeTruthy()
  expect(screen.getByText('no build names this digest')).toBeTruthy()
  expect(screen.getByText('signature failed')).toBeTruthy()
  expect(screen.getByText('None')).toBeTruthy()
  expect(screen.getByText(/Showing 1 of 3 chains/)).toBeTruthy()
})
