import { useState } from 'react'
import { answer, api } from '@/api/client'
import { asApiError } from '@/api/problem'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Field } from '@/ui/field'
import { Segments } from '@/ui/segments'
import { Select } from '@/ui/select'
import { emptyToken, lifetimes, type Token, tokenFault, type TokenForm, tokenRequest } from './model'

interface Props {
  /** Whether this person may make tokens of machines. */
  machines: boolean
  onClose: () => void
  onDone: (token: Token & { secret?: string }) => void
}

const kinds = [{ id: 'source', label: 'For a source' }, { id: 'personal', label: 'For my command line' }]

export function TokenDialog({ machines, onClose, onDone }: Props) {
  const [form, setForm] = useState<TokenForm>({ ...emptyToken, kind: machines ? 'source' : 'personal' })
  const [fault, setFault] = useState('')
  const put = (key: keyof TokenForm) => (value: string) => setForm({ ...form, [key]: value } as TokenForm)
  const wrong = tokenFault(form)
  const send = async () => {
    if (wrong) return setFault(wrong)
    try {
      onDone(answer(await api.POST('/api/v1/tokens', { body: tokenRequest(form, new Date()) })))
    } catch (error) {
      setFault(asApiError(error).message)
    }
  }
  const footer = <><Button onClick={onClose}>Cancel</Button><Button kind="primary" onClick={() => void send()}>Create and show it</Button></>
  const source = form.kind === 'source'
  return (
    <Dialog open onClose={onClose} title="New token" description={source ? 'It may append evidence of one source, and read nothing.' : 'It has your rights, as they are when it is used.'} footer={footer} testId="token-dialog">
      <form className="flex flex-col gap-3" onSubmit={(e) => { e.preventDefault(); void send() }}>
        {machines && <Segments label="Kind of token" segments={kinds} value={form.kind} onChange={put('kind')} />}
        {source && <Field label="Source" value={form.source} onChange={(e) => put('source')(e.target.value)} maxLength={200} placeholder="ci/build, k8s-prod" hint="Its evidence carries this name." {...(fault === wrong && fault ? { fault } : {})} />}
        <Field label="Name" value={form.name} onChange={(e) => put('name')(e.target.value)} maxLength={200} hint="To know it again in the list." />
        <Select label="Ends after" showLabel value={form.days} onChange={put('days')} choices={lifetimes.map(([value, label]) => ({ value, label }))} />
        {fault && fault !== wrong && <p role="alert" className="text-sm font-medium text-more foreign">{fault}</p>}
        <button type="submit" className="hidden" aria-hidden="true" tabIndex={-1} />
      </form>
    </Dialog>
  )
}
