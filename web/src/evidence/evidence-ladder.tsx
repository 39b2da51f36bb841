import type { ReactNode } from 'react'
import { cx } from '@/lib/class-names'
import { type Answer, answerOf } from '@/lib/decision'
import { duration } from '@/lib/format'

/** One rung, as the API tells it. */
export interface Rung {
  gate: string
  verdict: string
  line: string
  source: string
  /** Seconds; null when the evidence has no date. */
  age: number | null
  /** Where the evidence itself is; "" when there is none. */
  raw: string
}

const words: Record<Answer, string> = { yes: 'yes', no: 'no', unknown: 'unknown' }

interface Props {
  rungs: Rung[]
  /** What a "no" means for the decision, under the broken rung. */
  broken?: (rung: Rung) => ReactNode
}

/** The claim, rung by rung, each with its evidence. A broken rung stops the line visibly. */
export function EvidenceLadder({ rungs, broken }: Props) {
  const stop = rungs.findIndex((rung) => answerOf(rung.verdict) === 'no')
  return (
    <ol data-chart="evidence-ladder" className="flex flex-col">
      {rungs.map((rung, i) => (
        <LadderRung key={rung.gate} rung={rung} last={i === rungs.length - 1} beyond={stop >= 0 && i >= stop} note={i === stop ? broken?.(rung) : null} />
      ))}
    </ol>
  )
}

interface RungProps {
  rung: Rung
  last: boolean
  /** At or below the broken rung: the line no longer carries. */
  beyond: boolean
  note: ReactNode
}

function LadderRung({ rung, last, beyond, note }: RungProps) {
  const answer = answerOf(rung.verdict)
  return (
    <li id={`rung-${rung.gate}`} data-testid="rung" data-gate={rung.gate} data-verdict={answer}
      className="grid scroll-mt-20 grid-cols-[1.25rem_minmax(0,1fr)] gap-x-3 target:bg-chosen">
      <span className="flex flex-col items-center" aria-hidden="true">
        <Knot answer={answer} />
        {!last && <span className={cx('w-0 grow border-l-2', beyond ? 'border-dashed border-edge' : 'border-ramp-3')} />}
      </span>
      <div className={cx('grid grid-cols-[8rem_minmax(0,1fr)_auto] items-baseline gap-x-4 max-bar:grid-cols-1', last ? 'pb-0' : 'pb-4')}>
        <p className="font-medium capitalize">
          {rung.gate} <span className={cx('text-xs font-normal lowercase', answer === 'unknown' ? 'text-dim underline decoration-dotted' : 'text-faint')}>{words[answer]}</span>
        </p>
        <div className="min-w-0">
          <p className="foreign">{rung.line || 'No evidence. Counted as if it were so.'}</p>
          {note && <p className="mt-1 text-sm font-medium">{note}</p>}
        </div>
        <p className="flex flex-wrap items-baseline gap-x-3 text-xs text-faint">
          <span className="foreign">{rung.source || 'no source'}</span>
          <span data-testid="age">{rung.age === null ? 'no date' : duration(rung.age)}</span>
          {rung.raw ? <a href={rung.raw} className="link target">raw</a> : <span className="target">–</span>}
        </p>
      </div>
    </li>
  )
}

const knots: Record<Answer, string> = {
  yes: 'bg-ramp-1 border-ramp-1',
  no: 'bg-surface border-control',
  unknown: 'hatched border-control',
}

function Knot({ answer }: { answer: Answer }) {
  return <span className={cx('mark mt-1 mb-1 size-3.5 shrink-0 rounded-full border-2', knots[answer])} />
}
