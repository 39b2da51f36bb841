import { api } from '@/api/client'
import { paths } from './paths'

/** Ends the session. The page is loaded anew: nothing of what was seen stays in memory. */
export async function signOut(): Promise<void> {
  await api.DELETE('/api/v1/session', {})
  sessionStorage.clear()
  location.assign(paths.login)
}
