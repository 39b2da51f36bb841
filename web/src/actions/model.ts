import type { components } from '@/api/schema'
import { shortName } from '@/exposures/row'
import { duration } from '@/lib/format'

export type Action = components['schemas']['Action'] & { owner?: string; owner_rule?: string }
export type ActionDetail = components['schemas']['ActionDetail'] & { owner?: string; owner_rule?: string }
export type Move = 'accepted' | 'in progress' | 'blocked' | 'rejected'

/** The columns of the board, in the order of the work. */
export const columns = ['proposed', 'accepted', 'in progress', 'deployed', 'verified'] as const
/** What stands apart from the way of an action to its end. */
export const asides = ['blocked', 'rejected'] as const
export type State = (typeof columns)[number] | (typeof asides)[number]

export const stateWords: Record<string, string> = {
  proposed: 'Proposed', accepted: 'Accepted', 'in progress': 'In progress', deployed: 'Deployed', verified: 'Verified', blocked: 'Blocked', rejected: 'Rejected',
}

export const stateMeans: Record<string, string> = {
  proposed: 'Planned by the rules; nobody has taken it yet.',
  accepted: 'Somebody has taken it.',
  'in progress': 'Work has begun, or some of it is fixed.',
  deployed: 'The fix runs somewhere; proof is not complete. Only evidence sets this.',
  verified: 'Evidence shows that it is gone. Only evidence sets this.',
  blocked: 'It cannot go on; the reason says why.',
  rejected: 'It will not be done; the reason says why.',
}

export const onlyEvidence = 'Only evidence sets this. Deploy the fix, and the next evidence moves the action.'

export const moves: readonly Move[] = ['accepted', 'in progress', 'blocked', 'rejected']

/** What to do to a card that is in a state; the state itself is no move. */
export function movesFrom(state: string): Move[] {
  if (state === 'verified' || state === 'deployed') return []
  return moves.filter((m) => m !== state)
}

export function isMove(state: string): state is Move {
  return (moves as readonly string[]).includes(state)
}

export function needsReason(move: Move): boolean {
  return move === 'blocked' || move === 'rejected'
}

/** Why a card may not be put there; "" when it may. */
export function refusalOf(action: Pick<Action, 'state'>, to: string): string {
  if (to === action.state) return ''
  if (to === 'verified' || to === 'deployed') return onlyEvidence
  if (to === 'proposed') return 'An action is proposed by the rules only. Block or reject it instead, with a reason.'
  if (action.state === 'verified' || action.state === 'deployed') return `It is ${action.state} by evidence; only evidence moves it on.`
  return ''
}

/** What has to be done, as one would say it: "Upgrade log4j-core to 2.17.1 in checkout". */
export function titleOf(action: Pick<Action, 'component' | 'service' | 'target'>): string {
  const name = shortName(action.component)
  if (action.target === null || action.target === '') return `Find a fix for ${name} in ${action.service}`
  return `Upgrade ${name} to ${action.target} in ${action.service}`
}

export const closed: readonly string[] = ['verified', 'rejected']

/** How long is left. What is done has no clock. */
export function clockOf(action: Pick<Action, 'due' | 'state'>, now: Date): { words: string; late: boolean; soon: boolean } {
  if (action.due === null || closed.includes(action.state)) return { words: '', late: false, soon: false }
  const left = (new Date(action.due).getTime() - now.getTime()) / 1000
  if (left < 0) return { words: `${duration(left)} late`, late: true, soon: false }
  return { words: `due in ${duration(left)}`, late: false, soon: left < 7 * 86400 }
}

/** Share of the time from its creation to its due date that is gone, 0 to 1. */
export function spent(action: Pick<Action, 'due' | 'created_at'>, now: Date): number {
  if (action.due === null || action.created_at === null) return 0
  const from = new Date(action.created_at).getTime()
  const all = new Date(action.due).getTime() - from
  return all <= 0 ? 1 : Math.min(1, Math.max(0, (now.getTime() - from) / all))
}

/** A risk on the scale of the score, as the rules have it: 50 points more are twice the risk. */
export function scoreOf(risk: number): number {
  return risk <= 0 ? 0 : Math.round(Math.min(1000, Math.max(0, 1000 + 50 * Math.log2(risk))))
}

/** The score that goes away: what is still there, or what is gone already. */
export function removedWords(action: Pick<Action, 'state' | 'risk' | 'risk_removed'>): string {
  if (action.state === 'verified') return action.risk_removed > 0 ? `score ${scoreOf(action.risk_removed)} gone` : ''
  return action.risk > 0 ? `removes score ${scoreOf(action.risk)}` : ''
}

/** What it closes: "closes 4 exposures", "1 of 4 exposures fixed". */
export function closesWords(action: Pick<Action, 'open' | 'fixed'>): string {
  const all = action.open + action.fixed
  const noun = all === 1 ? 'exposure' : 'exposures'
  if (action.fixed === 0) return `closes ${all} ${noun}`
  if (action.open === 0) return `${all} ${noun} closed`
  return `${action.fixed} of ${all} ${noun} fixed`
}

/** The query that lists exactly the exposures of an action, whatever their state. */
export function exposuresQuery(action: Pick<Action, 'exposures'>): string {
  return `id:${action.exposures.join(',')}`
}

/** How many ids an address bears; beyond that the link names component and service. */
export const mostIds = 60

export function exposuresSearch(action: Pick<Action, 'exposures' | 'component' | 'service'>): string {
  if (action.exposures.length <= mostIds) return exposuresQuery(action)
  return `locus:${action.component} svc:${action.service}`
}

export interface Lane {
  owner: string
  actions: Action[]
}

/** By owner; what nobody owns comes last. */
export function lanesOf(actions: Action[]): Lane[] {
  const lanes = new Map<string, Action[]>()
  for (const a of actions) lanes.set(a.owner ?? '', [...(lanes.get(a.owner ?? '') ?? []), a])
  return [...lanes].map(([owner, list]) => ({ owner, actions: list })).sort((a, b) => Number(a.owner === '') - Number(b.owner === '') || a.owner.localeCompare(b.owner))
}
