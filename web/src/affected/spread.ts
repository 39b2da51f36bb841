import { isLive, type Row } from '@/exposures/row'
import { type Decision, decisionOf } from '@/lib/decision'
import type { Workload } from './ask'

/** What is said of a service in an environment. */
export type Cell =
  | { kind: 'affected'; decision: Decision; rows: Row[] }
  | { kind: 'fixed'; rows: Row[] }
  | { kind: 'not-found' }
  | { kind: 'unknown' }
  | { kind: 'absent' }

export interface SpreadOf {
  environments: string[]
  rows: { name: string; cells: Cell[] }[]
}

const urgency: Decision[] = ['act', 'schedule', 'watch', 'none', 'unknown']

function cellOf(rows: Row[], workloads: Workload[]): Cell {
  const live = rows.filter(isLive)
  if (live.length > 0) {
    const decision = urgency.find((d) => live.some((r) => decisionOf(r.decision) === d)) ?? 'unknown'
    return { kind: 'affected', decision, rows: live }
  }
  if (rows.length > 0) return { kind: 'fixed', rows }
  if (workloads.length === 0) return { kind: 'absent' }
  return { kind: workloads.some((w) => w.sbom !== 'yes') ? 'unknown' : 'not-found' }
}

/** Services by environments, the most affected first. */
export function spreadOf(rows: Row[], workloads: Workload[]): SpreadOf {
  const environments = [...new Set([...workloads.map((w) => w.environment), ...rows.map((r) => r.environment)])].sort()
  const services = [...new Set(rows.map((r) => r.service))]
  const at = <T extends { service: string; environment: string }>(all: T[], s: string, e: string) => all.filter((x) => x.service === s && x.environment === e)
  const made = services.map((name) => ({
    name,
    cells: environments.map((e) => cellOf(at(rows, name, e), at(workloads, name, e))),
  }))
  const weight = (cells: Cell[]) => Math.min(...cells.map((c) => (c.kind === 'affected' ? urgency.indexOf(c.decision) : urgency.length)))
  return { environments, rows: made.sort((a, b) => weight(a.cells) - weight(b.cells) || a.name.localeCompare(b.name)) }
}

/** The public door of a service, as it was declared; null where none is known. */
export function doorOf(row: Row, workloads: Workload[]): string | null {
  for (const w of workloads) {
    if (w.service !== row.service || w.environment !== row.environment) continue
    const door = w.doors.find((d) => d.public)
    if (door) return door.address
  }
  return null
}
