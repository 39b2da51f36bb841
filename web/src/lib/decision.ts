/** The four words of a decision, the levels of a severity, and their marks. */
export type Decision = 'act' | 'schedule' | 'watch' | 'none' | 'unknown'
export type Severity = 'critical' | 'high' | 'medium' | 'low' | 'none' | 'unknown'

export const decisions: readonly Exclude<Decision, 'unknown'>[] = ['act', 'schedule', 'watch', 'none']

export const decisionWords: Record<Decision, string> = {
  act: 'Act now',
  schedule: 'Schedule',
  watch: 'Watch',
  none: 'No action',
  unknown: 'Not decided',
}

/** Reads a decision as the API writes it ("Act now") or as a query does ("act"). */
export function decisionOf(text: string | null | undefined): Decision {
  const wanted = (text ?? '').trim().toLowerCase()
  for (const key of decisions) {
    if (wanted === key || wanted === decisionWords[key].toLowerCase()) return key
  }
  return 'unknown'
}

/** An answer of the evidence. Unknown is a value of its own, never a no. */
export type Answer = 'yes' | 'no' | 'unknown'

export function answerOf(text: string | null | undefined): Answer {
  return text === 'yes' || text === 'no' ? text : 'unknown'
}

/** The shape of a level. Shape tells it apart where colour does not. */
export type Shape = 'hexagon' | 'triangle' | 'diamond' | 'circle' | 'ring' | 'hatched'

export const decisionShapes: Record<Decision, Shape> = {
  act: 'hexagon',
  schedule: 'triangle',
  watch: 'diamond',
  none: 'ring',
  unknown: 'hatched',
}

export const severityShapes: Record<Severity, Shape> = {
  critical: 'hexagon',
  high: 'triangle',
  medium: 'diamond',
  low: 'circle',
  none: 'ring',
  unknown: 'hatched',
}

export const severityLetters: Record<Severity, string> = {
  critical: 'C',
  high: 'H',
  medium: 'M',
  low: 'L',
  none: '–',
  unknown: '?',
}

export function severityOf(text: string | null | undefined): Severity {
  const wanted = (text ?? '').toLowerCase()
  return wanted in severityShapes ? (wanted as Severity) : 'unknown'
}
