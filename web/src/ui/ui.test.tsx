import { fireEvent, screen, waitFor } from '@testing-library/react'
import { describe, expect, it, vi } from 'vitest'
import { ApiError } from '@/api/problem'
import { useView } from '@/state/view'
import { renderAt } from '@/test-frame'
import { ConfirmDialog } from './confirm-dialog'
import { Page } from './page'
import { PanelFrame } from './panel-frame'
import { ToastProvider, useToast } from './toast'

describe('PanelFrame', () => {
  it('keeps a failure to itself, with its number and a retry', async () => {
    const retry = vi.fn()
    const error = new ApiError({ title: 'Unavailable', status: 503, detail: 'the store is away', hint: '', code: 'unavailable', request_id: '7f3a', errors: [] })
    await renderAt('/', () => <PanelFrame id="trend" subject="The trend" title="Risk" error={error} onRetry={retry}>never</PanelFrame>)
    fireEvent.click(screen.getByRole('button', { name: 'Retry' }))
    expect([screen.getByTestId('panel-trend').dataset['state'], screen.getByTestId('request-id').textContent, retry.mock.calls.length]).toEqual(['partial', '7f3a', 1])
    expect(screen.queryByText('never')).toBeNull()
  })
})

describe('Page', () => {
  it('names the window', async () => {
    await renderAt('/', () => <Page page="Exposures" object="EXP-1" foot={{ asOf: '2026-11-22T12:03:00Z' }}>x</Page>)
    expect([document.title, screen.getByTestId('as-of').textContent]).toEqual(['EXP-1 · Exposures · tidemark', 'as of 2026-11-22 12:03 UTC'])
  })
})

describe('ConfirmDialog', () => {
  it('does nothing without a reason that has to be given', async () => {
    const run = vi.fn(() => Promise.resolve())
    await renderAt('/', () => <ConfirmDialog open onClose={() => undefined} title="Revoke?" verb="Revoke" reason="required" onConfirm={run} />)
    fireEvent.click(screen.getByRole('button', { name: 'Revoke' }))
    const field = await screen.findByRole('textbox')
    expect([run.mock.calls.length, document.getElementById(field.getAttribute('aria-describedby') ?? '')?.textContent]).toEqual([0, 'Say why. It is kept in the audit log.'])
    fireEvent.change(field, { target: { value: ' unused ' } })
    fireEvent.click(screen.getByRole('button', { name: 'Revoke' }))
    await waitFor(() => expect(run).toHaveBeenCalledWith('unused'))
  })
})

describe('Toast', () => {
  it('takes back with z', async () => {
    const undo = vi.fn()
    const Say = () => {
      const { say } = useToast()
      return <button type="button" onClick={() => say('Decided Act now', undo)}>say</button>
    }
    await renderAt('/', () => <ToastProvider><Say /></ToastProvider>)
    fireEvent.click(screen.getByText('say'))
    fireEvent.keyDown(document.body, { key: 'z' })
    expect([undo.mock.calls.length, screen.queryByText('Decided Act now')]).toEqual([1, null])
  })
})

describe('useView', () => {
  it('writes only what differs, and keeps what it does not know', async () => {
    const Part = () => {
      const [view, set] = useView({ sort: '-score', q: '' })
      return <button type="button" onClick={() => set({ sort: '-score', q: 'kev:yes' })}>{view.sort}</button>
    }
    const { router } = await renderAt('/?sort=due&utm=1', () => <Part />)
    fireEvent.click(screen.getByRole('button', { name: 'due' }))
    await waitFor(() => expect(router.state.location.searchStr).toBe('?utm=1&q=kev:yes'))
  })
})
