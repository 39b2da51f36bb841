import { answer, api } from '@/api/client'
import { asApiError } from '@/api/problem'
import type { components } from '@/api/schema'

export type Session = components['schemas']['Session']

/** Where to go after the login: an address of ours, as it was, else the overview. */
export function nextOf(text: string | undefined): string {
  if (!text?.startsWith('/') || text.startsWith('//') || text.startsWith('/\\') || text.startsWith('/login')) return '/overview'
  return text
}

/** The one-time code of a link: after "#", where no server's log sees it, or as a parameter. */
export function codeOf(hash: string, search: string): string {
  return new URLSearchParams(hash.replace(/^#/, '')).get('code') ?? new URLSearchParams(search).get('code') ?? ''
}

/** A failure as a person says it: what, and what to do. */
export function plainly(error: unknown): string {
  const problem = asApiError(error)
  const said = problem.detail || problem.title
  const begun = said.charAt(0).toUpperCase() + said.slice(1)
  const hint = problem.hint && problem.hint.charAt(0).toUpperCase() + problem.hint.slice(1)
  return [begun, hint].filter(Boolean).map((s) => (/[.!?]$/.test(s) ? s : `${s}.`)).join(' ')
}

export async function present(): Promise<Session | null> {
  try {
    const session = answer(await api.GET('/api/v1/session', {}))
    // To nobody the server answers with a session without a name.
    return session.name === '' ? null : session
  } catch {
    return null
  }
}

async function saying<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    throw new Error(plainly(error), { cause: error })
  }
}

export function enter(body: components['schemas']['LoginRequest']): Promise<Session> {
  return saying(async () => answer(await api.POST('/api/v1/session', { body })))
}

export function setPassword(body: components['schemas']['PasswordChange']): Promise<Session> {
  return saying(async () => answer(await api.PUT('/api/v1/session/password', { body })))
}
