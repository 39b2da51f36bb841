import { decisionOf } from '@/lib/decision'
import { DecisionChip } from '@/ui/mark'
import { bandWords } from './ask'

/** The score of a product: the number with its word, and where it stands from 0 to 1000. */
export function Score({ score, large = false }: { score: number; large?: boolean }) {
  return (
    <span className="inline-flex items-center gap-2.5" data-testid="score" data-score={score}>
      <b className={large ? 'text-2xl font-semibold tracking-tight' : 'min-w-8 text-right font-semibold'}>{score}</b>
      <DecisionChip decision={decisionOf(bandWords(score))} />
    </span>
  )
}

const bounds = [500, 700, 850]

/** A line from 0 to 1000 with the bounds of the words on it. */
export function ScoreLine({ score }: { score: number }) {
  return (
    <span className="relative block h-2 w-full rounded-full bg-sunken" aria-hidden="true">
      <span className="bar absolute inset-y-0 left-0 rounded-full bg-ramp-2" style={{ width: `${score / 10}%` }} />
      {bounds.map((b) => <span key={b} className="absolute inset-y-[-2px] w-px bg-control" style={{ left: `${b / 10}%` }} />)}
    </span>
  )
}
