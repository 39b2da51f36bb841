import type { Client } from 'openapi-fetch'
import { asApiError, problemOf } from './problem'
import type { paths } from './schema'

const safe = new Set(['GET', 'HEAD', 'OPTIONS'])

/** A page of another origin cannot set a header of its own; this one proves the request is ours. */
export const csrfHeader = 'X-Tidemark-CSRF'

/** Tells whoever shows the login that the session is over. */
export const sessionOver = new EventTarget()

/** What a call may be given, as far as this interface needs it. */
interface Options {
  params?: { path?: Record<string, unknown>; query?: Record<string, unknown> }
  body?: unknown
  bodySerializer?: (body: unknown) => BodyInit
  headers?: HeadersInit
  signal?: AbortSignal
}

function addressOf(path: string, { path: named = {}, query = {} }: NonNullable<Options['params']>): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (one !== undefined && one !== null) search.append(name, String(one))
    }
  }
  const text = search.toString()
  return location.origin + path.replace(/\{([^{}]+)\}/g, (_, name: string) => encodeURIComponent(String(named[name]))) + (text && `?${text}`)
}

async function call(method: string, path: string, { params = {}, body, bodySerializer = JSON.stringify, headers, signal }: Options = {}) {
  const all = new Headers(headers)
  if (body !== undefined && !all.has('Content-Type')) all.set('Content-Type', 'application/json')
  if (!safe.has(method)) all.set(csrfHeader, '1')
  const request = new Request(addressOf(path, params), {
    method, headers: all, credentials: 'same-origin', ...(body === undefined ? {} : { body: bodySerializer(body) }), ...(signal ? { signal } : {}),
  })
  const response = await fetch(request).catch((error: unknown) => {
    throw asApiError(error)
  })
  if (!response.ok) {
    if (response.status === 401 && !path.endsWith('/session')) sessionOver.dispatchEvent(new Event('over'))
    throw await problemOf(response)
  }
  const text = await response.text()
  return { data: text === '' ? undefined : (JSON.parse(text) as unknown), response }
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/**
 * The server, typed by its OpenAPI document. A call that fails throws an
 * ApiError, so "data" is always there:
 *
 *   const { data } = await api.GET('/api/v1/exposures', { params, signal })
 *
 * The types are those of openapi-fetch; what it does besides calling is not
 * needed here, and every page would load it.
 */
export const api = Object.fromEntries(methods.map((m) => [m, (path: string, options?: Options) => call(m, path, options)])) as unknown as Pick<Client<paths>, (typeof methods)[number]>

/** The answer of a call that threw when it failed; 204 has none. */
export function answer<T>(result: { data?: T }): T {
  return result.data as T
}
