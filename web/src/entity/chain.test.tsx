import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
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

it('shows the chain to a place first, and those to others when they are asked for', async () => {
  const to = (scope: string) => ({ links: [link('workload', 'known', { kind: 'Workload', scope, label: `pay in ${scope}` })], missing: [] }) as unknown as ChainPath
  await renderAt('/x', () => <ChainList paths={[to('eu'), to('us')]} total={2} where="us" />)
  expect(screen.getAllByTestId('chain').map((c) => c.textContent)).toEqual([expect.stringContaining('pay in us')])
  await userEvent.click(screen.getByRole('button', { name: 'Show 1 chain to other environments' }))
  expect(screen.getAllByTestId('chain').map((c) => c.textContent)).toEqual([expect.stringContaining('pay in us'), expect.stringContaining('pay in eu')])
})
