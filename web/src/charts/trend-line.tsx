import { type KeyboardEvent, type PointerEvent, useId, useMemo, useState } from 'react'
import type { Sheet } from '@/lib/download'
import { count, day } from '@/lib/format'
import { linear, ticks } from './scale'
import { useWidth } from './use-width'

export interface TrendPoint {
  /** 2026-11-22 */
  day: string
  value: number
}

export interface TrendLimits {
  centre: number
  upper: number
  lower: number
}

interface Props {
  points: TrendPoint[]
  /** What is counted: "open exposures". */
  unit: string
  /** The bounds of what is normal; leave out while there is too little data. */
  limits?: TrendLimits | null
  height?: number
}

const margin = { top: 8, right: 44, bottom: 22, left: 44 }

function layout(points: TrendPoint[], limits: TrendLimits | null, size: { width: number; height: number }) {
  const values = points.map((p) => p.value)
  const marks = ticks(Math.max(...values, limits?.upper ?? 0))
  const x = linear([0, Math.max(1, points.length - 1)], [margin.left, size.width - margin.right])
  const y = linear([0, marks.at(-1) ?? 1], [size.height - margin.bottom, margin.top])
  const line = points.map((p, i) => `${i === 0 ? 'M' : 'L'}${x(i).toFixed(1)} ${y(p.value).toFixed(1)}`).join('')
  return { marks, x, y, line }
}

/** A number over time with the bounds of what is normal. Arrow keys walk along the points. */
export function TrendLine({ points, unit, limits = null, height = 180 }: Props) {
  const [box, width] = useWidth<HTMLDivElement>()
  const [chosen, setChosen] = useState<number | null>(null)
  const id = useId()
  const { marks, x, y, line } = useMemo(() => layout(points, limits, { width, height }), [points, limits, width, height])
  const last = points.length - 1
  const at = Math.min(chosen ?? last, last)
  const point = points[at]
  if (!point) return <p className="py-6 text-sm text-dim">There are no points yet.</p>
  const walk = (event: KeyboardEvent) => {
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last }[event.key]
    if (to === undefined) return
    event.preventDefault()
    setChosen(Math.max(0, Math.min(last, to)))
  }
  const hover = (event: PointerEvent<SVGSVGElement>) => {
    const px = event.clientX - event.currentTarget.getBoundingClientRect().left
    setChosen(Math.max(0, Math.min(last, Math.round(linear([margin.left, width - margin.right], [0, last])(px)))))
  }
  const right = width - margin.right
  return (
    <div ref={box} className="min-w-0">
      <svg
        data-chart="trend-line" data-points={points.length} width={width} height={height} viewBox={`0 0 ${width} ${height}`} tabIndex={0} role="img"
        aria-label={summary(points, unit)} aria-describedby={`${id}-read`}
        onKeyDown={walk} onPointerMove={hover} onPointerLeave={() => setChosen(null)} className="block rounded"
      >
        {limits && <rect x={margin.left} width={right - margin.left} y={y(limits.upper)} height={Math.max(0, y(Math.max(0, limits.lower)) - y(limits.upper))} className="fill-sunken" />}
        {marks.map((v) => (
          <g key={v}>
            <line x1={margin.left} x2={right} y1={y(v)} y2={y(v)} className="stroke-hairline" />
            <text x={margin.left - 8} y={y(v) + 4} textAnchor="end" className="fill-faint text-[0.6875rem]">{count(v)}</text>
          </g>
        ))}
        {limits && (
          <>
            <line x1={margin.left} x2={right} y1={y(limits.centre)} y2={y(limits.centre)} strokeDasharray="3 3" className="stroke-control" />
            <text x={right + 6} y={y(limits.centre) + 4} className="fill-faint text-[0.6875rem]">centre</text>
          </>
        )}
        <Days points={points} x={x} y={height - 5} wide={width >= roomForThree} />
        <path d={line} fill="none" strokeWidth={2} strokeLinejoin="round" className="stroke-ramp-1" />
        {chosen !== null && <line x1={x(at)} x2={x(at)} y1={margin.top} y2={height - margin.bottom} className="stroke-control" />}
        <circle cx={x(at)} cy={y(point.value)} r={4} className="fill-ramp-1 stroke-surface" strokeWidth={2} />
        {chosen === null && <text x={x(last) + 8} y={labelY(y(point.value), limits && y(limits.centre))} className="fill-ink text-xs font-semibold">{count(point.value)}</text>}
      </svg>
      <p id={`${id}-read`} aria-live="polite" className="text-xs text-faint">
        {day(new Date(`${point.day}T12:00:00Z`))}: <span className="font-medium text-ink">{count(point.value)}</span> {unit}
      </p>
    </div>
  )
}

/** Keeps the last value and the word "centre" off each other. */
function labelY(y: number, centre: number | null): number {
  if (centre === null || Math.abs(y - centre) > 12) return y + 4
  return y < centre ? centre - 9 : centre + 17
}

/** Below this width three dates would touch each other. */
const roomForThree = 400

function Days({ points, x, y, wide }: { points: TrendPoint[]; x: (i: number) => number; y: number; wide: boolean }) {
  const last = points.length - 1
  const shown = last < 4 || !wide ? [0, last] : [0, Math.round(last / 2), last]
  return (
    <>
      {[...new Set(shown)].map((i) => (
        <text key={i} x={x(i)} y={y} textAnchor={i === 0 ? 'start' : i === last ? 'end' : 'middle'} className="fill-faint text-[0.6875rem]">
          {day(new Date(`${points[i]?.day ?? ''}T12:00:00Z`))}
        </text>
      ))}
    </>
  )
}

function summary(points: TrendPoint[], unit: string): string {
  const [first, last] = [points[0], points.at(-1)]
  if (!first || !last) return `No ${unit}`
  return `${unit}: from ${count(first.value)} on ${first.day} to ${count(last.value)} on ${last.day}, ${points.length} points`
}

export function trendSheet(points: TrendPoint[], unit: string): Sheet {
  return { head: ['Day', unit], rows: points.map((p) => [p.day, p.value]) }
}
