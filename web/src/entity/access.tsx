import { useState } from 'react'
import { count, plural } from '@/lib/format'
import type { AccessPower, AccessRight } from '@/twin/wire'
import { Button } from '@/ui/button'
import { PageLink } from '@/ui/page-link'
import { PanelFrame } from '@/ui/panel-frame'
import { pageOf } from './ask'
import { Basis, ObjectLink, VerdictMark } from './basis'
import { accessOf, type Proofs } from './proofs'

const first = 8

/** "get, list secrets, configmaps": what a rule lets one do. */
export function rightWords(r: AccessRight): string {
  const all = (list: string[], word: string) => (list.includes('*') ? word : list.join(', '))
  const what = r.paths.length > 0 ? r.paths.join(', ') : all(r.resources, 'everything')
  const groups = r.groups.filter((g) => g !== '' && g !== '*')
  return [all(r.verbs, 'do anything with'), what, groups.length > 0 && `of ${groups.join(', ')}`, r.names.length > 0 && `named ${r.names.join(', ')}`].filter(Boolean).join(' ')
}

/** What the account may do under which a workload runs. */
export function AccessPanel({ asked, account }: { asked: Proofs['access']; account: NonNullable<Proofs['account']> }) {
  const [shown, setShown] = useState(first)
  const proof = accessOf(account, asked.data?.items ?? [])
  const access = proof?.access
  const title = !proof ? 'What its account may do is not known' : access?.admin ? 'Its account may do everything, everywhere' : (access?.powers.length ?? 0) > 0 ? `Its account has ${plural(access?.powers.length ?? 0, 'right')} that lead to more` : proof.verdict === 'no' ? 'Nothing its account may do leads to more' : 'Whether its account can make itself more is not known'
  const rights = access?.rights ?? []
  return (
    <PanelFrame
      id="access" subject="What its account may do" title={title} note="Every right that a binding gives, with the role and the binding." error={asked.data ? undefined : asked.error} onRetry={() => void asked.refetch()}
      sheet={{ head: ['right', 'namespace', 'role', 'binding'], rows: [...(access?.powers ?? []).map((p) => [p.name, p.namespace, p.role, p.binding]), ...rights.map((r) => [rightWords(r), r.namespace, r.role, r.binding])] }}
      computed={<p>A service account has the rules of all roles that bindings give it, also by its groups, with aggregated roles filled. Rights that lead to more are those from which others can be made: reading secrets, entering pods, giving roles, speaking as others. It is only “no” where an agent sees all bindings.</p>}
    >
      <p className="flex flex-wrap items-baseline gap-x-4 gap-y-1 text-sm">
        <PageLink {...pageOf(account)} className="row-link foreign">{account.name}</PageLink>
        {!account.named && <span className="text-xs text-faint">the default of its namespace: it names no other</span>}
        <VerdictMark value={proof?.verdict ?? 'unknown'} words={proof?.verdict === 'yes' ? 'Leads to more' : proof?.verdict === 'no' ? 'Does not lead to more' : 'Not known'} />
      </p>
      <p className="text-sm text-dim foreign">{proof?.why ?? 'No source that you may see tells of bindings of this account at this time.'}</p>
      {access && access.powers.length > 0 && <><h3 className="mt-3 eyebrow">Leads to more</h3><ul className="text-sm">{access.powers.map((p, i) => <Power key={i} power={p} scope={proof.environment} />)}</ul></>}
      {rights.length > 0 && (
        <>
          <h3 className="mt-3 eyebrow">Rights <span className="font-normal">({count(rights.length + (access?.more ?? 0))})</span></h3>
          <ul className="text-sm">{rights.slice(0, shown).map((r, i) => <Right key={i} right={r} scope={proof?.environment ?? ''} />)}</ul>
          {rights.length > shown && <Button small kind="quiet" onClick={() => setShown(rights.length)}>Show {count(rights.length - shown)} more</Button>}
          {(access?.more ?? 0) > 0 && shown >= rights.length && <p className="text-xs text-faint">Showing {count(rights.length)} of {count(rights.length + (access?.more ?? 0))}.</p>}
        </>
      )}
      {access && access.used_by_total > 0 && <p className="mt-2 text-xs text-faint foreign">Used by {access.used_by.join(', ')}{access.used_by_total > access.used_by.length && `, and ${count(access.used_by_total - access.used_by.length)} more`}</p>}
      {proof && <Basis proof={proof} />}
    </PanelFrame>
  )
}

const where = (namespace: string) => (namespace === '' ? 'everywhere' : `in ${namespace}`)

function Given({ role, binding, scope }: { role: string; binding: string; scope: string }) {
  return <span className="block text-xs text-faint">by <ObjectLink text={binding} scope={scope} />, which gives <ObjectLink text={role} scope={scope} /></span>
}

function Power({ power: p, scope }: { power: AccessPower; scope: string }) {
  return (
    <li data-testid="power" className="border-b border-hairline py-1 last:border-0">
      <span className="flex flex-wrap items-baseline gap-x-3"><span className="font-medium first-letter:uppercase">{p.name}</span><span className="text-dim foreign">{where(p.namespace)}: {p.why}</span></span>
      <Given role={p.role} binding={p.binding} scope={scope} />
    </li>
  )
}

function Right({ right: r, scope }: { right: AccessRight; scope: string }) {
  return <li data-testid="right" className="border-b border-hairline py-1 last:border-0"><span className="foreign">{rightWords(r)} <span className="text-faint">{where(r.namespace)}</span></span><Given role={r.role} binding={r.binding} scope={scope} /></li>
}
