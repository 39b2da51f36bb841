import { VerdictChip } from '@/charts/verdict-chip'
import { type TrendLimits, TrendLine, type TrendPoint, trendSheet } from '@/charts/trend-line'
import type { components } from '@/api/schema'
import { count } from '@/lib/format'
import { PanelFrame } from '@/ui/panel-frame'

type Day = components['schemas']['TrendDay']
type Verdict = components['schemas']['Verdict']

interface Props {
  days: Day[] | undefined
  verdict: Verdict | undefined
  error: unknown
  busy: boolean
  onRetry: () => void
  height?: number
}

const tooFew = 'too little data'

/** The bounds, where the rule could draw any. */
export function limitsOf(verdict: Verdict | undefined): TrendLimits | null {
  if (!verdict || verdict.word === tooFew || verdict.word === 'not comparable' || verdict.upper <= 0) return null
  return { centre: verdict.centre, upper: verdict.upper, lower: verdict.lower }
}

/** At most one point a week, the last one always: what the rule itself looks at. */
export function weekly(days: Day[]): TrendPoint[] {
  const last = days.length - 1
  return days.filter((_, i) => days.length <= 30 || (last - i) % 7 === 0).map((d) => ({ day: d.day, value: d.open }))
}

function titleOf(points: TrendPoint[], verdict: Verdict | undefined): string {
  const [first, last] = [points[0], points.at(-1)]
  if (!first || !last || !verdict) return 'Open exposures'
  return `From ${count(first.value)} to ${count(last.value)} open`
}

function begun(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** Is it getting better? */
export function TrendPanel({ days, verdict, error, busy, onRetry, height = 150 }: Props) {
  const points = weekly(days ?? [])
  return (
    <PanelFrame
      id="trend" subject="The trend" title={titleOf(points, verdict)} note={`${points.length} weeks`} minHeight={height + 54}
      loading={!days && !error} error={days ? null : error} onRetry={onRetry} busy={busy} sheet={trendSheet(points, 'open exposures')}
      aside={verdict && <VerdictChip word={verdict.word} rule={verdict.rule} />}
      computed={<><p>One point a week: exposures that were live at its end, as known now.</p>{verdict && <p>{verdict.rule}</p>}</>}
    >
      <TrendLine points={points} unit="open exposures" limits={limitsOf(verdict)} height={height} />
      {verdict && <p data-testid="rule" className="mt-0.5 line-clamp-2 text-xs text-faint" title={verdict.rule}>{begun(verdict.rule)}.</p>}
    </PanelFrame>
  )
}
