import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { answer, api } from '@/api/client'
import { plural } from '@/lib/format'
import { PlainTable } from '@/table/plain-table'
import { Button } from '@/ui/button'
import { ConfirmDialog } from '@/ui/confirm-dialog'
import { Menu, MenuItem } from '@/ui/menu'
import { PanelFrame } from '@/ui/panel-frame'
import { Age } from '@/ui/time'
import { useToast } from '@/ui/toast'
import { Forbidden } from './forbidden'
import { type Session, seesWords, type User } from './model'
import { SecretOnce } from './secret-once'
import { UserDialog } from './user-dialog'

type Asking = { kind: 'create' } | { kind: 'change' | 'disable' | 'code'; user: User } | null

export function Users({ session }: { session: Session }) {
  if (!session.may.includes('manage-users')) return <Forbidden what="The list of users" as={session.role} who="Admins may see and change who signs in." />
  return <UserList self={session.name} />
}

function UserList({ self }: { self: string }) {
  const client = useQueryClient()
  const toast = useToast()
  const [asking, setAsking] = useState<Asking>(null)
  const [code, setCode] = useState<{ name: string; code: string } | null>(null)
  const asked = useQuery({ queryKey: ['users'], queryFn: async ({ signal }) => answer(await api.GET('/api/v1/users', { params: { query: { limit: 1000 } }, signal })) })
  const done = (words: string, fresh?: { name: string; code?: string }) => {
    void client.invalidateQueries({ queryKey: ['users'] })
    setAsking(null)
    toast.say(words)
    if (fresh?.code) setCode({ name: fresh.name, code: fresh.code })
  }
  const disable = async (user: User) => {
    await api.PATCH('/api/v1/users/{name}', { params: { path: { name: user.name } }, body: { disabled: !user.disabled } })
    done(user.disabled ? `${user.name} may sign in again.` : `${user.name} may not sign in any more.`)
  }
  const issue = async (user: User) => done(`A code for ${user.name}.`, answer(await api.POST('/api/v1/users/{name}/code', { params: { path: { name: user.name } } })))
  const columns = [
    { id: 'name', head: 'Name', cell: (u: User) => <span className={u.disabled ? 'text-faint line-through foreign' : 'foreign'}>{u.name}{u.name === self && <span className="ml-1.5 text-xs font-normal text-faint">you</span>}</span> },
    { id: 'role', head: 'Role', cell: (u: User) => <>{u.role}{u.team && <span className="text-faint"> of {u.team}</span>}</> },
    { id: 'sees', head: 'Sees', grow: true, cell: (u: User) => <span className="foreign">{seesWords(u)}</span> },
    { id: 'state', head: 'State', cell: (u: User) => (u.disabled ? <span className="font-medium text-more">Disabled</span> : u.has_password ? 'Active' : <span className="text-dim">No password yet</span>) },
    { id: 'seen', head: 'Last seen', cell: (u: User) => <Age at={u.last_seen} none="never" /> },
    {
      id: 'menu', head: 'Change',
      cell: (u: User) => (
        <Menu trigger={<Button small aria-label={`Change ${u.name}`}>Change</Button>}>
          <MenuItem onSelect={() => setAsking({ kind: 'change', user: u })}>Role and products…</MenuItem>
          <MenuItem onSelect={() => setAsking({ kind: 'code', user: u })}>One-time code…</MenuItem>
          <MenuItem disabled={u.name === self} onSelect={() => setAsking({ kind: 'disable', user: u })}>{u.disabled ? 'Enable…' : 'Disable…'}</MenuItem>
        </Menu>
      ),
    },
  ]
  const items = asked.data?.items ?? []
  return (
    <>
      <PanelFrame id="users" subject="The users" title={asked.data ? plural(asked.data.total, 'user') : 'Users'} flush loading={asked.isLoading} error={asked.data ? undefined : asked.error} onRetry={() => void asked.refetch()} aside={<Button small kind="primary" onClick={() => setAsking({ kind: 'create' })}>Let somebody in</Button>}>
        <PlainTable label="Users" testId="users" columns={columns} rows={items} rowKey={(u) => u.name} state={(u) => (u.disabled ? 'disabled' : 'active')} />
      </PanelFrame>
      {asking?.kind === 'create' && <UserDialog onClose={() => setAsking(null)} onDone={(u) => done(`${u.name} may sign in.`, u)} />}
      {asking?.kind === 'change' && <UserDialog user={asking.user} onClose={() => setAsking(null)} onDone={(u) => done(`${u.name} is ${u.role} now.`)} />}
      <ConfirmDialog open={asking?.kind === 'disable'} onClose={() => setAsking(null)} danger={asking?.kind === 'disable' && !asking.user.disabled}
        title={asking?.kind === 'disable' ? `${asking.user.disabled ? 'Enable' : 'Disable'} ${asking.user.name}?` : ''} verb={asking?.kind === 'disable' && asking.user.disabled ? 'Enable' : 'Disable'}
        description="Sessions and personal tokens of a disabled user end at once. What they did stays in the log." onConfirm={async () => { if (asking?.kind === 'disable') await disable(asking.user) }} />
      <ConfirmDialog open={asking?.kind === 'code'} onClose={() => setAsking(null)} title={asking?.kind === 'code' ? `A one-time code for ${asking.user.name}?` : ''} verb="Make a code"
        description="They sign in with it once and set a password. An older code stops working." onConfirm={async () => { if (asking?.kind === 'code') await issue(asking.user) }} />
      {code && <SecretOnce title={`One-time code for ${code.name}`} what="one-time code" secret={code.code} onClose={() => setCode(null)}>Hand it over on a way you trust. It signs in once; then a password is set.</SecretOnce>}
    </>
  )
}
