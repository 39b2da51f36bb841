import type { ReactNode } from 'react'
import { cx } from '@/lib/class-names'
import {
  type Decision, decisionShapes, decisionWords, type Severity, severityLetters, severityShapes, type Shape,
} from '@/lib/decision'

const shapes: Record<Shape, ReactNode> = {
  hexagon: <path d="M8 1.2 13.9 4.6v6.8L8 14.8 2.1 11.4V4.6Z" fill="currentColor" />,
  triangle: <path d="M8 1.8 15 14H1Z" fill="currentColor" />,
  diamond: <path d="M8 1.2 14.8 8 8 14.8 1.2 8Z" fill="currentColor" />,
  circle: <circle cx="8" cy="8" r="5.6" fill="currentColor" />,
  ring: <circle cx="8" cy="8" r="5.2" fill="none" stroke="currentColor" strokeWidth="2" />,
  hatched: (
    <>
      <rect x="2" y="2" width="12" height="12" rx="1.5" fill="none" stroke="currentColor" strokeWidth="1.4" />
      <path d="M2.5 9.5 9.5 2.5M3 14 14 3M7 14l7-7" stroke="currentColor" strokeWidth="1.4" fill="none" />
    </>
  ),
}

const decisionColours: Record<Decision, string> = {
  act: 'text-act', schedule: 'text-schedule', watch: 'text-watch', none: 'text-none', unknown: 'text-none',
}
const severityColours: Record<Severity, string> = {
  critical: 'text-act', high: 'text-schedule', medium: 'text-watch', low: 'text-low', none: 'text-none', unknown: 'text-none',
}

interface ShapeProps {
  shape: Shape
  className?: string
  size?: number
}

/** A shape alone; whoever shows it says in words what it means. */
export function ShapeMark({ shape, className, size = 14 }: ShapeProps) {
  return (
    <svg className={cx('mark shrink-0', className)} width={size} height={size} viewBox="0 0 16 16" aria-hidden="true">
      {shapes[shape]}
    </svg>
  )
}

/** The shape of a decision alone; whoever shows it says the word. */
export function DecisionShape({ decision }: { decision: Decision }) {
  return <ShapeMark shape={decisionShapes[decision]} className={decisionColours[decision]} />
}

interface DecisionProps {
  decision: Decision
  /** Where there is room for the shape only; the word is read aloud. */
  short?: boolean
}

/** The decision: shape and word. The word is in ink, so that it is read first. */
export function DecisionChip({ decision, short = false }: DecisionProps) {
  const word = decisionWords[decision]
  return (
    <span className="inline-flex items-center gap-1.5 align-middle whitespace-nowrap font-medium" data-decision={decision} title={short ? word : undefined}>
      <DecisionShape decision={decision} />
      <span className={short ? 'sr-only' : undefined}>{word}</span>
    </span>
  )
}

/** The severity a source claims: shape and letter, or the whole word. */
export function SeverityMark({ severity, short = true }: { severity: Severity; short?: boolean }) {
  const word = severity === 'none' ? 'no severity' : severity
  return (
    <span className="inline-flex items-center gap-1 align-middle whitespace-nowrap text-sm" data-severity={severity}>
      <ShapeMark shape={severityShapes[severity]} className={severityColours[severity]} size={12} />
      {short ? <span aria-hidden="true">{severityLetters[severity]}</span> : <span className="inline-block first-letter:uppercase">{word}</span>}
      {short && <span className="sr-only">{word}</span>}
    </span>
  )
}
