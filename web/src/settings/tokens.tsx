import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { answer, api } from '@/api/client'
import { plural } from '@/lib/format'
import { PlainTable } from '@/table/plain-table'
import { Button } from '@/ui/button'
import { ConfirmDialog } from '@/ui/confirm-dialog'
import { EmptyState } from '@/ui/empty-state'
import { PanelFrame } from '@/ui/panel-frame'
import { Age, Time } from '@/ui/time'
import { useToast } from '@/ui/toast'
import { type Session, type Token, tokenMay } from './model'
import { SecretOnce } from './secret-once'
import { TokenDialog } from './token-dialog'

const stateLook: Record<string, string> = { active: '', expired: 'text-faint', revoked: 'text-faint line-through' }

export function Tokens({ session }: { session: Session }) {
  const client = useQueryClient()
  const toast = useToast()
  const [creating, setCreating] = useState(false)
  const [revoking, setRevoking] = useState<Token | null>(null)
  const [made, setMade] = useState<{ name: string; secret: string } | null>(null)
  const asked = useQuery({ queryKey: ['tokens'], queryFn: async ({ signal }) => answer(await api.GET('/api/v1/tokens', { params: { query: { limit: 1000 } }, signal })) })
  const manages = session.may.includes('manage-tokens')
  const again = () => void client.invalidateQueries({ queryKey: ['tokens'] })
  const revoke = async (token: Token) => {
    await api.DELETE('/api/v1/tokens/{id}', { params: { path: { id: token.id } } })
    again()
    toast.say(`${token.name || token.id} is revoked.`)
  }
  const columns = [
    { id: 'name', head: 'Name', cell: (t: Token) => <span className="foreign">{t.name || t.id}<span className="block text-xs font-normal text-faint"><code>{t.prefix}…</code> by {t.created_by}</span></span> },
    { id: 'may', head: 'May', grow: true, cell: (t: Token) => <span className="foreign">{tokenMay(t)}</span> },
    { id: 'state', head: 'State', cell: (t: Token) => <span className={stateLook[t.state]}>{t.state}</span> },
    { id: 'expires', head: 'Ends', cell: (t: Token) => <Time at={t.expires} dateOnly none="never" /> },
    { id: 'used', head: 'Last used', cell: (t: Token) => <Age at={t.last_used} none="never" /> },
    { id: 'revoke', head: 'Revoke', cell: (t: Token) => (t.state === 'active' ? <Button small kind="danger" onClick={() => setRevoking(t)} aria-label={`Revoke ${t.name || t.id}`}>Revoke</Button> : <span className="text-faint">–</span>) },
  ]
  const items = [...(asked.data?.items ?? [])].sort((a, b) => Number(a.state !== 'active') - Number(b.state !== 'active'))
  return (
    <>
      <PanelFrame id="tokens" subject="The tokens" title={asked.data && asked.data.total > 0 ? plural(asked.data.total, 'token') : 'Tokens'} flush loading={asked.isLoading} error={asked.data ? undefined : asked.error} onRetry={() => void asked.refetch()}
        note={manages ? 'Machines and command lines that sign in.' : 'Your own. Admins and operators manage those of machines.'} aside={<Button small kind="primary" onClick={() => setCreating(true)}>New token</Button>}>
        {items.length === 0 ? <EmptyState kind="first-run" title="There are no tokens.">A build or a cluster needs one to send its evidence.</EmptyState> : <PlainTable label="Tokens" testId="tokens" columns={columns} rows={items} rowKey={(t) => t.id} state={(t) => t.state} />}
      </PanelFrame>
      {creating && <TokenDialog machines={manages} onClose={() => setCreating(false)} onDone={(t) => { setCreating(false); again(); setMade({ name: t.name || t.id, secret: t.secret ?? '' }) }} />}
      <ConfirmDialog open={revoking !== null} onClose={() => setRevoking(null)} title={revoking ? `Revoke ${revoking.name || revoking.id}?` : ''} verb="Revoke" danger description="Whoever uses it is refused at once. It cannot be taken back; make a new one instead."
        onConfirm={async () => { if (revoking) await revoke(revoking) }} />
      {made && <SecretOnce title={`Token ${made.name}`} what="token" secret={made.secret} onClose={() => setMade(null)}>Put it into the secrets of the build as <code>TIDEMARK_TOKEN</code>. It is kept here only as a hash.</SecretOnce>}
    </>
  )
}
