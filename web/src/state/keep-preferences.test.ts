import { QueryClient } from '@tanstack/react-query'
import { expect, it, vi } from 'vitest'
import { preferenceKeeper } from './keep-preferences'
import { type Preferences, standard } from './preferences'

const dark: Preferences = { ...standard, theme: 'dark' }

it('sends nothing for nobody', () => {
  const send = vi.fn(() => Promise.resolve())
  preferenceKeeper(new QueryClient(), send)(dark)
  expect(send).not.toHaveBeenCalled()
})

it('sends one at a time, and the last of those that wait, also after a failure', async () => {
  const client = new QueryClient()
  client.setQueryData(['session'], { name: 'a', preferences: standard })
  const sent: string[] = []
  let fail = () => {}
  const send = (p: Preferences) => {
    sent.push(`${p.theme} ${p.density}`)
    return sent.length === 1 ? new Promise((_, no) => { fail = () => no(new Error('away')) }) : Promise.resolve()
  }
  const keep = preferenceKeeper(client, send)
  keep(dark)
  keep({ ...dark, density: 'roomy' })
  keep({ ...dark, density: 'compact' })
  fail()
  await vi.waitFor(() => expect(sent).toEqual(['dark normal', 'dark compact']))
  expect(client.getQueryData(['session'])).toEqual({ name: 'a', preferences: { ...dark, density: 'compact' } })
})
