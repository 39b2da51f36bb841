import type { Sheet } from '@/lib/download'
import { duration, signed } from '@/lib/format'
import { cx } from '@/lib/class-names'

/** One part of a score, as the API tells it. */
export interface Factor {
  name: string
  points: number
  evidence: string
  source: string
  age: number | null
  assumed: boolean
}

interface Step extends Factor {
  from: number
  to: number
}

/** Where each part begins and ends; the last end is the sum of all points. */
export function steps(factors: Factor[]): Step[] {
  let at = 0
  return factors.map((factor) => {
    const from = at
    at += factor.points
    return { ...factor, from, to: at }
  })
}

interface Props {
  factors: Factor[]
  score: number
  /** Version of the formula. */
  rules: string
  /** The whole scale. */
  most?: number
}

/** Why the score is what it is: signed parts that sum to it. */
export function Waterfall({ factors, score, rules, most = 1000 }: Props) {
  const parts = steps(factors)
  const sum = parts.at(-1)?.to ?? 0
  const top = Math.max(most, ...parts.map((s) => Math.max(s.from, s.to)))
  return (
    <div data-chart="waterfall" data-score={score} data-sum={sum}>
      <ul className="flex flex-col">
        {parts.map((step) => <Bar key={step.name} step={step} top={top} />)}
      </ul>
      <p className="mt-1 grid grid-cols-[9rem_minmax(0,1fr)_3.5rem] items-center gap-x-3 border-t border-edge pt-2 text-sm font-semibold max-bar:grid-cols-[7rem_minmax(0,1fr)_3.5rem]">
        <span>Score</span>
        <span className="bar h-4 rounded-sm bg-ramp-1" style={{ width: `${(100 * score) / top}%` }} aria-hidden="true" />
        <span className="text-right">{score}</span>
      </p>
      <p className="mt-2 text-xs text-faint">
        Parts sum to {sum}. Formula {rules}.{parts.some((s) => s.assumed) && ' Hatched parts are assumed: no evidence settles them yet.'}
      </p>
    </div>
  )
}

function Bar({ step, top }: { step: Step; top: number }) {
  const left = Math.max(0, Math.min(step.from, step.to))
  const width = Math.abs(step.to - step.from)
  const tone = step.points < 0 ? 'bg-fewer' : 'bg-ramp-3'
  return (
    <li data-points={step.points} title={`${step.evidence || 'no evidence'} · ${step.source || 'no source'}${step.age === null ? '' : ` · ${duration(step.age)}`}`}
      className="grid grid-cols-[9rem_minmax(0,1fr)_3.5rem] items-center gap-x-3 py-1 text-sm max-bar:grid-cols-[7rem_minmax(0,1fr)_3.5rem]">
      <span className="truncate">{step.name}{step.assumed && <span className="text-xs text-faint"> assumed</span>}</span>
      <span className="relative h-4" aria-hidden="true">
        <span className={cx('bar absolute inset-y-0 rounded-sm', step.assumed ? 'hatched border border-control' : tone)}
          style={{ left: `${(100 * left) / top}%`, width: `${(100 * width) / top}%`, minWidth: 2 }} />
      </span>
      <span className="text-right font-medium">{signed(step.points)}</span>
    </li>
  )
}

export function factorSheet(factors: Factor[]): Sheet {
  return {
    head: ['Part', 'Points', 'Evidence', 'Source', 'Assumed'],
    rows: factors.map((f) => [f.name, f.points, f.evidence, f.source, f.assumed ? 'yes' : 'no']),
  }
}
