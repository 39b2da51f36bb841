import { useQueryClient } from '@tanstack/react-query'
import { lazy, type ReactNode, Suspense, useCallback, useRef, useState } from 'react'
import { type Decision, decisionOf, decisionWords } from '@/lib/decision'
import { plural } from '@/lib/format'
import { useToast } from '@/ui/toast'
import { changeAll, type ExposureChange, type Outcome, outcomeWords, patchExposure, undoExposure } from './change'
import type { Exception } from './dialogs'
import { putDetail, recount } from './keep'
import type { Progress } from './outcome-note'
import { loosens, type Row } from './row'

const LoosenDialog = lazy(() => import('./dialogs').then((m) => ({ default: m.LoosenDialog })))
const AssignDialog = lazy(() => import('./dialogs').then((m) => ({ default: m.AssignDialog })))
const OutcomeNote = lazy(() => import('./outcome-note').then((m) => ({ default: m.OutcomeNote })))

export type Word = Exclude<Decision, 'unknown'>

export interface Deciding {
  /** Decides at once; asks first where it loosens. "after" runs when it is saved. */
  decide: (rows: Row[], word: Word, after?: () => void) => void
  assign: (rows: Row[], after?: () => void) => void
  /** Takes back what was decided last by a person. */
  undo: (rows: Row[]) => void
  busy: boolean
  /** Dialogs, progress and refusals: put it where they are to be read. */
  element: ReactNode
}

interface Ask {
  kind: 'loosen' | 'assign'
  rows: Row[]
  word: Word
  after: (() => void) | undefined
}

interface Work {
  rows: Row[]
  needed: (row: Row) => boolean
  change: (row: Row) => ExposureChange
  /** What was done, in the past: "Decided Act now". */
  did: string
  after: (() => void) | undefined
}

/** Decisions by this person, from wherever exposures are shown. */
export function useDeciding(): Deciding {
  const client = useQueryClient()
  const { say } = useToast()
  const [ask, setAsk] = useState<Ask | null>(null)
  const [progress, setProgress] = useState<Progress | null>(null)
  const [outcome, setOutcome] = useState<Outcome | null>(null)
  const running = useRef(false)

  const undo = useCallback(async (rows: Row[]) => {
    const out = await changeAll(rows, {
      needed: () => true,
      change: (row) => undoExposure(row.id),
      after: (_, detail) => detail && putDetail(client, detail),
    })
    recount(client)
    if (out.changed.length > 0) say(`Undone on ${named(out.changed)}`)
    setOutcome(out.skipped.length > 0 ? out : null)
  }, [client, say])

  const work = useCallback(async ({ rows, needed, change, did, after }: Work) => {
    if (running.current) return
    running.current = true
    const many = rows.length > 1
    if (many) setProgress({ done: 0, all: rows.length })
    const out = await changeAll(rows, {
      needed,
      change: (row) => patchExposure(row.id, change(row)),
      after: (_, detail, done) => {
        if (detail) putDetail(client, detail)
        if (many) setProgress({ done, all: rows.length })
      },
    })
    running.current = false
    setProgress(null)
    recount(client)
    setOutcome(out.skipped.length > 0 ? out : null)
    if (out.changed.length > 0) say(many ? `${did}: ${outcomeWords(out)}` : did, () => void undo(out.changed))
    else if (out.skipped.length === 0) say(many ? `Nothing to change: ${outcomeWords(out)}` : 'It is so already')
    if (out.skipped.length < rows.length) after?.()
  }, [client, say, undo])

  const decide = useCallback<Deciding['decide']>((rows, word, after) => {
    if (rows.some((row) => loosens(row, word) && decisionOf(row.decision) !== word)) return setAsk({ kind: 'loosen', rows, word, after })
    void work({ rows, needed: (row) => decisionOf(row.decision) !== word, change: () => ({ decision: word }), did: `Decided ${decisionWords[word]}`, after })
  }, [work])
  const assign = useCallback<Deciding['assign']>((rows, after) => setAsk({ kind: 'assign', rows, word: 'act', after }), [])

  const close = () => setAsk(null)
  const except = ({ reason, until }: Exception) => {
    if (!ask) return
    close()
    const { word } = ask
    void work({
      rows: ask.rows, needed: (row) => decisionOf(row.decision) !== word, after: ask.after, did: `Asked for ${decisionWords[word]}`,
      change: (row) => (loosens(row, word) ? { decision: word, reason, until } : { decision: word }),
    })
  }
  const give = (owner: string) => {
    if (!ask) return
    close()
    void work({ rows: ask.rows, needed: (row) => row.owner !== owner, change: () => ({ owner }), did: `Assigned to ${owner}`, after: ask.after })
  }
  const element = (
    <Suspense fallback={null}>
      {ask?.kind === 'loosen' && <LoosenDialog rows={ask.rows} word={ask.word} onClose={close} onAsk={except} />}
      {ask?.kind === 'assign' && <AssignDialog rows={ask.rows} onClose={close} onAssign={give} />}
      {(progress || outcome) && <OutcomeNote progress={progress} outcome={outcome} onDismiss={() => setOutcome(null)} />}
    </Suspense>
  )
  return { decide, assign, undo: (rows) => void undo(rows), busy: progress !== null, element }
}

function named(rows: Row[]): string {
  const [first] = rows
  return rows.length === 1 && first ? first.id : plural(rows.length, 'exposure')
}
