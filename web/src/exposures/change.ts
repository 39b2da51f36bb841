import { answer, api } from '@/api/client'
import { asApiError, type ApiError } from '@/api/problem'
import type { components } from '@/api/schema'
import type { Detail } from './keep'
import type { Row } from './row'

export type ExposureChange = components['schemas']['ExposureChange']

export async function patchExposure(id: string, change: ExposureChange): Promise<Detail> {
  return answer(await api.PATCH('/api/v1/exposures/{id}', { params: { path: { id } }, body: change }))
}

export async function undoExposure(id: string): Promise<Detail> {
  return answer(await api.POST('/api/v1/exposures/{id}/undo', { params: { path: { id } }, body: {} }))
}

export async function answerRequest(id: string, agree: boolean, reason: string): Promise<Detail> {
  return answer(await api.POST('/api/v1/exposures/{id}/approval', { params: { path: { id } }, body: { agree, ...(reason ? { reason } : {}) } }))
}

export interface Skipped {
  row: Row
  error: ApiError
}

/** What became of a change of several exposures. The three add up to all of them. */
export interface Outcome {
  changed: Row[]
  unchanged: Row[]
  skipped: Skipped[]
}

interface Steps {
  /** Whether there is anything to change on this one. */
  needed: (row: Row) => boolean
  change: (row: Row) => Promise<Detail>
  /** Called after each one. */
  after: (row: Row, detail: Detail | null, done: number) => void
}

/** One after the other: what one refuses does not hold up the others. */
export async function changeAll(rows: Row[], { needed, change, after }: Steps): Promise<Outcome> {
  const out: Outcome = { changed: [], unchanged: [], skipped: [] }
  let done = 0
  for (const row of rows) {
    done++
    if (!needed(row)) {
      out.unchanged.push(row)
      after(row, null, done)
      continue
    }
    try {
      const detail = await change(row)
      out.changed.push(row)
      after(row, detail, done)
    } catch (error) {
      out.skipped.push({ row, error: asApiError(error) })
      after(row, null, done)
    }
  }
  return out
}

/** "3 changed · 1 unchanged · 2 skipped" */
export function outcomeWords({ changed, unchanged, skipped }: Outcome): string {
  const parts = [[changed.length, 'changed'], [unchanged.length, 'unchanged'], [skipped.length, 'skipped']] as const
  return parts.filter(([n], i) => i === 0 || n > 0).map(([n, word]) => `${n} ${word}`).join(' · ')
}
