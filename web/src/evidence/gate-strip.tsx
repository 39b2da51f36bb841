import { type Answer, answerOf } from '@/lib/decision'
import { cx } from '@/lib/class-names'

export interface GateCell {
  /** One letter above the column: R K X B F. */
  letter: string
  /** "running" */
  name: string
  answer: Answer
}

/** The order of the strip in every list. */
export const gateLetters: readonly [string, string, string][] = [
  ['R', 'running', 'running'],
  ['N', 'reachable', 'reachable'],
  ['X', 'exploitable', 'exploitable'],
  ['B', 'matters', 'matters to the business'],
  ['F', 'fix', 'fix known'],
]

interface Gates {
  running: string
  reachable: string
  exploitable: string
  matters: string
}

/** The five cells of an exposure as the API tells it. */
export function gateCells(gates: Gates, fix: boolean | null): GateCell[] {
  const answers: Record<string, string> = { ...gates, fix: fix === null ? 'unknown' : fix ? 'yes' : 'no' }
  return gateLetters.map(([letter, key, name]) => ({ letter, name, answer: answerOf(answers[key]) }))
}

const looks: Record<Answer, string> = {
  yes: 'bg-ramp-1 border-ramp-1',
  no: 'border-control',
  unknown: 'border-control hatched',
}

/** The evidence of a row at a glance: filled is yes, hollow is no, hatched is unknown. */
export function GateStrip({ cells, letters = false }: { cells: GateCell[]; letters?: boolean }) {
  const spoken = cells.map((c) => `${c.name}: ${c.answer}`).join(', ')
  return (
    <span role="img" aria-label={spoken} className="inline-flex items-end gap-1.5 align-middle" data-testid="gate-strip">
      {cells.map((cell) => (
        <span key={cell.letter} title={`${cell.name}: ${cell.answer}`} className="flex w-3 flex-col items-center gap-0.5" data-answer={cell.answer}>
          {letters && <span className="text-[0.6875rem] leading-none text-faint">{cell.letter}</span>}
          <span className={cx('mark block size-3 rounded-full border-[1.5px]', looks[cell.answer])} />
        </span>
      ))}
    </span>
  )
}

/** What the letters and the fills mean: at the foot of a list. */
export function GateKey() {
  return (
    <p className="flex flex-wrap items-center gap-x-4 gap-y-1 text-xs text-faint">
      {gateLetters.map(([letter, , name]) => <span key={letter}><b className="font-semibold text-dim">{letter}</b> {name}</span>)}
      {(['yes', 'no', 'unknown'] as const).map((answer) => (
        <span key={answer} className="inline-flex items-center gap-1">
          <span className={cx('mark block size-3 rounded-full border-[1.5px]', looks[answer])} />{answer}
        </span>
      ))}
    </p>
  )
}
