import type { components } from '@/api/schema'
import { ApiError } from '@/api/problem'
import { plural } from '@/lib/format'

export type User = components['schemas']['User']
export type Token = components['schemas']['Token']
export type Session = components['schemas']['Session']
export type UserRequest = components['schemas']['UserRequest']
export type TokenRequest = components['schemas']['TokenRequest']

export type Role = UserRequest['role']

/** What each role is for, where it is given. */
export const roleMeans: Record<Role | 'source', string> = {
  admin: 'everything', operator: 'keeps it running: feeds, sources, scope, tokens', triager: 'decides on exposures and moves actions', owner: 'decides and moves, on the services of the team only',
  approver: 'the second pair of eyes: agrees to exceptions', auditor: 'reads everything, the audit log too', viewer: 'reads', source: 'appends evidence of its own source, and reads nothing',
}

export const roles: readonly Role[] = ['admin', 'operator', 'triager', 'owner', 'approver', 'auditor', 'viewer']

export const sections = [
  { id: 'appearance', label: 'Appearance' },
  { id: 'password', label: 'Password' },
  { id: 'users', label: 'Users' },
  { id: 'tokens', label: 'Tokens' },
  { id: 'scope', label: 'Scope' },
  { id: 'about', label: 'About' },
] as const
export type Section = (typeof sections)[number]['id']

export function sectionOf(text: string): Section | null {
  return sections.find((s) => s.id === text)?.id ?? null
}

/** "payments, shop" as a list; blanks and doubles go. */
export function listOf(text: string): string[] {
  return [...new Set(text.split(',').map((p) => p.trim()).filter((p) => p !== ''))]
}

export interface UserForm {
  name: string
  role: Role
  team: string
  products: string
}

export const emptyUser: UserForm = { name: '', role: 'viewer', team: '', products: '' }

/** What is wrong with it before the server is asked. */
export function userFault(f: UserForm): { field: 'name' | 'team' | ''; text: string } {
  if (f.name.trim() === '') return { field: 'name', text: 'Give a name to sign in with.' }
  if (f.role === 'owner' && f.team.trim() === '') return { field: 'team', text: 'The role owner acts on the services of a team: say which.' }
  return { field: '', text: '' }
}

export function userRequest(f: UserForm): UserRequest {
  const products = listOf(f.products)
  return { name: f.name.trim(), role: f.role, ...(f.team.trim() ? { team: f.team.trim() } : {}), ...(products.length > 0 ? { products } : {}) }
}

export interface TokenForm {
  kind: 'source' | 'personal'
  name: string
  source: string
  days: string
}

export const emptyToken: TokenForm = { kind: 'source', name: '', source: '', days: '90' }
export const lifetimes = [['7', '7 days'], ['30', '30 days'], ['90', '90 days'], ['365', '1 year']] as const

export function tokenFault(f: TokenForm): string {
  return f.kind === 'source' && f.source.trim() === '' ? 'Name the source that it may append evidence for.' : ''
}

export function tokenRequest(f: TokenForm, now: Date): TokenRequest {
  const expires = new Date(now.getTime() + Number(f.days) * 86_400_000).toISOString()
  const name = f.name.trim() ? { name: f.name.trim() } : {}
  if (f.kind === 'personal') return { personal: true, expires, ...name }
  return { role: 'source', source: f.source.trim(), expires, name: f.name.trim() || f.source.trim() }
}

export function seesWords(x: { all_products: boolean; products: string[] }): string {
  if (x.all_products) return 'all products'
  return x.products.length === 0 ? 'no product' : x.products.join(', ')
}

/** What a token may, in a few words. */
export function tokenMay(t: Token): string {
  if (t.user) return `as ${t.user}`
  if (t.role === 'source') return `append evidence of ${t.source}`
  return `${t.role}, ${seesWords(t)}`
}

/** Each fault of a refused document, with its place. */
export function faultsOf(error: unknown): { where: string; detail: string }[] {
  if (!(error instanceof ApiError)) return [{ where: '', detail: error instanceof Error ? error.message : String(error) }]
  if (error.errors.length > 0) return error.errors
  return error.message.split('\n').filter((line) => line.trim() !== '').map((detail) => ({ where: '', detail }))
}

/** The health in a sentence: what is only a warning is not hidden behind "healthy". */
export function healthWords({ ok, checks }: { ok: boolean; checks: { status: string }[] }): string {
  if (!ok) return 'Something needs attention'
  const warned = checks.filter((c) => c.status !== 'ok').length
  return warned === 0 ? 'This installation is healthy' : `This installation works, with ${plural(warned, 'warning')}`
}
