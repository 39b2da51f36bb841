/** What went wrong, as the server tells it (RFC 9457) or as we have to guess. */
export interface Fault {
  where: string
  detail: string
}

interface Problem {
  title: string
  status: number
  detail: string
  hint: string
  code: string
  request_id: string
  errors: Fault[]
}

export class ApiError extends Error implements Problem {
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly hint: string
  readonly code: string
  readonly request_id: string
  readonly errors: Fault[]

  constructor(problem: Problem) {
    super(problem.detail || problem.title)
    this.name = 'ApiError'
    this.title = problem.title
    this.status = problem.status
    this.detail = problem.detail
    this.hint = problem.hint
    this.code = problem.code
    this.request_id = problem.request_id
    this.errors = problem.errors
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** Reads an answer that is not good. Never fails: a broken body is a problem too. */
export async function problemOf(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => ({}))
  const said = (body ?? {}) as Record<string, unknown>
  return new ApiError({
    title: text(said['title']) || response.statusText || 'The server could not answer',
    status: response.status,
    detail: text(said['detail']),
    hint: text(said['hint']),
    code: text(said['code']) || 'internal',
    request_id: text(said['request_id']) || (response.headers.get('x-request-id') ?? ''),
    errors: Array.isArray(said['errors']) ? (said['errors'] as Fault[]) : [],
  })
}

/** Any failure as an ApiError: no answer at all has the status 0. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  return new ApiError({
    title: 'The server does not answer',
    status: 0,
    detail: error instanceof Error ? error.message : String(error),
    hint: 'Check that tidemark serve is running, then try again.',
    code: 'unavailable',
    request_id: '',
    errors: [],
  })
}
