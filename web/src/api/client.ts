import createClient, { type Middleware } from 'openapi-fetch'
import { asApiError, problemOf } from './problem'
import type { paths } from './schema'

const safe = new Set(['GET', 'HEAD', 'OPTIONS'])

/** A page of another origin cannot set a header of its own; this one proves the request is ours. */
export const csrfHeader = 'X-Tidemark-CSRF'

/** Tells whoever shows the login that the session is over. */
export const sessionOver = new EventTarget()

const rules: Middleware = {
  onRequest({ request }) {
    if (!safe.has(request.method)) request.headers.set(csrfHeader, '1')
    return request
  },
  async onResponse({ request, response }) {
    if (response.ok || response.status === 304) return undefined
    const signingIn = new URL(request.url).pathname.endsWith('/session')
    if (response.status === 401 && !signingIn) sessionOver.dispatchEvent(new Event('over'))
    throw await problemOf(response)
  },
  onError({ error }) {
    return asApiError(error)
  },
}

/**
 * The server, typed by its OpenAPI document. A call that fails throws an
 * ApiError, so "data" is always there:
 *
 *   const { data } = await api.GET('/api/v1/exposures', { params, signal })
 */
export const api = createClient<paths>({ baseUrl: location.origin, credentials: 'same-origin' })
api.use(rules)

/** The answer of a call that threw when it failed; 204 has none. */
export function answer<T>(result: { data?: T }): T {
  return result.data as T
}
