import type { QueryClient } from '@tanstack/react-query'
import { api } from '@/api/client'
import type { components } from '@/api/schema'
import type { Preferences } from './preferences'

type Session = components['schemas']['Session']
type Put = (body: Preferences) => Promise<unknown>

const put: Put = (body) => api.PUT('/api/v1/session/preferences', { body })

/**
 * Keeps a person's preferences on the server: one call at a time, and of those
 * that wait only the latest, so that the last choice wins. A call that fails
 * loses nothing here: this browser remembers by itself, and the next change
 * sends the whole set.
 */
export function preferenceKeeper(client: QueryClient, send: Put = put): (p: Preferences) => void {
  let waiting: Preferences | null = null
  let busy = false
  const run = async () => {
    busy = true
    for (let p = waiting; p; p = waiting) {
      waiting = null
      await send(p).catch(() => undefined)
    }
    busy = false
  }
  return (p) => {
    const session = client.getQueryData<Session>(['session'])
    if (!session) return
    client.setQueryData<Session>(['session'], { ...session, preferences: p })
    waiting = p
    if (!busy) void run()
  }
}
